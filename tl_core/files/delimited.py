"""Fields divided by a character: how a file divides them, and its rows, with every line kept or rejected."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tl_core.errors import DataError
from tl_core.files.arrow_files import spooled
from tl_core.files.encodings import MAX_LINE_BYTES
from tl_core.files.formats import MAX_COLUMNS, SAVE_AGAIN, check_num_columns
from tl_core.files.lines import (
    REJECT_CHARS,
    REJECT_SCHEMA,
    find_blank_lines,
    line_numbers,
    num_blank_at_edges,
    num_lines_left_out,
    reject_at,
    reject_table,
)
from tl_core.words import quoted

DELIMITERS = (",", ";", "\t", "|")
DEFAULT_QUOTE = '"'

# The longest field that the csv module accepts by default, so that no row of the sample can be too long.
_SAMPLE_CHARS = 131_072
MAX_LEFT_OUT = 200_000
"""Most lines that may be left out; the database takes a kilobyte for each until it tells them."""
# A batch of Arrow strings holds 2 GiB at most, which texts of 200,000 characters do not reach with so many.
_BATCH_ROWS = 10_000


@dataclass(frozen=True, kw_only=True)
class Dialect:
    r"""How rows are divided into fields.

    Attributes
    ----------
    delimiter
        One character.
    quote
        One character, or empty if quotes are ordinary characters.
    escape
        What stands before a quote inside quotes: the quote itself, or a backslash.
    """

    delimiter: str
    quote: str
    escape: str


def _find_dialect(
    connection: duckdb.DuckDBPyConnection, path: Path, *, delimiter: str | None, quote: str | None
) -> Dialect:
    """Choose the dialect in which the sample's rows are most alike.

    Of equals one wins whose quotes make a single column of the file, then a tab, because texts hold commas
    and semicolons but hardly ever tabs, then the sniffer.

    Parameters
    ----------
    connection
        May read `path`.
    path
        UTF-8 with LF line ends.
    delimiter, quote
        What the person chose; None to find it.
    """
    lines = _sample_lines(path)
    common = [
        Dialect(delimiter=one, quote=mark, escape=mark)
        for one in (DELIMITERS if delimiter is None else (delimiter,))
        for mark in ((DEFAULT_QUOTE, "") if quote is None else (quote,))
        if mark != one
    ]
    if max(width(lines, dialect) for dialect in common) > MAX_COLUMNS:
        return max(common, key=lambda dialect: width(lines, dialect))  # the sniffer would take a gigabyte
    sniffed = _sniff(connection, path, delimiter, quote)
    if sniffed and quote is None and not sniffed.quote and not any(DEFAULT_QUOTE in line for line in lines):
        # Quotes may still come after the sample.
        sniffed = replace(sniffed, quote=DEFAULT_QUOTE, escape=DEFAULT_QUOTE)
    candidates = [*([sniffed] if sniffed else []), *common]
    whole = {one.delimiter for one in common if quote is None and one.quote and _is_one_column(lines, one)}
    return max(
        (one for one in candidates if one.quote or one.delimiter not in whole),
        key=lambda one: (_evenness(lines, one), one.delimiter in whole, one.delimiter == "\t"),
    )


def _is_one_column(lines: Iterable[str], dialect: Dialect) -> bool:
    """Whether quotes keep every row together, and some row around the delimiter: what divides it is text."""
    rows = parse(lines, dialect)
    return all(len(row) == 1 for row in rows) and any(dialect.delimiter in row[0] for row in rows)


def _sample_lines(path: Path) -> list[str]:
    """Return the first lines of a file, without one that the sample's end cuts."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = file.read(_SAMPLE_CHARS).split("\n")
        is_whole = not file.read(1)
    return lines if is_whole or len(lines) == 1 else lines[:-1]


def width(lines: Iterable[str], dialect: Dialect) -> int:
    """Return the most frequent number of fields of a row, 0 without rows."""
    return max(_widths(lines, dialect).items(), key=lambda item: (item[1], item[0]), default=(0, 0))[0]


def _uses_quotes(lines: Iterable[str], dialect: Dialect) -> bool:
    """Whether more than one line in twenty has a field that begins with the dialect's quote."""
    mark = dialect.quote
    begins = [line.startswith(mark) or dialect.delimiter + mark in line for line in lines]
    return not mark or sum(begins) > 0.05 * len(begins)


def parse(lines: Iterable[str], dialect: Dialect) -> list[list[str]]:
    """Divide lines into rows of fields, without blank lines."""
    options: dict[str, Any] = {"delimiter": dialect.delimiter, "quoting": csv.QUOTE_NONE}
    if dialect.quote:
        options |= {"quoting": csv.QUOTE_MINIMAL, "quotechar": dialect.quote}
        if dialect.escape != dialect.quote:
            options |= {"escapechar": dialect.escape, "doublequote": False}
    return [row for row in csv.reader((f"{line}\n" for line in lines), **options) if row]


