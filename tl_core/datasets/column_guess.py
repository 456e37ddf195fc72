"""Which column holds the texts and which the labels: a guess with its reasons, which a person confirms."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from tl_core.datasets.labels import class_values
from tl_core.errors import DataError
from tl_core.files.headers import LABEL_NAMES, TEXT_NAMES
from tl_core.files.reading import Table
from tl_core.schema import ColumnChoice
from tl_core.words import plural, quoted, quoted_names

MAX_LABELS = 1_000

_LONGEST_LABEL = 60
_WORD = re.compile(r"[^\W_]+")
_NUMBER_PATTERN = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"
_FRACTION_PATTERN = r"^\s*[-+]?\d*\.\d*[1-9]\d*([eE][-+]?\d+)?\s*$"
_NEVER_LABELS = frozenset(
    {"id", "index", "guid", "uuid", "date", "time", "split", "fold", "lang", "language"}
)
_TRUTH_VALUES = frozenset({"true", "false", "yes", "no"})


@dataclass(frozen=True, kw_only=True)
class ColumnGuess:
    """The likely columns.

    Attributes
    ----------
    text, label
        Column names.
    reasons
        A sentence under ``"text"`` and one under ``"label"``, which do not name the columns.
    """

    text: str
    label: str
    reasons: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class _Column:
    """What decides about a column; shares are fractions of the rows that are not empty."""

    name: str
    num_rows: int
    num_filled: int
    num_distinct: int
    mean_length: float
    number_share: float
    fraction_share: float
    is_truth_value: bool


def guess_columns(table: Table, *, text: str | None = None, label: str | None = None) -> ColumnGuess:
    """Guess the text and the label column by their names and by what they hold.

    Parameters
    ----------
    table
        The person's file.
    text, label
        A column that the person named; only the other one is guessed.

    Raises
    ------
    DataError
        If a named column is missing or holds nothing, or no two columns can be a text and its label.
    """
    named = [name for name in (text, label) if name is not None]
    check_columns(table, named)
    columns = {name: _describe(name, table.columns[name]) for name in table.columns.column_names}
    for name in named:
        if not columns[name].num_filled:
            raise DataError(
                f"{quoted(name)} is empty in every row.",
                "Choose another column.",
            )
    if label is None:
        labels = [one for one in columns.values() if one.name != text and _can_be_label(one)]
    else:
        labels = [columns[label]]
    best_label = max(labels, key=_label_score, default=None)
    if text is None:
        texts = [one for one in columns.values() if one is not best_label and _can_be_text(one)]
    else:
        texts = [columns[text]]
    best_text = max(texts, key=_text_score, default=None)
    if best_text is None or best_label is None:
        raise _no_pair(table, list(columns.values()))

    return ColumnGuess(
        text=best_text.name,
        label=best_label.name,
        reasons={
            "text": f"Detected as the text: {_held(best_text, 'text')}.",
            "label": f"Detected as the label: {_held(best_label, 'label')}.",
        },
    )


def guess_label(table: Table, *, content: str) -> tuple[str, str]:
    """Guess the labels of examples that are no texts; return the column and why.

    One that is called ``label`` holds them, whatever is wrong with it: that is told later. No other column
    takes its place.

    Parameters
    ----------
    content
        The column of the examples, which is not looked at.

    Raises
    ------
    DataError
        If no other column can hold labels.
    """
    names = [name for name in table.columns.column_names if name != content]
    usual = {name: _describe(name, table.columns[name]) for name in names if not _NEVER_LABELS & _words(name)}
    named = usual.get(LABEL_NAMES[0])
    labels = [named] if named else [one for one in usual.values() if _can_be_label(one)]
    if not labels:
        raise DataError(
            f"No column looks like labels: {quoted_names(names, 20)}.",
            "Choose the column yourself, or check that labels repeat.",
        )
    best = max(labels, key=_label_score)
    return best.name, f"Detected as the label: {_held(best, 'label')}."


def describe(table: Table, names: Sequence[str], role: str) -> str:
    """Say what the columns that a person chose hold, as texts or as labels.

    Parameters
    ----------
    names
        Columns of the table, at least one.
    role
        ``text`` or ``label``.
    """
    held = [_held(_describe(name, table.columns[name]), role) for name in names]
    if len(held) > 1:
        held = [f"“{name}”, {one}" for name, one in zip(names, held, strict=True)]
    return f"Your choice: {'; '.join(held)}."


def _held(column: _Column, role: str) -> str:
    """Say in a few words what speaks for a column in its role, or against it."""
    if not column.num_filled:
        return "empty in every row"
    if column.num_distinct == 1:
        return "the same value in every row"
    if role == "text":
        return f"{column.mean_length:.0f} characters on average"
    if column.num_distinct == column.num_filled:
        return "different in every row"
    return f"{column.num_distinct:,} repeated values"


def guess_text(columns: pa.Table) -> str:
    """Guess the text column of a table without labels; raises DataError if every column holds numbers."""
    described = [_describe(name, columns[name]) for name in columns.column_names]
    texts = [one for one in described if one.num_filled and one.number_share < 0.5]
    if not texts:
        raise DataError(
            f"None of the columns holds texts: {quoted_names(columns.column_names, 20)}.",
            "Choose the column with the texts.",
        )
    return max(texts, key=_text_score).name


def check_columns(table: Table, names: Sequence[str]) -> None:
    """Make sure that a table has all columns, and none is named twice. Raises DataError."""
    present = table.columns.column_names
    for name in names:
        if name not in present:
            raise DataError(
                f"There is no column {quoted(name)}. The file has {quoted_names(present, 20)}.",
                "Choose one of these columns.",
            )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(
            f"{quoted(twice)} is chosen twice.",
            "Choose different columns for text and label.",
        )


def _describe(name: str, values: pa.ChunkedArray) -> _Column:
    filled = values.filter(pc.not_equal(pc.utf8_trim_whitespace(values), ""))
    distinct = pc.unique(filled)
    return _Column(
        name=name,
        num_rows=len(values),
        num_filled=len(filled),
        num_distinct=len(distinct),
        mean_length=pc.mean(pc.utf8_length(filled)).as_py() or 0.0,
        number_share=_share(filled, _NUMBER_PATTERN),
        fraction_share=_share(filled, _FRACTION_PATTERN),
        is_truth_value=len(distinct) <= 2
        and {value.as_py().strip().lower() for value in distinct} <= _TRUTH_VALUES,
    )


def _share(values: pa.ChunkedArray, pattern: str) -> float:
    return float(pc.mean(pc.match_substring_regex(values, pattern)).as_py() or 0.0)


def _can_be_label(column: _Column) -> bool:
    """Few short values that come again; no soft labels, no column that is mostly empty."""
    return (
        2 <= column.num_distinct <= min(MAX_LABELS, max(2, column.num_filled // 2))
        and column.num_filled >= 0.5 * column.num_rows
        and column.mean_length <= _LONGEST_LABEL
        and column.fraction_share < 0.1
    )


def _can_be_text(column: _Column) -> bool:
    return (
        column.num_distinct >= 2 and column.number_share < 0.5 and column.num_filled >= 0.5 * column.num_rows
    )


def _label_score(column: _Column) -> float:
    score = _name_score(column.name, LABEL_NAMES) - math.log10(column.num_distinct)
    if column.is_truth_value:
        score -= 1
    if _NEVER_LABELS & _words(column.name):
        score -= 10
    return score - 5 * (_name_score(column.name, TEXT_NAMES) == 10)


def _text_score(column: _Column) -> float:
    return (
        _name_score(column.name, TEXT_NAMES)
        + 3 * math.log10(1 + column.mean_length)
        + 3 * column.num_distinct / column.num_filled
    )


def _name_score(name: str, usual: tuple[str, ...]) -> float:
    """Return 10 to 9 for a usual name, the more usual the higher, 5 for a name that contains one, else 0."""
    name = name.casefold()
    if name in usual:
        return 10 - usual.index(name) / len(usual)
    return 5.0 if _words(name) & set(usual) else 0.0


def _words(name: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(name)}


def _no_pair(table: Table, columns: Sequence[_Column]) -> DataError:
    """Say why no two columns are a text and its label, by one that is named so and holds none, or by all.

    Raises DataError itself where rows have several labels: then that is why no column looks like classes.
    """
    for column in columns:
        if column.mean_length <= _LONGEST_LABEL:
            class_values(table.columns, ColumnChoice.of(column.name, column.name))
    for column in columns:
        name, is_constant = column.name, column.num_distinct == 1
        if is_constant and _name_score(name, LABEL_NAMES):
            return one_class(name, next(value for value in table.columns[name].to_pylist() if value.strip()))
        if column.num_distinct > MAX_LABELS and _name_score(name, LABEL_NAMES):
            return too_many_classes(name, column.num_distinct)
        if is_constant and _name_score(name, TEXT_NAMES):
            return DataError(
                f"{quoted(name)} holds the same text in every row.",
                other_column("text"),
            )
    shown = [
        f"{quoted(column.name)} ({plural(column.num_distinct, 'different value')},"
        f" {column.mean_length:.0f} characters on average)"
        for column in columns[:10]
    ]
    return DataError(
        f"No two columns look like a text and a label: {', '.join(shown)}.",
        "Choose the two columns yourself, or check that each row has a text and that labels repeat.",
    )


def one_class(name: str, value: str) -> DataError:
    """Make the error about a label column with a single class."""
    return DataError(
        f"{quoted(name)} is {quoted(value, _LONGEST_LABEL)} in every row; two different labels are needed.",
        "Choose another label column, or add examples of a second label.",
    )


def other_column(noun: str) -> str:
    """Say what helps where a column holds something else than was expected."""
    return f"Choose another {noun} column, or check how the file was made."


def too_many_classes(name: str, num_labels: int) -> DataError:
    """Make the error about a label column with more classes than anybody could look at."""
    return DataError(
        f"{quoted(name)} has {num_labels:,} different labels; the most is {MAX_LABELS:,}.",
        "Choose another label column, or merge rare labels.",
    )
