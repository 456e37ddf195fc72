"""What a file holds, told before anybody trains on it."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import pyarrow.compute as pc

from tl_core.data.columns import MAX_LABELS, check_columns, guess_columns
from tl_core.data.dataset import Dataset, freeze
from tl_core.data.doctor.examine import draw_sample, examine
from tl_core.data.doctor.near import NearGroups
from tl_core.data.doctor.wording import text_columns
from tl_core.data.labels import class_values
from tl_core.data.reading import Table
from tl_core.data.screening import screen
from tl_core.data.stratifying import check_class_sizes
from tl_core.errors import DataError, SplitError, TlError
from tl_core.schema import ColumnChoice, FileFormat, Finding, Frozen

FindNear = Callable[[Sequence[str]], NearGroups]


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


def profile(
    table: Table,
    text: str | None = None,
    label: str | None = None,
    *,
    choice: ColumnChoice | None = None,
    should_examine: bool = False,
    find_near: FindNear | None = None,
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
        Groups the near duplicates among texts; None leaves them out.

    Raises
    ------
    DataError
        If a named column is missing.
    """
    findings: tuple[Finding, ...]
    counts: dict[str, int] = {}
    check_columns(table, [name for name in (text, label) if name is not None])
    try:
        if choice is None:
            guess = guess_columns(table, text=text, label=label)
            choice = ColumnChoice.of(guess.text, guess.label)
    except DataError as error:
        findings = (_stop("no_columns", error),)
    else:
        text, label = ", ".join(choice.text), choice.label_name
        findings = _screened(table, choice, should_examine=should_examine, find_near=find_near)
        counts = _label_counts(table, choice)
    return Profile(
        num_rows=table.num_rows,
        **table.decisions.model_dump(),
        columns=tuple(table.columns.column_names),
        text=text,
        label=label,
        label_counts=counts,
        findings=findings,
    )


def _screened(
    table: Table, choice: ColumnChoice, *, should_examine: bool, find_near: FindNear | None
) -> tuple[Finding, ...]:
    try:
        screening = screen(table, choice=choice, test=None)
    except DataError as error:  # several labels a row, say
        return (_stop("unusable_columns", error),)
    if problem := screening.problem:
        return (*screening.findings, _stop(problem.code, problem.error, problem.count))
    findings = (*screening.findings, *_small_class(screening.label_counts))
    if not should_examine:
        return findings
    dataset = freeze(screening, table, name="", choice=choice)
    return (*findings, *_examined(dataset, find_near))


def _small_class(counts: Mapping[str, int]) -> Iterator[Finding]:
    try:
        check_class_sizes(counts)
    except SplitError as error:
        yield _stop("small_class", error, min(counts.values()))


def _stop(code: str, error: TlError, count: int = 0) -> Finding:
    """Make a finding of what prevents a training."""
    return Finding(code=code, severity="error", message=error.message, count=count, remedy=error.remedy)


def _examined(dataset: Dataset, find_near: FindNear | None) -> tuple[Finding, ...]:
    sample = draw_sample(dataset)
    texts = text_columns(dataset)[0] if sample is None else text_columns(dataset)[0].take(sample)
    near = None if find_near is None else find_near(texts.to_pylist())
    return examine(dataset, near=near, sample=sample)


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
