"""Which rows of a table become examples, and what is said about those that do not."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from tl_core.data.columns import MAX_LABELS, check_columns
from tl_core.data.damage import reading_findings
from tl_core.data.identity import example_id
from tl_core.data.reading import Table
from tl_core.errors import DataError
from tl_core.schema import Finding

MAX_CONFLICTS = 100
IMBALANCE_SHARE = 0.6


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """A text (or pair) that the file labels differently in different rows; all of them are set aside."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why no dataset can be made of the rows."""

    code: str
    error: DataError
    count: int = 0


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Rows as columns of equal length: ids, texts (one or two a row) and labels."""

    ids: list[str]
    texts: list[tuple[str, ...]]
    labels: list[str]

    def take(self, positions: Sequence[int]) -> "Examples":
        """Return the examples at some positions, in that order."""
        return Examples(
            ids=[self.ids[position] for position in positions],
            texts=[self.texts[position] for position in positions],
            labels=[self.labels[position] for position in positions],
        )


@dataclass(frozen=True, kw_only=True)
class Screening:
    """What `screen` found.

    Attributes
    ----------
    train
        The kept rows of the person's file, in its order.
    test
        All rows of the person's own test file, in its order; no rows without one.
    labels
        The labels of `train` in the order of their ids.
    findings
        What was set aside and what was noticed.
    conflicts
        The first 100 texts with several labels.
    problem
        What prevents a dataset; None if nothing does.
    """

    train: Examples
    test: Examples
    labels: tuple[str, ...]
    findings: tuple[Finding, ...]
    conflicts: tuple[Conflict, ...]
    problem: Problem | None

    @property
    def label_counts(self) -> dict[str, int]:
        """Number of examples, own test rows included, of each label in the order of `labels`."""
        counts = Counter(self.train.labels + self.test.labels)
        return {label: counts[label] for label in self.labels}


def screen(table: Table, *, text_columns: Sequence[str], label_column: str, test: Table | None) -> Screening:
    """Decide about every row of a table.

    Rows without text or label, texts of the own test file, later copies of a row and texts with
    several labels are set aside, in this order, and counted.

    Raises
    ------
    DataError
        If a column is missing or named twice.
    """
    rows = _pick(table, text_columns, label_column)
    own_test = _own_test(test, text_columns, label_column)
    findings = [*reading_findings(table)]
    rows = _drop_empty(rows, findings)
    rows = _drop_shared(rows, set(own_test.ids), findings)
    rows, conflicts = _drop_repeated(rows, findings)
    labels = sort_labels(rows.labels)
    findings += find_imbalance(rows.labels + own_test.labels)
    return Screening(
        train=rows,
        test=_number_repeated(own_test),
        labels=labels,
        findings=tuple(findings),
        conflicts=conflicts,
        problem=_problem(rows, labels, label_column) or _test_problem(test, own_test, labels),
    )


def sort_labels(labels: Iterable[str]) -> tuple[str, ...]:
    """Return the distinct labels, by number if all look like numbers, else by code point.

    >>> sort_labels(["10", "9", "10"])
    ('9', '10')
    """
    distinct = sorted(set(labels))
    numbers = pc.match_substring_regex(pa.array(distinct, pa.string()), r"^\s*[-+]?\d+(\.\d+)?\s*$")
    if pc.all(numbers).as_py():
        distinct.sort(key=float)
    return tuple(distinct)


def find_imbalance(labels: list[str]) -> Iterable[Finding]:
    """Yield a finding if one label makes up more than 60 %: always guessing it looks good already."""
    if not labels:
        return
    label, count = Counter(labels).most_common(1)[0]
    share = count / len(labels)
    if IMBALANCE_SHARE < share < 1:
        message = f"{100 * share:.0f} % of the examples are '{label}': always guessing it is that accurate."
        yield Finding(code="imbalance", severity="warning", message=message, count=count)


def _pick(table: Table, text_columns: Sequence[str], label_column: str) -> Examples:
    check_columns(table, [*text_columns, label_column])
    texts = list(zip(*(table.columns[name].to_pylist() for name in text_columns), strict=True))
    labels = table.columns[label_column].to_pylist()
    return Examples(ids=[example_id(text) for text in texts], texts=texts, labels=labels)


def _own_test(test: Table | None, text_columns: Sequence[str], label_column: str) -> Examples:
    if test is None:
        return Examples(ids=[], texts=[], labels=[])
    return _pick(test, text_columns, label_column)


def _drop_empty(rows: Examples, findings: list[Finding]) -> Examples:
    no_text = [not all(text.strip() for text in texts) for texts in rows.texts]
    no_label = [not label.strip() for label in rows.labels]
    num_no_text = sum(no_text)
    num_no_label = sum(label and not text for text, label in zip(no_text, no_label, strict=True))
    if num_no_text:
        findings.append(_set_aside("empty_text", "no text", num_no_text))
    if num_no_label:
        findings.append(_set_aside("empty_label", "no label", num_no_label))
    if not num_no_text + num_no_label:
        return rows
    return rows.take([i for i in range(len(rows.ids)) if not (no_text[i] or no_label[i])])


def _set_aside(code: str, lack: str, count: int) -> Finding:
    return Finding(
        code=code,
        severity="warning",
        message=f"Rows with {lack}: {count:,}. They are set aside.",
        count=count,
    )


def _drop_shared(rows: Examples, test_ids: set[str], findings: list[Finding]) -> Examples:
    kept = [i for i, identity in enumerate(rows.ids) if identity not in test_ids]
    count = len(rows.ids) - len(kept)
    if count == 0:
        return rows
    message = f"Rows whose text is also in the test file: {count:,}. They leave the training data."
    findings.append(Finding(code="shared_with_test", severity="warning", message=message, count=count))
    return rows.take(kept)


def _drop_repeated(rows: Examples, findings: list[Finding]) -> tuple[Examples, tuple[Conflict, ...]]:
    """Keep the first of equal rows, and none of those that label the same text differently."""
    first: dict[str, int] = {}
    disputed: dict[str, set[str]] = {}
    for position, (identity, label) in enumerate(zip(rows.ids, rows.labels, strict=True)):
        earlier = rows.labels[first.setdefault(identity, position)]
        if label != earlier:
            disputed.setdefault(identity, {earlier}).add(label)
    num_disputed = sum(identity in disputed for identity in rows.ids)
    num_copies = len(rows.ids) - num_disputed - (len(first) - len(disputed))
    if num_copies:
        message = f"Exact copies of an earlier row: {num_copies:,}. Only the first of each is kept."
        findings.append(Finding(code="duplicates", severity="info", message=message, count=num_copies))
    if num_disputed:
        message = (
            f"Rows whose text stands in the file with more than one label: {num_disputed:,}, "
            f"different texts among them: {len(disputed):,}. All of them are set aside."
        )
        findings.append(
            Finding(code="conflicting_labels", severity="warning", message=message, count=num_disputed)
        )
    conflicts = tuple(
        Conflict(texts=rows.texts[first[identity]], labels=tuple(sorted(labels)))
        for identity, labels in list(disputed.items())[:MAX_CONFLICTS]
    )
    return rows.take([i for identity, i in first.items() if identity not in disputed]), conflicts


def _number_repeated(rows: Examples) -> Examples:
    """Give repeated texts of an own test file ids of their own."""
    seen: Counter[str] = Counter()
    ids = []
    for identity, texts in zip(rows.ids, rows.texts, strict=True):
        ids.append(example_id(texts, seen[identity]) if seen[identity] else identity)
        seen[identity] += 1
    return Examples(ids=ids, texts=rows.texts, labels=rows.labels)


def _problem(rows: Examples, labels: tuple[str, ...], label_column: str) -> Problem | None:
    if not labels:
        error = DataError(
            "Expected rows with a text and a label; none is left after setting rows aside.",
            "Check that the right columns are chosen.",
        )
        return Problem(code="no_rows", error=error)
    if len(labels) == 1:
        error = DataError(
            f"Expected at least two classes; every row of '{label_column}' is '{labels[0]}'.",
            "Choose another label column, or add examples of a second class.",
        )
        return Problem(code="single_class", error=error, count=len(rows.ids))
    if len(labels) == len(rows.ids):
        error = DataError(
            f"Expected labels that several rows share; '{label_column}' has another value in each of the"
            f" {len(rows.ids):,} rows.",
            "Choose the column with the classes as label.",
        )
        return Problem(code="labels_unique", error=error, count=len(labels))
    if len(labels) > MAX_LABELS:
        error = DataError(
            f"Expected at most {MAX_LABELS:,} classes; '{label_column}' has {len(labels):,}.",
            "Choose another label column, or merge rare classes.",
        )
        return Problem(code="too_many_classes", error=error, count=len(labels))
    return None


def _test_problem(test: Table | None, rows: Examples, labels: tuple[str, ...]) -> Problem | None:
    """Look for what would force a change of the person's own test file, which is never changed."""
    if test is None:
        return None
    if test.num_rejects:
        error = DataError(
            f"Expected to use every line of the test file; not read: {test.num_rejects:,}, the first is"
            f" line {test.first_reject.line}: {test.first_reject.reason}",
            "Mend or remove these lines in the test file.",
        )
        return Problem(code="test_rejected_rows", error=error, count=test.num_rejects)
    empty = [i for i, texts in enumerate(rows.texts, start=1) if not all(text.strip() for text in texts)]
    if empty:
        error = DataError(
            f"Expected every row of the test file to have a text; {len(empty):,} without, the first is row"
            f" {empty[0]:,}.",
            "Fill in the texts or remove these rows from the test file.",
        )
        return Problem(code="test_empty_text", error=error, count=len(empty))
    unknown = Counter(label for label in rows.labels if label not in set(labels))
    if unknown:
        shown = ", ".join(map(repr, list(unknown)[:5]))
        error = DataError(
            f"Expected only labels that the training data has; the test file also has {shown}"
            f" (rows: {unknown.total():,}).",
            "Correct these labels, remove these rows from the test file, or add training examples of them.",
        )
        return Problem(code="test_unknown_label", error=error, count=unknown.total())
    return None
