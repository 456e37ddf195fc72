"""What prevents a dataset: no classes to learn, or an own test file that could not stay as it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from tl_core.datasets.column_guess import MAX_LABELS, one_class, other_column, too_many_classes
from tl_core.datasets.selection import LABEL, WEIGHT, count_labels, lacks_content
from tl_core.errors import DataError
from tl_core.files.reading import Table
from tl_core.modality import Content
from tl_core.schema import Finding


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why no dataset can be made of the rows."""

    code: str
    error: DataError
    count: int = 0


def find_problem(
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
        Rows before any was set aside, and why some were.
    """
    noun = content.noun
    aside = max(findings, key=lambda one: one.count, default=None)
    because = f" {aside.message}" if aside is not None and aside.count >= num_rows / 2 else ""
    if not labels:
        error = DataError(
            f"Expected rows with a {noun.one} and a label; none of {num_rows:,} is left.{because}",
            "Check that the right columns are chosen.",
        )
        return Problem(code="no_rows", error=error)
    if len(labels) == 1:
        return Problem(code="single_class", error=one_class(label_name, labels[0]), count=rows.num_rows)
    if len(labels) == rows.num_rows and because:
        error = DataError(
            f"Expected different {noun.many} of each class; {rows.num_rows:,} of {num_rows:,} are left."
            f"{because}",
            other_column(noun.one),
        )
        return Problem(code="few_texts", error=error, count=rows.num_rows)
    if len(labels) == rows.num_rows:
        error = DataError(
            f"Expected labels that several rows share; '{label_name}' has another value in each of the"
            f" {rows.num_rows:,} rows.",
            "Choose the column with the classes as label.",
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
                f"Expected a weight above 0 in some row of each class; '{untaught[0].as_py()[:40]}' has"
                " none.",
                "Correct the weights of this class, or choose no weight column.",
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
            f"Expected to use every line of the test file; not read: {test.num_rejects:,}, the first is"
            f" line {test.first_reject.line}: {test.first_reject.reason}",
            "Mend or remove these lines in the test file.",
        )
        return Problem(code="test_rejected_rows", error=error, count=test.num_rejects)
    is_empty = lacks_content(rows, content)
    if num_empty := pc.sum(is_empty).as_py():
        error = DataError(
            f"Expected every row of the test file to have a {content.noun.one}; {num_empty:,} without, the"
            f" first is row {pc.index(is_empty, True).as_py() + 1:,}.",
            f"Fill in the {content.noun.many} or remove these rows from the test file.",
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
