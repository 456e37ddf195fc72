"""Where the lines of a file are, and the pieces of it that are no rows of its table."""

from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.files.arrow_files import in_passing
from tl_core.files.safe_csv import csv_file, harmless

_CHUNK_SIZE = 1 << 24
_NEWLINE = ord("\n")
REJECT_CHARS = 10_000
REJECT_SCHEMA = pa.schema([("line", pa.int64()), ("reason", pa.string()), ("text", pa.string())])


def line_numbers(path: Path, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the line, from 1, of each byte position; positions ascend."""
    lines = np.ones(len(positions), dtype=np.int64)
    offset = 0
    with path.open("rb") as file:
        while offset <= positions.max(initial=-1) and (chunk := file.read(_CHUNK_SIZE)):
            newlines = np.flatnonzero(np.frombuffer(chunk, dtype=np.uint8) == _NEWLINE) + offset
            lines += np.searchsorted(newlines, positions)
            offset += len(chunk)
    return lines


def num_blank_at_edges(num_lines: int, blank: npt.NDArray[np.int64]) -> tuple[int, int]:
    """Return how many of a file's blank lines stand above and below everything else.

    >>> num_blank_at_edges(6, np.array([1, 2, 4, 6]))
    (2, 1)
    """
    places = np.arange(len(blank))
    return int((blank == places + 1).sum()), int((blank == places + num_lines - len(blank) + 1).sum())


def num_lines_left_out(path: Path, rows: pa.Table) -> int:
    """Return the number of a file's lines that are neither in its rows nor empty.

    A row takes a line, and one more for each line end inside its fields. Empty lines between rows are none,
    but in a single column, where they are rows.

    Parameters
    ----------
    path
        LF line ends.
    rows
        What was parsed, a header row included.
    """
    num_lines, blank = find_blank_lines(path)
    num_inside = _total(pc.count_substring, rows, "\n")
    num_between = len(blank) if rows.num_columns > 1 else 0
    if num_inside and num_between:
        # Of line ends one after the other inside a field, each but the first makes an empty line.
        num_between -= num_inside - _total(pc.count_substring_regex, rows, "\n+")
    return num_lines - int(rows.num_rows) - num_inside - num_between


def _total(count: Callable[[pa.ChunkedArray, str], pa.ChunkedArray], rows: pa.Table, pattern: str) -> int:
    """Count something in all cells."""
    counts = (count(cells, pattern) for _, part in in_passing(rows) for cells in part.columns)
    return sum(pc.sum(one).as_py() or 0 for one in counts)


def find_blank_lines(path: Path) -> tuple[int, npt.NDArray[np.int64]]:
    """Return the number of lines, and the numbers, from 1, of those with nothing on them."""
    blank = [np.empty(0, np.int64)]
    num_ends, was_end = 0, True
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_SIZE):
            is_end = np.frombuffer(chunk, dtype=np.uint8) == _NEWLINE
            follows_end = np.concatenate([[was_end], is_end[:-1]])
            blank.append(num_ends + 1 + np.flatnonzero(follows_end[is_end]))
            num_ends += int(np.count_nonzero(is_end))
            was_end = bool(is_end[-1])
    return num_ends + (not was_end), np.concatenate(blank)


@dataclass(frozen=True, kw_only=True)
class Reject:
    """A piece of the file that is no row of the table.

    Attributes
    ----------
    line
        Line number in the file, from 1.
    reason
        What is wrong with it.
    text
        Its first 10,000 characters as they stand in the file.
    """

    line: int
    reason: str
    text: str


def reject_table(rejects: Iterable[Reject] = ()) -> pa.Table:
    """Put rejects in a table of `REJECT_SCHEMA`."""
    columns: list[tuple[Any, ...]] = list(zip(*map(astuple, rejects), strict=True)) or [(), (), ()]
    return pa.table([list(column) for column in columns], schema=REJECT_SCHEMA)


def reject_at(rejects: pa.Table, position: int) -> Reject:
    """Return one row of a table of rejects."""
    return Reject(**rejects.slice(position, 1).to_pylist()[0])


def rejects_as_csv(rejects: pa.Table) -> bytes:
    """Write all rejects as CSV that a spreadsheet opens without running anything in them."""
    rows = zip(*(column.to_pylist() for column in rejects.columns), strict=True)
    cells = ([str(line), harmless(reason), harmless(text)] for line, reason, text in rows)
    return csv_file([REJECT_SCHEMA.names, *cells])
