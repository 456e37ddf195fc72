"""Which rows of a table become examples, what prevents a dataset, and what is said of rows left out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.datasets.column_guess import MAX_LABELS, one_class, other_column, too_many_classes
from tl_core.datasets.identity import example_id
from tl_core.datasets.selection import (
    ID,
    LABEL,
    WEIGHT,
    codes_of,
    content_columns,
    count_labels,
    first_of,
    is_blank,
    lacks_content,
    pick_rows,
    shown_contents,
)
from tl_core.errors import DataError
from tl_core.files.excerpts import MAX_EXAMPLES, shorten
from tl_core.files.read_summary import reading_findings
from tl_core.files.reading import Table
from tl_core.modality import Content, content_of
from tl_core.schema import ColumnChoice, Finding, position_of
from tl_core.words import plural, quoted, quoted_names

MAX_CONFLICTS = 100
IMBALANCE_SHARE = 0.6
"""Share of the largest class above which it is told, and macro-F1 is the default headline metric."""


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """A text (or pair) that the file labels differently in different rows; all of them are left out."""

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
        The kept rows of the person's file in its order, with the columns of `selection.pick_rows`.
    test
        All rows of the person's own test file, in its order; no rows without one.
    labels
        The labels of `train` in the order of their ids.
    findings
        What was left out and what was noticed.
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

    Rows without content or label, those of the own test file, later copies of a row and contents with
    several labels are left out, in this order, and counted.

    Raises
    ------
    DataError
        If a column is missing or named twice, or does not hold what it is chosen for.
    """
    content = content_of(choice.modality)
    picked = pick_rows(table, choice)
    own_test = pick_rows(test, choice) if test is not None else picked.slice(0, 0)
    findings = [*reading_findings(table)]
    rows = _drop_empty(picked, content, findings)
    rows = _drop_shared(rows, own_test, content, findings)
    rows, conflicts = _drop_repeated(rows, content, findings)
    labels = sort_labels(pc.unique(rows[LABEL]).to_pylist())
    findings += find_imbalance(count_labels(rows, own_test))
    is_zero = pc.equal(rows[WEIGHT], 0) if WEIGHT in rows.column_names else None
    if is_zero is not None and (count := pc.sum(is_zero).as_py()):
        finding = Finding(
            code="zero_weight",
            severity="info",
            message=f"{plural(count, 'example has', 'examples have')} a weight of 0: never trained on, but"
            " counted in the test.",
            count=count,
            examples=shown_contents(rows, first_of(is_zero), content),
            remedy="Give them a weight above 0 to train on them.",
        )
        findings.append(finding)
    return Screening(
        train=rows,
        test=_number_repeated(own_test, choice.modality),
        labels=labels,
        findings=tuple(findings),
        conflicts=conflicts,
        problem=_find_problem(rows, labels, choice.label_name, picked.num_rows, findings, content)
        or find_test_problem(test, own_test, labels, content),
    )


def sort_labels(labels: Iterable[str]) -> tuple[str, ...]:
    """Return the distinct labels, by number if all are numbers or were cut from some, else by code point.

    >>> sort_labels(["10", "9", "10"]), sort_labels(["4 and more", "below 4"])
    (('9', '10'), ('below 4', '4 and more'))
    """
    positions = {label: position_of(label) for label in sorted(set(labels))}
    if None in positions.values():
        return tuple(positions)
    return tuple(sorted(positions, key=lambda label: positions[label] or 0.0))


def find_imbalance(counts: dict[str, int]) -> Iterable[Finding]:
    """Yield a finding if one label makes up more than 60%: always guessing it looks good already."""
    if not counts:
        return
    label, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
    share = count / sum(counts.values())
    if IMBALANCE_SHARE < share < 1:
        percent = f"{100 * share:.0f}%"
        message = f"{quoted(label)} is {percent} of the examples: always answering it would score {percent}."
        yield Finding(
            code="imbalance",
            severity="warning",
            message=message,
            count=count,
            remedy="Compare by macro-F1 (the default for such data), or add examples of the other labels.",
        )


