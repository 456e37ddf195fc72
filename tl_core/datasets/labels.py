"""From label columns to one class a row: values as they are, columns of ones and zeros, numbers in bins."""

import json
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.errors import DataError
from tl_core.schema import ColumnChoice
from tl_core.words import plural, quoted

SEPARATORS = ("|", ";", ",")
MIN_SHARE_OF_SEVERAL = 0.01
"""Share of rows with a separator below which it is taken for part of a name."""
_MAX_DISTINCT = 20_000

_ONES = pa.array(["1", "1.0", "true", "yes", "x"])
_ZEROS = pa.array(["0", "0.0", "false", "no", ""])
_ONE_CLASS_EACH = (
    "Keep one label per row, or make one file per label with “yes” and “no” and train a model on each."
)


def class_values(columns: pa.Table, choice: ColumnChoice) -> pa.ChunkedArray:
    """Return the class of every row; an empty string where there is none.

    Parameters
    ----------
    columns
        The file's columns, all strings.

    Raises
    ------
    DataError
        If rows have several labels, a column of ones and zeros holds something else, or a value that is to
        be cut into bins is no number.
    """
    if len(choice.label) > 1:
        values = _of_indicators(columns, choice.label)
    else:
        values = _single_values(columns[choice.label[0]], choice.label[0])
    if choice.edges:
        values = _binned(values, choice.edges, choice.label_name)
    return _replaced(values, choice.label_map) if choice.label_map else values


def find_indicators(columns: pa.Table) -> tuple[str, ...]:
    """Return columns of ones and zeros of which every row has one in just one; none if there are not two."""
    # An empty cell is a zero as well, but alone it is no sign of one.
    written_zeros = _ZEROS.filter(pc.not_equal(_ZEROS, ""))
    names = []
    for name in columns.column_names:
        plain = _plain(columns[name])
        ones, zeros = pc.is_in(plain, value_set=_ONES), pc.is_in(plain, value_set=_ZEROS)
        if (
            pc.all(pc.or_(ones, zeros)).as_py()
            and pc.any(ones).as_py()
            and pc.any(pc.is_in(plain, value_set=written_zeros)).as_py()
        ):
            names.append(name)
    if len(names) < 2:
        return ()
    num_ones = np.sum([_is_one(columns[name], name) for name in names], axis=0)
    return tuple(names) if (num_ones == 1).all() else ()


def read_edges(text: str) -> tuple[float, ...]:
    """Read edges as a person writes them; raises DataError for what is no number.

    >>> read_edges("2.5, 4")
    (2.5, 4.0)
    """
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise DataError(
            f"{quoted(text)} is not a list of numbers.", "Divide numbers with commas, such as 2.5, 3.5."
        ) from error


def bin_names(edges: Sequence[float]) -> list[str]:
    """Name the classes that some edges make.

    >>> bin_names([2.5, 4])
    ['below 2.5', '2.5 to below 4', '4 and more']
    """
    shown = [f"{edge:g}" for edge in edges]
    between = [f"{low} to below {high}" for low, high in pairwise(shown)]
    return [f"below {shown[0]}", *between, f"{shown[-1]} and more"]


