"""Which rows of a table become examples, and what is said about those that do not."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.datasets.duplicates import Conflict, drop_repeated, number_repeated
from tl_core.datasets.problems import Problem, find_problem, find_test_problem
from tl_core.datasets.selection import (
    ID,
    LABEL,
    WEIGHT,
    count_labels,
    first_of,
    is_blank,
    lacks_content,
    pick_rows,
    shown_contents,
)
from tl_core.files.excerpts import shorten
from tl_core.files.read_findings import reading_findings
from tl_core.files.reading import Table
from tl_core.modality import Content, content_of
from tl_core.schema import ColumnChoice, Finding

IMBALANCE_SHARE = 0.6


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

    Rows without content or label, those of the own test file, later copies of a row and contents with
    several labels are set aside, in this order, and counted.

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
    rows, conflicts = drop_repeated(rows, content, findings)
    labels = sort_labels(pc.unique(rows[LABEL]).to_pylist())
    findings += find_imbalance(count_labels(rows, own_test))
    is_zero = pc.equal(rows[WEIGHT], 0) if WEIGHT in rows.column_names else None
    if is_zero is not None and (count := pc.sum(is_zero).as_py()):
        finding = Finding(
            code="zero_weight",
            severity="info",
            message=f"Examples with a weight of 0: {count:,}. They never teach; in test they count as all"
            " do.",
            count=count,
            examples=shown_contents(rows, first_of(is_zero)),
            remedy="Give them a weight above 0 if they shall teach.",
        )
        findings.append(finding)
    return Screening(
        train=rows,
        test=number_repeated(own_test, choice.modality),
        labels=labels,
        findings=tuple(findings),
        conflicts=conflicts,
        problem=find_problem(rows, labels, choice.label_name, picked.num_rows, findings, content)
        or find_test_problem(test, own_test, labels, content),
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


def find_imbalance(counts: dict[str, int]) -> Iterable[Finding]:
    """Yield a finding if one label makes up more than 60 %: always guessing it looks good already."""
    if not counts:
        return
    label, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
    share = count / sum(counts.values())
    if IMBALANCE_SHARE < share < 1:
        message = f"{100 * share:.0f} % of the examples are '{label}': always guessing it is that accurate."
        yield Finding(
            code="imbalance",
            severity="warning",
            message=message,
            count=count,
            remedy="Compare by macro-F1, which is then the default, or add examples of the other labels.",
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
            message=f"Rows with no {content.noun.one}: {count:,}. They are set aside.",
            count=count,
            examples=_at_rows(places, (f"labelled {shorten(label)}" if label else "" for label in labels)),
            remedy=f"Fill in their {content.noun.many} in the file, or leave these rows out.",
        )
        findings.append(finding)
    if count := pc.sum(no_label).as_py():
        places = first_of(no_label)
        finding = Finding(
            code="empty_label",
            severity="warning",
            message=f"Rows with no label: {count:,}. They are set aside.",
            count=count,
            examples=_at_rows(places, shown_contents(rows, places)),
            remedy="Fill in their labels in the file, or leave these rows out.",
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
        message=(
            f"Rows whose {content.noun.one} is also in the test file: {count:,}. They leave the training"
            " data."
        ),
        count=count,
        examples=shown_contents(rows, first_of(is_shared)),
        remedy="Nothing needs to be done; if these rows shall train, take them out of the test file.",
    )
    findings.append(finding)
    return rows.filter(pc.invert(is_shared))
