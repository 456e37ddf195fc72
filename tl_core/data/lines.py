"""Where the lines of a file are, and how many of them a table accounts for."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_CHUNK_SIZE = 1 << 24
_NEWLINE = ord("\n")


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
    num_lines, num_empty = _count_lines(path)
    num_inside = sum(_total(pc.count_substring(column, "\n")) for column in rows.columns)
    num_between = num_empty if rows.num_columns > 1 else 0
    if num_inside and num_between:
        # Of line ends one after the other inside a field, each but the first makes an empty line.
        num_runs = sum(_total(pc.count_substring_regex(column, "\n+")) for column in rows.columns)
        num_between -= num_inside - num_runs
    return num_lines - int(rows.num_rows) - num_inside - num_between


def _total(counts: pa.ChunkedArray) -> int:
    return int(pc.sum(counts).as_py() or 0)


def _count_lines(path: Path) -> tuple[int, int]:
    """Return the number of lines, and of those with nothing on them."""
    num_lines = num_empty = 0
    is_end = True
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_SIZE):
            is_newline = np.frombuffer(chunk, dtype=np.uint8) == _NEWLINE
            num_lines += int(np.count_nonzero(is_newline))
            num_empty += int(np.count_nonzero(is_newline[1:] & is_newline[:-1]))
            num_empty += is_end and bool(is_newline[0])
            is_end = bool(is_newline[-1])
    return num_lines + (not is_end), num_empty