def _plain(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.utf8_lower(pc.utf8_trim_whitespace(values))


def _of_indicators(columns: pa.Table, names: Sequence[str]) -> pa.ChunkedArray:
    """Take the name of the one column that holds a one."""
    is_one = np.column_stack([_is_one(columns[name], name) for name in names])
    num_ones = is_one.sum(axis=1)
    if (num_several := int((num_ones > 1).sum())) > 0:
        first = int(np.argmax(num_ones > 1))
        shown = ", ".join(name for name, one in zip(names, is_one[first], strict=True) if one)
        raise _several_labels(num_several, f"the first is row {first + 1:,} ({shown})")
    chosen = pa.array(np.where(num_ones == 1, is_one.argmax(axis=1), len(names)))
    return pa.chunked_array([pa.array([*names, ""]).take(chosen)])


def _is_one(values: pa.ChunkedArray, name: str) -> np.ndarray:
    plain = _plain(values)
    ones = pc.is_in(plain, value_set=_ONES)
    strange = pc.invert(pc.or_(ones, pc.is_in(plain, value_set=_ZEROS)))
    if pc.any(strange).as_py():
        row = pc.index(strange, True).as_py()
        raise DataError(
            f"Row {row + 1:,} of the label column {quoted(name)} holds {quoted(values[row].as_py())}, which"
            " is neither 1 nor 0.",
            "Leave this column out of the labels, or choose a single label column.",
        )
    return np.asarray(ones)


def _single_values(values: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Take each value as it is and a list of one label for that label; refuse several labels a row."""
    distinct = pc.value_counts(values)
    if len(distinct) > _MAX_DISTINCT:  # no classes at all, which screening tells
        return values
    counts = dict(
        zip(distinct.field("values").to_pylist(), distinct.field("counts").to_pylist(), strict=True)
    )
    lists = {value: parsed for value in counts if (parsed := _as_list(value)) is not None}
    if sum(counts[value] for value in lists) > len(values) / 2:
        several = [value for value, parsed in lists.items() if len(parsed) > 1]
        if several:
            raise _several_labels(
                sum(counts[value] for value in several),
                f"such as {quoted(several[0])}",
                f" in {quoted(name)}",
            )
        return _replaced(values, {value: "".join(parsed) for value, parsed in lists.items()})
    for separator in SEPARATORS:
        _refuse_several(counts, separator, name)
    return values


def _as_list(value: str) -> list[str] | None:
    """Read a value such as ``["a", "b"]`` or ``['a']``; None for any other."""
    text = value.strip()
    if not (text.startswith("[") and text.endswith("]")):
        return None
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = [part.strip().strip("\"'") for part in text[1:-1].split(",")]
    return [str(part) for part in parsed if str(part)]


def _refuse_several(counts: dict[str, int], separator: str, name: str) -> None:
    """Refuse labels such as ``a|b`` if their parts are fewer than the combinations that they make.

    In "Politics, World" beside "Sport" the comma is part of a name; it divides labels where "a,b", "a,c",
    "b" and "c" stand beside each other.
    """
    parts = {value: [part.strip() for part in value.split(separator)] for value in counts if value.strip()}
    combined = [value for value, several in parts.items() if len(several) > 1 and all(several)]
    num_rows = sum(counts[value] for value in combined)
    if len(combined) < 2 or num_rows < MIN_SHARE_OF_SEVERAL * sum(counts.values()):
        return
    if len(set[str]().union(*parts.values())) < len(parts):
        raise _several_labels(num_rows, f"such as {quoted(combined[0])}", f" in {quoted(name)}")


def _several_labels(count: int, example: str, place: str = "") -> DataError:
    return DataError(
        f"{plural(count, 'row has', 'rows have')} several labels{place}, {example}. Only one label per text"
        " is supported.",
        _ONE_CLASS_EACH,
    )


def _binned(values: pa.ChunkedArray, edges: Sequence[float], name: str) -> pa.ChunkedArray:
    """Put each number into its class: below the first edge, from one edge to the next, from the last on."""
    if list(edges) != sorted(set(edges)):
        shown = ", ".join(f"{edge:g}" for edge in edges)
        raise DataError(
            f"The limits between classes do not rise: {shown}.",
            "Sort them, and name each once.",
        )
    plain = pc.replace_substring(pc.utf8_trim_whitespace(values), ",", ".")
    is_filled = pc.not_equal(plain, "")
    is_number = pc.match_substring_regex(plain, r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")
    strange = pc.and_(is_filled, pc.invert(is_number))
    if pc.any(strange).as_py():
        row = pc.index(strange, True).as_py()
        raise DataError(
            f"Row {row + 1:,} of {quoted(name)} holds {quoted(values[row].as_py())}, which is not a number"
            " to cut into classes.",
            "Remove the limits, or choose another label column.",
        )
    numbers = pc.cast(pc.if_else(is_filled, plain, "nan"), pa.float64())
    places = np.searchsorted(np.asarray(edges), np.asarray(numbers), side="right")
    places[np.asarray(pc.invert(is_filled))] = len(edges) + 1
    return pa.chunked_array([pa.array([*bin_names(edges), ""]).take(pa.array(places))])


def _replaced(values: pa.ChunkedArray, new: dict[str, str]) -> pa.ChunkedArray:
    """Put new values in the place of some."""
    encoded = pc.dictionary_encode(values).combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0)
    names = [new.get(value, value) for value in encoded.dictionary.to_pylist()]
    return pa.chunked_array([pa.array(names, pa.string()).take(encoded.indices)])
