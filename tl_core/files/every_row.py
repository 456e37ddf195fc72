"""A file's rows with what lies between them: an empty row where a line is blank or was rejected."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.files.arrow_files import in_passing, spooled
from tl_core.files.lines import find_blank_lines, num_blank_at_edges

_BATCH_ROWS = 10_000
_BLANK = -1

Numbers = npt.NDArray[np.int64]


def with_every_row(
    path: Path, rows: pa.Table, reject_lines: Numbers, reject_heights: Numbers, *, has_header: bool
) -> tuple[pa.Table, tuple[int, ...]]:
    """Put an empty row in each place where a blank line or a reject stands among a file's rows.

    What stands above a header is no row; blank lines at the beginning and the end are none either. In a
    single column the blank lines between them were parsed as rows.

    Parameters
    ----------
    path
        LF line ends.
    rows
        What was parsed, a header row included.
    reject_lines, reject_heights
        The line, from 1, on which each reject begins, ascending, and how many lines it takes.

    Returns
    -------
    The rows, a header row included, and the place of each reject among the rows below the header; -1 for
    what is above it. No places at all if the lines of the file do not add up.
    """
    num_lines, blank = find_blank_lines(path)
    first, last = num_blank_at_edges(num_lines, blank)
    between = blank[:0] if rows.num_columns == 1 else blank[first : len(blank) - last]
    lines = np.concatenate([reject_lines, between])
    order = np.argsort(lines, kind="stable")
    found = _places(
        rows,
        first + 1,
        num_lines - last,
        lines[order],
        np.concatenate([reject_heights, np.ones_like(between)])[order],
        np.concatenate([np.arange(len(reject_lines)), np.full(len(between), _BLANK)])[order],
    )
    if found is None:
        return rows, ()
    places, numbers = found
    if has_header:
        places, numbers = places[places > 0], numbers[places > 0]
    whole = _insert(rows, places, path.with_name("every_row.arrow"))
    row_of = dict.fromkeys(range(len(reject_lines)), -1)
    row_of |= dict(
        zip(numbers.tolist(), (places + np.arange(len(places)) - has_header).tolist(), strict=True)
    )
    row_of.pop(_BLANK, None)
    return whole, tuple(row_of.values())


def _places(
    rows: pa.Table, line: int, last_line: int, lines: Numbers, heights: Numbers, numbers: Numbers
) -> tuple[Numbers, Numbers] | None:
    """Walk down the lines: a row takes one, and one more for each line end in its fields.

    Returns
    -------
    Before how many rows each piece stands that is among them, and its number; None if lines are left over.
    """
    num_lines = np.ones(rows.num_rows, np.int64)
    for start, part in in_passing(rows):
        for column in part.columns:
            num_lines[start : start + part.num_rows] += pc.count_substring(column, "\n").to_numpy()
    ends = np.cumsum(num_lines)
    base = num_rows = 0  # lines and number of the rows above `line`
    places, kept = [], []
    for start, height, number in zip(lines.tolist(), heights.tolist(), numbers.tolist(), strict=True):
        if start < line:
            continue  # a blank line inside a reject
        wanted = base + start - line
        if wanted > base:
            place = int(np.searchsorted(ends, wanted))
            if place == len(ends) or ends[place] != wanted:
                continue  # a blank line inside a row
            base, num_rows = wanted, place + 1
        places.append(num_rows)
        kept.append(number)
        line = start + height
    # A quote that is never closed takes all that is left, blank lines at the end too.
    is_whole = (ends[-1] if len(ends) else 0) - base == max(0, last_line - line + 1)
    return (np.array(places, np.int64), np.array(kept, np.int64)) if is_whole else None


def _insert(rows: pa.Table, places: Numbers, path: Path) -> pa.Table:
    """Put an empty row before each of the rows at some places, by way of a file."""
    return spooled(_inserted(rows, places), path) if len(places) else rows


def _inserted(rows: pa.Table, places: Numbers) -> Iterator[pa.Table]:
    sources = np.insert(np.arange(rows.num_rows), places, _BLANK)
    for start in range(0, len(sources), _BATCH_ROWS):
        source = sources[start : start + _BATCH_ROWS]
        is_blank = source == _BLANK
        first = int(source[~is_blank].min(initial=rows.num_rows))
        # From a slice: taking from the whole table, batch by batch, would copy it each time.
        near = rows.slice(first, int((~is_blank).sum()))
        taken = near.take(pa.array(source - first, mask=is_blank))
        yield pa.table([pc.fill_null(column, "") for column in taken.columns], taken.column_names)
