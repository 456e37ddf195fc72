"""Which rows of a table become examples, and what is said about those that do not."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.data.columns import MAX_LABELS
from tl_core.data.damage import reading_findings
from tl_core.data.identity import example_id
from tl_core.data.picking import ID, LABEL, WEIGHT, pick_rows, texts_of
from tl_core.data.reading import Table
from tl_core.errors import DataError
from tl_core.schema import ColumnChoice, Finding

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


@dataclass(frozen=True, kw_only=True, eq=False)
class Screening:
    """What `screen` found.

    Attributes
    ----------
    train
        The kept rows of the person's file in its order, with the columns of `picking.pick_rows`.
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

    train: pa.Table
    test: pa.Table
    labels: tuple[str, ...]
    findings: tuple[Finding, ...]
    conflicts: tuple[Conflict, ...]
    problem: Problem | None

    @property
    def label_counts(self) -> dict[str, int]:
        """Number of examples, own test rows included, of each label in the order of `labels`."""
        counts = count_labels(self.train, self.test)
        return {label: counts.get(label, 0) for label in self.labels}


def screen(table: Table, *, choice: ColumnChoice, test: Table | None) -> Screening:
    """Decide about every row of a table.

    Rows without text or label, texts of the own test file, later copies of a row and texts with
    several labels are set aside, in this order, and counted.

    Raises
    ------
    DataError
        If a column is missing or named twice, or does not hold what it is chosen for.
    """
    rows = pick_rows(table, choice)
    own_test = pick_rows(test, choice) if test is not None else rows.slice(0, 0)
    findings = [*reading_findings(table)]
    rows = _drop_empty(rows, findings)
    rows = _drop_shared(rows, own_test, findings)
    rows, conflicts = _drop_repeated(rows, findings)
    labels = sort_labels(pc.unique(rows[LABEL]).to_pylist())
    findings += find_imbalance(count_labels(rows, own_test))
    findings += _find_zero_weights(rows)
    return Screening(
        train=rows,
        test=_number_repeated(own_test),
        labels=labels,
        findings=tuple(findings),
        conflicts=conflicts,
        problem=_problem(rows, labels, choice.label_name) or _test_problem(test, own_test, labels),
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


def count_labels(*tables: pa.Table) -> dict[str, int]:
    """Count the rows of each label over some tables of rows."""
    counts: Counter[str] = Counter()
    for table in tables:
        counted = pc.value_counts(table[LABEL])
        names, numbers = counted.field("values").to_pylist(), counted.field("counts").to_pylist()
        counts.update(dict(zip(names, numbers, strict=True)))
    return dict(counts)


def find_imbalance(counts: dict[str, int]) -> Iterable[Finding]:
    """Yield a finding if one label makes up more than 60 %: always guessing it looks good already."""
    if not counts:
        return
    label, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
    share = count / sum(counts.values())
    if IMBALANCE_SHARE < share < 1:
        message = f"{100 * share:.0f} % of the examples are '{label}': always guessing it is that accurate."
        yield Finding(code="imbalance", severity="warning", message=message, count=count)


def _find_zero_weights(rows: pa.Table) -> Iterable[Finding]:
    if WEIGHT not in rows.column_names:
        return
    is_zero = pc.equal(rows[WEIGHT], 0)
    if count := pc.sum(is_zero).as_py():
        message = f"Examples with a weight of 0: {count:,}. They never teach; in test they count as all do."
        yield Finding(code="zero_weight", severity="info", message=message, count=count)


def is_blank(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return which texts hold nothing but white space."""
    return pc.equal(pc.utf8_trim_whitespace(values), "")


def _drop_empty(rows: pa.Table, findings: list[Finding]) -> pa.Table:
    no_text = is_blank(rows[texts_of(rows)[0]])
    for name in texts_of(rows)[1:]:
        no_text = pc.or_(no_text, is_blank(rows[name]))
    no_label = pc.and_not(is_blank(rows[LABEL]), no_text)
    for code, lack, is_lacking in (("empty_text", "text", no_text), ("empty_label", "label", no_label)):
        if count := pc.sum(is_lacking).as_py():
            message = f"Rows with no {lack}: {count:,}. They are set aside."
            findings.append(Finding(code=code, severity="warning", message=message, count=count))
    return rows.filter(pc.invert(pc.or_(no_text, no_label)))


def _drop_shared(rows: pa.Table, own_test: pa.Table, findings: list[Finding]) -> pa.Table:
    is_shared = pc.is_in(rows[ID], value_set=own_test[ID].combine_chunks())
    count = pc.sum(is_shared).as_py() or 0
    if count == 0:
        return rows
    message = f"Rows whose text is also in the test file: {count:,}. They leave the training data."
    findings.append(Finding(code="shared_with_test", severity="warning", message=message, count=count))
    return rows.filter(pc.invert(is_shared))


def _drop_repeated(rows: pa.Table, findings: list[Finding]) -> tuple[pa.Table, tuple[Conflict, ...]]:
    """Keep the first of equal rows, and none of those that label the same text differently."""
    identities, labels = codes_of(rows[ID]), codes_of(rows[LABEL])
    num_identities = int(identities.max(initial=-1)) + 1
    first = np.empty(num_identities, dtype=np.int64)
    first[identities[::-1]] = np.arange(len(identities))[::-1]  # the last to be written is the first row
    is_disputed = np.zeros(num_identities, dtype=bool)
    is_disputed[identities[labels != labels[first[identities]]]] = True
    num_disputed, num_texts = int(is_disputed[identities].sum()), int(is_disputed.sum())
    num_copies = len(identities) - num_disputed - (num_identities - num_texts)
    if num_copies:
        message = f"Exact copies of an earlier row: {num_copies:,}. Only the first of each is kept."
        findings.append(Finding(code="duplicates", severity="info", message=message, count=num_copies))
    if num_disputed:
        message = (
            f"Rows whose text stands in the file with more than one label: {num_disputed:,}, "
            f"different texts among them: {num_texts:,}. All of them are set aside."
        )
        findings.append(
            Finding(code="conflicting_labels", severity="warning", message=message, count=num_disputed)
        )
    shown = np.flatnonzero(is_disputed)[:MAX_CONFLICTS]
    conflicts = tuple(_conflict(rows, int(first[one]), np.flatnonzero(identities == one)) for one in shown)
    return rows.take(pa.array(np.sort(first[~is_disputed]))), conflicts


def codes_of(values: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Return the number of each distinct value, in the order in which they first occur."""
    encoded = values.combine_chunks().dictionary_encode()
    codes: npt.NDArray[np.int64] = np.asarray(encoded.indices, dtype=np.int64)
    return codes


def _conflict(rows: pa.Table, first: int, all_rows: npt.NDArray[np.int64]) -> Conflict:
    labels = set(rows[LABEL].take(pa.array(all_rows)).to_pylist())
    texts = tuple(rows[name][first].as_py() for name in texts_of(rows))
    return Conflict(texts=texts, labels=tuple(sorted(labels)))


def _number_repeated(rows: pa.Table) -> pa.Table:
    """Give repeated texts of an own test file ids of their own."""
    seen: Counter[str] = Counter()
    ids = rows[ID].to_pylist()
    for position, identity in enumerate(ids):
        if seen[identity]:
            texts = [rows[name][position].as_py() for name in texts_of(rows)]
            ids[position] = example_id(texts, seen[identity])
        seen[identity] += 1
    return rows.set_column(rows.column_names.index(ID), ID, pa.array(ids, pa.string()))


def _problem(rows: pa.Table, labels: Sequence[str], label_name: str) -> Problem | None:
    if not labels:
        error = DataError(
            "Expected rows with a text and a label; none is left after setting rows aside.",
            "Check that the right columns are chosen.",
        )
        return Problem(code="no_rows", error=error)
    if len(labels) == 1:
        error = DataError(
            f"Expected at least two classes; every row of '{label_name}' is '{labels[0]}'.",
            "Choose another label column, or add examples of a second class.",
        )
        return Problem(code="single_class", error=error, count=rows.num_rows)
    if len(labels) == rows.num_rows:
        error = DataError(
            f"Expected labels that several rows share; '{label_name}' has another value in each of the"
            f" {rows.num_rows:,} rows.",
            "Choose the column with the classes as label.",
        )
        return Problem(code="labels_unique", error=error, count=len(labels))
    if len(labels) > MAX_LABELS:
        error = DataError(
            f"Expected at most {MAX_LABELS:,} classes; '{label_name}' has {len(labels):,}.",
            "Choose another label column, or merge rare classes.",
        )
        return Problem(code="too_many_classes", error=error, count=len(labels))
    return _weight_problem(rows)


def _weight_problem(rows: pa.Table) -> Problem | None:
    """Look for a class without a single row that could teach it."""
    if WEIGHT not in rows.column_names:
        return None
    taught = pc.unique(rows[LABEL].filter(pc.greater(rows[WEIGHT], 0)))
    untaught = rows[LABEL].filter(pc.invert(pc.is_in(rows[LABEL], value_set=taught)))
    if not len(untaught):
        return None
    error = DataError(
        f"Expected a weight above 0 in some row of each class; '{untaught[0].as_py()[:40]}' has none.",
        "Correct the weights of this class, or choose no weight column.",
    )
    return Problem(code="class_without_weight", error=error, count=len(untaught))


def _test_problem(test: Table | None, rows: pa.Table, labels: Sequence[str]) -> Problem | None:
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
    is_empty = is_blank(rows[texts_of(rows)[0]])
    for name in texts_of(rows)[1:]:
        is_empty = pc.or_(is_empty, is_blank(rows[name]))
    if num_empty := pc.sum(is_empty).as_py():
        error = DataError(
            f"Expected every row of the test file to have a text; {num_empty:,} without, the first is row"
            f" {pc.index(is_empty, True).as_py() + 1:,}.",
            "Fill in the texts or remove these rows from the test file.",
        )
        return Problem(code="test_empty_text", error=error, count=num_empty)
    unknown = {label: count for label, count in count_labels(rows).items() if label not in set(labels)}
    if unknown:
        shown = ", ".join(map(repr, list(unknown)[:5]))
        error = DataError(
            f"Expected only labels that the training data has; the test file also has {shown}"
            f" (rows: {sum(unknown.values()):,}).",
            "Correct these labels, remove these rows from the test file, or add training examples of them.",
        )
        return Problem(code="test_unknown_label", error=error, count=sum(unknown.values()))
    return None
