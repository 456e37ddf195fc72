"""What a file holds, told before anybody trains on it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from tl_core.data.columns import MAX_LABELS, check_columns, guess_columns
from tl_core.data.reading import Table
from tl_core.data.screening import screen
from tl_core.data.stratifying import check_class_sizes
from tl_core.errors import DataError, SplitError
from tl_core.schema import FileFormat, Finding, Frozen


class Profile(Frozen):
    """What ``profile --json`` writes.

    ``label_counts`` counts the rows of the file with each label, the most frequent first, at most 1,000
    labels. ``text`` and ``label`` are None if no columns are named and none can be guessed.
    """

    num_rows: int
    format: FileFormat
    compression: str
    member: str
    sheet: str
    encoding: str
    delimiter: str
    quote: str
    has_header: bool
    columns: tuple[str, ...]
    text: str | None
    label: str | None
    label_counts: dict[str, int]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class LengthSummary:
    """Lengths of texts in tokens, against the most that a model reads.

    Attributes
    ----------
    p50, p95, longest
        Median, 95th percentile and maximum, in tokens.
    cut_texts, cut_tokens
        Shares, in [0, 1], of the texts that are longer than the limit and of all tokens beyond it.
    """

    p50: float
    p95: float
    longest: int
    cut_texts: float
    cut_tokens: float


def profile(table: Table, text: str | None = None, label: str | None = None) -> Profile:
    """Describe a table. Whatever would prevent a training is a finding with severity ``error``.

    Parameters
    ----------
    table
        The person's file.
    text, label
        Column names; guessed where None.

    Raises
    ------
    DataError
        If a named column is missing.
    """
    findings: tuple[Finding, ...]
    check_columns(table, [name for name in (text, label) if name is not None])
    try:
        guess = guess_columns(table, text=text, label=label)
    except DataError as error:
        counts: dict[str, int] = {}
        findings = (Finding(code="no_columns", severity="error", message=str(error), count=0),)
    else:
        text, label = guess.text, guess.label
        findings = _findings(table, text, label)
        counts = _label_counts(table, label)
    return Profile(
        num_rows=table.num_rows,
        **table.decisions.model_dump(),
        columns=tuple(table.columns.column_names),
        text=text,
        label=label,
        label_counts=counts,
        findings=findings,
    )


def length_summary(lengths: npt.NDArray[np.integer], max_length: int) -> LengthSummary:
    """Summarise the lengths of texts.

    Parameters
    ----------
    lengths
        Tokens of each text, ``(num_examples,)``, at least one.
    max_length
        Tokens kept of each text.
    """
    num_tokens = int(lengths.sum())
    num_cut = int(np.maximum(lengths - max_length, 0).sum())
    return LengthSummary(
        p50=float(np.percentile(lengths, 50)),
        p95=float(np.percentile(lengths, 95)),
        longest=int(lengths.max()),
        cut_texts=float(np.mean(lengths > max_length)),
        cut_tokens=num_cut / num_tokens if num_tokens else 0.0,
    )


def _findings(table: Table, text: str, label: str) -> tuple[Finding, ...]:
    screening = screen(table, text_columns=(text,), label_column=label, test=None)
    if problem := screening.problem:
        stop = Finding(code=problem.code, severity="error", message=str(problem.error), count=problem.count)
        return (*screening.findings, stop)
    counts = screening.label_counts
    try:
        check_class_sizes(counts)
    except SplitError as error:
        small = Finding(code="small_class", severity="error", message=str(error), count=min(counts.values()))
        return (*screening.findings, small)
    return screening.findings


def _label_counts(table: Table, label: str) -> dict[str, int]:
    values = table.columns[label]
    counted = pc.value_counts(values.filter(pc.not_equal(pc.utf8_trim_whitespace(values), "")))
    counts: Mapping[str, int] = dict(
        zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
    )
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MAX_LABELS])