def _drop_empty(rows: pa.Table, content: Content, findings: list[Finding]) -> pa.Table:
    no_content = lacks_content(rows, content)
    no_label = pc.and_not(is_blank(rows[LABEL]), no_content)
    if count := pc.sum(no_content).as_py():
        places = first_of(no_content)
        labels = rows[LABEL].take(pa.array(places)).to_pylist()
        finding = Finding(
            code="empty_text",
            severity="warning",
            message=f"{plural(count, 'row')} removed: no {content.noun.one}.",
            count=count,
            examples=_at_rows(places, (f"labelled {shorten(label)}" if label else "" for label in labels)),
            remedy=f"Fill in the {content.noun.many} in the file, or leave these rows out.",
        )
        findings.append(finding)
    if count := pc.sum(no_label).as_py():
        places = first_of(no_label)
        finding = Finding(
            code="empty_label",
            severity="warning",
            message=f"{plural(count, 'row')} removed: no label.",
            count=count,
            examples=_at_rows(places, shown_contents(rows, places, content)),
            remedy="Fill in the labels in the file, or leave these rows out.",
        )
        findings.append(finding)
    return rows.filter(pc.invert(pc.or_(no_content, no_label)))


def _at_rows(places: npt.NDArray[np.int64], said: Iterable[str]) -> tuple[str, ...]:
    """Point at rows of the file by their numbers from 1, the header not counted."""
    return tuple(
        f"Row {place + 1:,}: {what}" if what else f"Row {place + 1:,}"
        for place, what in zip(places.tolist(), said, strict=True)
    )


def _drop_shared(rows: pa.Table, own_test: pa.Table, content: Content, findings: list[Finding]) -> pa.Table:
    is_shared = pc.is_in(rows[ID], value_set=own_test[ID].combine_chunks())
    count = pc.sum(is_shared).as_py() or 0
    if count == 0:
        return rows
    finding = Finding(
        code="shared_with_test",
        severity="warning",
        message=f"{plural(count, 'row')} removed from training: same {content.noun.one} in the test file.",
        count=count,
        examples=shown_contents(rows, first_of(is_shared), content),
        remedy="Leave it so, or take these rows out of the test file to train on them.",
    )
    findings.append(finding)
    return rows.filter(pc.invert(is_shared))


def _drop_repeated(
    rows: pa.Table, content: Content, findings: list[Finding]
) -> tuple[pa.Table, tuple[Conflict, ...]]:
    """Keep the first of equal rows, and none of those that label the same differently."""
    noun = content.noun
    identities, labels = codes_of(rows[ID]), codes_of(rows[LABEL])
    num_identities = int(identities.max(initial=-1)) + 1
    first = np.empty(num_identities, dtype=np.int64)
    first[identities[::-1]] = np.arange(len(identities))[::-1]  # the last to be written is the first row
    is_disputed = np.zeros(num_identities, dtype=bool)
    is_disputed[identities[labels != labels[first[identities]]]] = True
    is_copy = (first[identities] != np.arange(len(identities))) & ~is_disputed[identities]
    copies = np.flatnonzero(is_copy)
    if len(copies):
        _, at = np.unique(identities[copies], return_index=True)
        findings.append(
            Finding(
                code="duplicates",
                severity="info",
                message=f"{plural(len(copies), 'row removed: exact copy', 'rows removed: exact copies')} of"
                " an earlier row.",
                count=len(copies),
                examples=shown_contents(rows, copies[at[:MAX_EXAMPLES]], content),
                remedy="Leave it so, or add a weight column if copies should count.",
            )
        )

    conflicts = list[Conflict]()
    for disputed in np.flatnonzero(is_disputed)[:MAX_CONFLICTS]:
        place = int(first[disputed])
        texts = tuple(rows[name][place].as_py() for name in content_columns(rows))
        several = set(rows[LABEL].take(pa.array(np.flatnonzero(identities == disputed))).to_pylist())
        conflicts.append(Conflict(texts=texts, labels=tuple(sorted(several))))
    if num_rows := int(is_disputed[identities].sum()):
        findings.append(
            Finding(
                code="conflicting_labels",
                severity="warning",
                message=f"{plural(num_rows, 'row')} removed: same {noun.one}, conflicting labels"
                f" ({plural(int(is_disputed.sum()), f'different {noun.one}', f'different {noun.many}')}).",
                count=num_rows,
                examples=tuple(
                    f"{quoted_names(one.labels)}: {shorten(content.preview(one.texts))}"
                    for one in conflicts[:MAX_EXAMPLES]
                ),
                remedy=f"Decide on one label for each of these {noun.many} in the file.",
            )
        )
    return rows.take(pa.array(np.sort(first[~is_disputed]))), tuple(conflicts)