def _sniff(
    connection: duckdb.DuckDBPyConnection, path: Path, delimiter: str | None, quote: str | None
) -> Dialect | None:
    """Ask DuckDB. None if it finds no dialect."""
    chosen = {"delim": delimiter, "quote": quote}
    options = {name: value for name, value in chosen.items() if value is not None}
    query = "SELECT Delimiter, Quote, Escape FROM sniff_csv($path, all_varchar = true"
    query += "".join(f", {name} = ${name}" for name in options) + ")"
    try:
        row = connection.execute(query, {"path": str(path), **options}).fetchone()
    except duckdb.Error:
        return None
    delim, found, escape = ("" if value in (None, "(empty)") else value for value in row)
    return Dialect(delimiter=delim, quote=found, escape=escape or found) if delim else None


def _widths(lines: Iterable[str], dialect: Dialect) -> Counter[int]:
    return Counter(len(row) for row in parse(lines, dialect))


def _evenness(lines: list[str], dialect: Dialect) -> float:
    """Share of the rows that have the most frequent width; 0 if that is a single field."""
    counts = _widths(lines, dialect)
    return counts[width(lines, dialect)] / counts.total() if width(lines, dialect) > 1 else 0.0


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """One reading of a file; `rows` still holds the header row, if there is one.

    ``reject_heights`` says how many lines each reject takes, ``(num_rejects,)``.
    """

    dialect: Dialect
    rows: pa.Table
    rejects: pa.Table
    reject_heights: npt.NDArray[np.int64]


def parse_file(
    path: Path, name: str, *, delimiter: str | None, quote: str | None, min_columns: int
) -> Parsed:
    """Find how the fields are divided, unless it is given, and read all rows.

    Parameters
    ----------
    path
        UTF-8 with LF line ends, in a folder of its own.
    name
        What the person calls the file.
    delimiter, quote
        One character; None to find it; an empty quote for none.
    min_columns
        1 accepts a single column.

    Raises
    ------
    DataError
        If the file holds no table with enough columns, or most of it cannot be read.
    """
    _check_marks(delimiter, quote)
    lines = _sample_lines(path)
    if not any(line.strip() for line in lines):
        raise DataError(f"{quoted(name)} holds only blank lines.", SAVE_AGAIN)
    with locked_connection(path.parent) as connection:
        dialect = _find_dialect(connection, path, delimiter=delimiter, quote=quote)
    _refuse_packed_rows(parse(lines, dialect), name)
    num_columns = width(lines, dialect)
    check_num_columns(num_columns, min_columns, name)
    rows = _parse_rows(path, dialect, num_columns)
    num_left_out = num_lines_left_out(path, rows)
    if num_left_out and quote is None and not _uses_quotes(lines, dialect):
        unquoted = replace(dialect, quote="", escape="")
        plain = _parse_rows(path, unquoted, num_columns)
        if (num_plain := num_lines_left_out(path, plain)) <= num_left_out / 100:
            dialect, rows, num_left_out = unquoted, plain, num_plain
    rejects, heights = reject_table(), np.empty(0, np.int64)
    if num_left_out:
        rows, rejects, heights = _read_again(path, name, dialect, num_columns, num_left_out)
    if num_columns == 1:  # blank lines are rows, but not above and below everything else
        above, below = num_blank_at_edges(*find_blank_lines(path))
        rows = rows.slice(above, rows.num_rows - above - below)
    return Parsed(dialect=dialect, rows=rows, rejects=rejects, reject_heights=heights)


@contextmanager
def locked_connection(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory that can reach `folder` and nothing else."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET allowed_directories = [$folder]", {"folder": str(folder)})
        connection.execute("SET temp_directory = $folder", {"folder": str(folder)})
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection


def _check_marks(delimiter: str | None, quote: str | None) -> None:
    if delimiter is not None and (len(delimiter) != 1 or not _is_usable(delimiter)):
        raise DataError(
            f"{quoted(delimiter)} cannot be the delimiter.", "Use one character: , or ; or | or a tab."
        )
    if quote and (len(quote) != 1 or not (quote.isascii() and _is_usable(quote)) or quote == delimiter):
        raise DataError(f"{quoted(quote)} cannot be the quote character.", "Use \" or ', or leave it empty.")


def _is_usable(mark: str) -> bool:
    """Whether a character can divide fields: no line end, zero or half of a pair."""
    return mark not in {"\r", "\n", "\0"} and not "\ud800" <= mark <= "\udfff"


def _parse_rows(path: Path, dialect: Dialect, num_columns: int) -> pa.Table:
    """Let DuckDB read every line that it can, the first too, as a row of `num_columns` texts."""
    with locked_connection(path.parent) as connection:
        try:
            return _spool(_scan(connection, path, dialect, num_columns, "ignore_errors"), path)
        except duckdb.Error as error:
            reason = f" ({str(error).splitlines()[0]})"
            raise _other_rows("The file", num_columns, dialect, reason) from None


def _other_rows(what: str, num_columns: int, dialect: Dialect, reason: str = "") -> DataError:
    return DataError(
        f"{what} cannot be read as rows of {num_columns} fields divided by"
        f" {quoted(dialect.delimiter)}{reason}.",
        "Choose the right delimiter and quote, or save the file again as CSV.",
    )


