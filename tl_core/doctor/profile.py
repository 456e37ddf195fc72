"""What a file holds, told before anybody trains on it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.datasets.column_guess import MAX_LABELS, check_columns, guess_columns
from tl_core.datasets.dataset import Dataset, freeze
from tl_core.datasets.findings import length_summary
from tl_core.datasets.labels import class_values
from tl_core.datasets.screening import screen
from tl_core.doctor.examine import MAX_LENGTH, draw_sample, examine
from tl_core.errors import DataError, SplitError, TlError
from tl_core.files.reading import Table
from tl_core.modality import NearGroups
from tl_core.schema import ColumnChoice, FileFormat, Finding, Frozen
from tl_core.splits.stratified import check_class_sizes

FindNear = Callable[[Dataset], NearGroups]
CountLengths = Callable[[pa.Table], npt.NDArray[np.int64]]


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """What a base model can read.

    Attributes
    ----------
    title, languages
        Its name and the languages of its pretraining, as a person reads them.
    language_codes
        The same languages (ISO 639); None if they are not listed.
    max_length
        Tokens kept of each text.
    count_lengths
        Counts the tokens of each row's text without a limit; None if the tokenizer is not on disk.
    """

    title: str
    languages: str
    language_codes: tuple[str, ...] | None
    max_length: int
    count_lengths: CountLengths | None


class TokenLengths(Frozen):
    """Lengths of texts in tokens of a base model; ``cut_texts`` and ``cut_tokens`` are shares.

    ``num_texts`` of ``num_examples`` were counted: all, or the doctor's random sample of a large dataset.
    """

    max_length: int
    num_texts: int
    num_examples: int
    p50: float
    p95: float
    longest: int
    num_cut: int
    cut_texts: float
    cut_tokens: float


class Profile(Frozen):
    """What ``profile --json`` writes.

    ``label_counts`` counts the rows of the file with each label, the most frequent first, at most 1,000
    labels. ``text`` and ``label`` are None if no columns are named and none can be guessed. ``base_model``
    and ``model_languages`` are None if none was asked about, ``tokens`` also where no dataset can be made.
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
    base_model: str | None = None
    model_languages: str | None = None
    tokens: TokenLengths | None = None


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What was found in a table."""

    findings: tuple[Finding, ...]
    tokens: TokenLengths | None = None


def profile(
    table: Table,
    text: str | None = None,
    label: str | None = None,
    *,
    choice: ColumnChoice | None = None,
    should_examine: bool = False,
    find_near: FindNear | None = None,
    model: ModelFacts | None = None,
) -> Profile:
    """Describe a table. Whatever would prevent a training is a finding with severity ``error``.

    Parameters
    ----------
    table
        The person's file.
    text, label
        Column names; guessed where None.
    choice
        Instead of both, everything about the columns.
    should_examine
        Whether to add what the data doctor finds, its slow checks on a sample above 100,000 examples.
    find_near
        Groups the near duplicates of a dataset; None leaves them out.
    model
        The base model that is to read the texts; None leaves lengths and its languages out.

    Raises
    ------
    DataError
        If a named column is missing.
    """
    counts: dict[str, int] = {}
    check_columns(table, [name for name in (text, label) if name is not None])
    try:
        if choice is None:
            guess = guess_columns(table, text=text, label=label)
            choice = ColumnChoice.of(guess.text, guess.label)
    except DataError as error:
        seen = _Seen(findings=(_stop("no_columns", error),))
    else:
        text, label = ", ".join(choice.text), choice.label_name
        seen = _screened(table, choice, should_examine=should_examine, find_near=find_near, model=model)
        counts = _label_counts(table, choice)
    return Profile(
        num_rows=table.num_rows,
        **table.decisions.model_dump(),
        columns=tuple(table.columns.column_names),
        text=text,
        label=label,
        label_counts=counts,
        findings=seen.findings,
        base_model=model and model.title,
        model_languages=model and model.languages,
        tokens=seen.tokens,
    )


def _screened(
    table: Table,
    choice: ColumnChoice,
    *,
    should_examine: bool,
    find_near: FindNear | None,
    model: ModelFacts | None,
) -> _Seen:
    try:
        screening = screen(table, choice=choice, test=None)
    except DataError as error:  # several labels a row, say
        return _Seen(findings=(_stop("unusable_columns", error),))
    if problem := screening.problem:
        stop = _stop(problem.code, problem.error, problem.count)
        return _Seen(findings=(*screening.findings, stop))
    findings = screening.findings
    try:
        check_class_sizes(screening.label_counts)
    except SplitError as error:
        findings += (_stop("small_class", error, min(screening.label_counts.values())),)
    if not should_examine:
        return _Seen(findings=findings)
    examined = _examined(freeze(screening, table, name="", choice=choice), find_near, model)
    return replace(examined, findings=(*findings, *examined.findings))


def _stop(code: str, error: TlError, count: int = 0) -> Finding:
    """Make a finding of what prevents a training."""
    return Finding(code=code, severity="error", message=error.message, count=count, remedy=error.remedy)


def _examined(dataset: Dataset, find_near: FindNear | None, model: ModelFacts | None) -> _Seen:
    sample = draw_sample(dataset)
    seen = dataset if sample is None else replace(dataset, table=dataset.table.take(sample))
    near = None if find_near is None else find_near(seen)
    lengths = model.count_lengths(seen.table) if model and model.count_lengths else None
    findings = examine(
        dataset,
        near=near,
        sample=sample,
        max_length=model.max_length if model else MAX_LENGTH,
        lengths=lengths,
        known_languages=model.language_codes if model else None,
    )
    if model is None or lengths is None:
        return _Seen(findings=findings)
    summary = asdict(length_summary(lengths, model.max_length))
    tokens = TokenLengths(
        max_length=model.max_length,
        num_texts=len(lengths),
        num_examples=dataset.num_examples,
        **summary,
    )
    return _Seen(findings=findings, tokens=tokens)


def _label_counts(table: Table, choice: ColumnChoice) -> dict[str, int]:
    try:
        values = class_values(table.columns, choice)
    except DataError:
        values = table.columns[choice.label[0]]
    counted = pc.value_counts(values.filter(pc.not_equal(pc.utf8_trim_whitespace(values), "")))
    counts: Mapping[str, int] = dict(
        zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
    )
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MAX_LABELS])