def _number_repeated(rows: pa.Table, modality: str | None) -> pa.Table:
    """Give repeated rows of an own test file ids of their own."""
    seen: Counter[str] = Counter()
    ids = rows[ID].to_pylist()
    for position, identity in enumerate(ids):
        if seen[identity]:
            parts = [rows[name][position].as_py() for name in content_columns(rows)]
            ids[position] = example_id(parts, seen[identity], modality)
        seen[identity] += 1
    return rows.set_column(rows.column_names.index(ID), ID, pa.array(ids, pa.string()))


def _find_problem(
    rows: pa.Table,
    labels: Sequence[str],
    label_name: str,
    num_rows: int,
    findings: Sequence[Finding],
    content: Content,
) -> Problem | None:
    """Look for what leaves no classes that could be learned.

    Parameters
    ----------
    rows
        The kept rows, with their ``labels``.
    num_rows, findings
        Rows before any was left out, and why some were.
    """
    noun = content.noun
    aside = max(findings, key=lambda one: one.count, default=None)
    because = f" {aside.message}" if aside is not None and aside.count >= num_rows / 2 else ""
    if not labels:
        error = DataError(
            f"None of {plural(num_rows, 'row')} can be used.{because}",
            "Check that the right columns are chosen.",
        )
        return Problem(code="no_rows", error=error)
    if len(labels) == 1:
        return Problem(code="single_class", error=one_class(label_name, labels[0]), count=rows.num_rows)
    if len(labels) == rows.num_rows and because:
        error = DataError(
            f"Only {rows.num_rows:,} of {num_rows:,} rows are left, each with a different label.{because}",
            other_column(noun.one),
        )
        return Problem(code="few_texts", error=error, count=rows.num_rows)
    if len(labels) == rows.num_rows:
        error = DataError(
            f"{quoted(label_name)} is different in every row, so it can't be the label.",
            "Choose the column that holds the labels.",
        )
        return Problem(code="labels_unique", error=error, count=len(labels))
    if len(labels) > MAX_LABELS:
        error = too_many_classes(label_name, len(labels))
        return Problem(code="too_many_classes", error=error, count=len(labels))
    if WEIGHT in rows.column_names:
        taught = pc.unique(rows[LABEL].filter(pc.greater(rows[WEIGHT], 0)))
        untaught = rows[LABEL].filter(pc.invert(pc.is_in(rows[LABEL], value_set=taught)))
        if len(untaught):
            error = DataError(
                f"No row of {quoted(untaught[0].as_py())} has a weight above 0, so that label cannot be"
                " learned.",
                "Correct the weights of this label, or choose no weight column.",
            )
            return Problem(code="class_without_weight", error=error, count=len(untaught))
    return None


def find_test_problem(
    test: Table | None, rows: pa.Table, labels: Sequence[str], content: Content
) -> Problem | None:
    """Look for what would force a change of the person's own test file, which is never changed."""
    if test is None:
        return None
    if test.num_rejects:
        error = DataError(
            f"{plural(test.num_rejects, 'line')} of the test file could not be read; the first is line"
            f" {test.first_reject.line:,}: {test.first_reject.reason}",
            "Fix or remove these lines in the test file.",
        )
        return Problem(code="test_rejected_rows", error=error, count=test.num_rejects)
    is_empty = lacks_content(rows, content)
    if num_empty := pc.sum(is_empty).as_py():
        error = DataError(
            f"{plural(num_empty, 'row of the test file has', 'rows of the test file have')} no"
            f" {content.noun.one}; the first is row {pc.index(is_empty, True).as_py() + 1:,}.",
            f"Fill in the {content.noun.many} or remove these rows from the test file.",
        )
        return Problem(code="test_empty_text", error=error, count=num_empty)
    unknown = {label: count for label, count in count_labels(rows).items() if label not in set(labels)}
    if unknown:
        error = DataError(
            f"The test file has labels that the training data lacks: {quoted_names(list(unknown))}"
            f" ({plural(sum(unknown.values()), 'row')}).",
            "Correct these labels, remove these rows from the test file, or add training examples with them.",
        )
        return Problem(code="test_unknown_label", error=error, count=sum(unknown.values()))
    return None