def _scan(
    connection: duckdb.DuckDBPyConnection, path: Path, dialect: Dialect, num_columns: int, on_error: str
) -> duckdb.DuckDBPyRelation:
    names = [f"column_{position}" for position in range(1, num_columns + 1)]
    kept = ", ".join(f"coalesce({name}, '') AS {name}" for name in names)  # an empty field reads as null
    types = ", ".join(f"{name}: 'VARCHAR'" for name in names)
    query = (
        f"SELECT {kept} FROM read_csv($path, auto_detect = false, all_varchar = true, header = false,"  # noqa: S608
        f" columns = {{{types}}}, delim = $delimiter, quote = $quote, escape = $escape,"
        rf" new_line = '\n', max_line_size = {MAX_LINE_BYTES}, buffer_size = {2 * MAX_LINE_BYTES},"
        f" {on_error} = true)"
    )
    marks = {"delimiter": dialect.delimiter, "quote": dialect.quote, "escape": dialect.escape}
    return connection.sql(query, params={"path": str(path), **marks})


def _spool(rows: duckdb.DuckDBPyRelation, path: Path) -> pa.Table:
    """Put rows on disk, beside the file that they come from, and map them."""
    reader = rows.to_arrow_reader(_BATCH_ROWS)
    return spooled(chain([reader.schema.empty_table()], reader), path.with_name(f"{uuid4().hex}.arrow"))


def _read_again(
    path: Path, name: str, dialect: Dialect, num_columns: int, num_left_out: int
) -> tuple[pa.Table, pa.Table, npt.NDArray[np.int64]]:
    """Read the file once more, slower, to tell what was left out, and refuse it if that is too much.

    DuckDB's fast scan may leave out many good rows after one with a stray quote; this one does not.
    """
    if num_left_out > MAX_LEFT_OUT:
        raise _other_rows(f"{num_left_out:,} lines of {quoted(name)}", num_columns, dialect)
    with locked_connection(path.parent) as connection:
        # All has to be read before it is told what cannot be.
        rows = _spool(_scan(connection, path, dialect, num_columns, "store_rejects"), path)
        connection.execute(
            "CREATE TEMP TABLE rejected AS SELECT line_byte_position::BIGINT - 1 AS start,"
            " any_value(regexp_replace(error_message, 'Expected Number of Columns: (\\d+) Found: (\\d+)',"
            " '\\2 instead of \\1 fields')) AS reason, any_value(csv_line) AS text"
            " FROM reject_errors GROUP BY start"
        )
        [(num_bytes,)] = connection.execute("SELECT coalesce(sum(strlen(text)), 0) FROM rejected").fetchall()
        found = connection.sql(
            # Blank lines before a row are counted to it.
            "SELECT start, length(text) - length(ltrim(text, chr(10))) AS num_blank,"
            " length(text) - length(replace(text, chr(10), '')) + 1 - num_blank AS height,"
            " rtrim(reason, '.') || '.' AS reason, left(ltrim(text, chr(10)), $chars) AS text"
            " FROM rejected ORDER BY start",
            params={"chars": REJECT_CHARS},
        ).to_arrow_table()
    # DuckDB's own line numbers skip newlines inside fields.
    lines = line_numbers(path, found["start"].to_numpy()) + found["num_blank"].to_numpy()
    rejects = pa.table([pa.array(lines), found["reason"], found["text"]], schema=REJECT_SCHEMA)
    _check_rejects(rejects, num_bytes, rows, name, path)
    return rows, rejects, found["height"].to_numpy().astype(np.int64)


def _check_rejects(rejects: pa.Table, num_bytes: int, rows: pa.Table, name: str, path: Path) -> None:
    """Refuse a file of which more than half, in rows or in bytes, would be left out."""
    if rejects.num_rows <= rows.num_rows and num_bytes <= path.stat().st_size / 2:
        return
    first = reject_at(rejects, 0)
    raise DataError(
        f"Most of {quoted(name)} cannot be read as rows of {rows.num_columns} fields: {rejects.num_rows:,}"
        f" failed, the first on line {first.line:,}. {first.reason}",
        "Check the quotes around that line, or choose another delimiter or quote.",
    )


def _refuse_packed_rows(rows: Sequence[Sequence[str]], name: str) -> None:
    """Refuse a comma-separated file that a spreadsheet with another list separator opened and saved."""
    packed = [row[0] for row in rows if not any(cell.strip() for cell in row[1:])]
    if len(packed) < 0.5 * len(rows):
        return
    commas = Dialect(delimiter=",", quote='"', escape='"')
    widths = Counter(len(fields) for cell in packed for fields in parse(cell.split("\n"), commas))
    [(num_columns, count)] = widths.most_common(1) or [(0, 0)]
    if num_columns > 1 and '"' in "".join(packed) and count >= 0.9 * len(packed):
        raise DataError(
            f"Each row of {quoted(name)} is packed into one cell. This happens when a spreadsheet opens a"
            " comma-separated file by double click and saves it.",
            "Use the original file, or import it into the spreadsheet as text divided by commas and save it"
            " again.",
        )
