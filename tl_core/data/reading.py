"""Bytes to a table of texts: every column a string, every line kept or accounted for."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import duckdb
import pyarrow as pa

from tl_core.data.decoding import copy_as_utf8
from tl_core.data.dialect import Dialect, find_dialect, parse, sample_lines, uses_quotes, width
from tl_core.data.headers import column_names, has_header_row
from tl_core.errors import DataError
from tl_core.schema import ReadDecisions

MAX_COLUMNS = 2_000
KEPT_REJECTS = 1_000
REJECT_CHARS = 200


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
        Its first 200 characters as they stand in the file.
    """

    line: int
    reason: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """What a file holds, as texts.

    Attributes
    ----------
    columns
        String columns without nulls, ``(num_rows, num_columns)``; names are distinct and not empty.
    decisions
        How the file was read.
    rejects
        The first 1,000 rejected lines.
    num_rejects
        Number of all rejected lines.
    """

    columns: pa.Table
    decisions: ReadDecisions
    rejects: tuple[Reject, ...] = ()
    num_rejects: int = 0

    @property
    def num_rows(self) -> int:
        """Number of rows, without header and rejects."""
        return int(self.columns.num_rows)


@dataclass(frozen=True, kw_only=True)
class _Parsed:
    """One reading of a file; `rows` still holds the header row, if there is one."""

    rows: pa.Table
    rejects: tuple[Reject, ...]
    num_rejects: int
    num_rejected_bytes: int


def read_table(
    path: Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    quote: str | None = None,
    has_header: bool | None = None,
    min_columns: int = 2,
) -> Table:
    """Read a delimited text file. What is None is found out and told in the table's `decisions`.

    Parameters
    ----------
    path
        The file; it is only read.
    encoding
        Name of an encoding that Python knows.
    delimiter
        The character between fields.
    quote
        The character around fields, empty for none.
    has_header
        Whether the first row names the columns.
    min_columns
        1 accepts a file of texts alone.

    Raises
    ------
    NotFoundError
        If there is no such file.
    DataError
        If the file holds no table with a row and enough columns, or most of it cannot be read.
    """
    _check_marks(delimiter, quote)
    with tempfile.TemporaryDirectory(prefix="tl-read-") as folder:
        # DuckDB takes paths for patterns and may open files of this folder only.
        copy = Path(folder) / "table.csv"
        encoding = copy_as_utf8(path, copy, encoding)
        dialect, parsed = _parse_file(copy, path.name, delimiter, quote, min_columns)
        _check_rejects(parsed, path.name, copy.stat().st_size)
    if has_header is None:
        has_header = has_header_row(parsed.rows)
    decisions = ReadDecisions(
        encoding=encoding, delimiter=dialect.delimiter, quote=dialect.quote, has_header=has_header
    )
    return Table(
        columns=_name_columns(parsed.rows, has_header, path.name),
        decisions=decisions,
        rejects=parsed.rejects,
        num_rejects=parsed.num_rejects,
    )


def _check_marks(delimiter: str | None, quote: str | None) -> None:
    if delimiter is not None and (len(delimiter) != 1 or delimiter in "\r\n\0"):
        raise DataError(
            f"Expected one character as delimiter; got {delimiter!r}.", "Use , or ; or | or a tab."
        )
    if quote is not None and (len(quote) > 1 or quote in {"\r", "\n", "\0"} or quote == delimiter):
        raise DataError(
            f"Expected one character as quote, or none; got {quote!r}.", "Use \" or ', or leave it empty."
        )


def _parse_file(
    path: Path, name: str, delimiter: str | None, quote: str | None, min_columns: int
) -> tuple[Dialect, _Parsed]:
    lines = sample_lines(path)
    if not any(line.strip() for line in lines):
        raise DataError(f"Expected a table; '{name}' holds only blank lines.", "Save or download it again.")
    with _locked_connection(path.parent) as connection:
        dialect = find_dialect(connection, path, delimiter=delimiter, quote=quote)
    num_columns = width(lines, dialect)
    _refuse_packed_rows(parse(lines, dialect), name)
    _check_num_columns(num_columns, min_columns, name)
    parsed = _parse_rows(path, dialect, num_columns)
    if parsed.num_rejects == 0 or quote is not None or uses_quotes(lines, dialect):
        return dialect, parsed
    unquoted = replace(dialect, quote="", escape="")
    plain = _parse_rows(path, unquoted, num_columns)
    return (unquoted, plain) if plain.num_rejects < parsed.num_rejects else (dialect, parsed)


@contextmanager
def _locked_connection(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory that can reach `folder` and nothing else."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET allowed_directories = [$folder]", {"folder": str(folder)})
        connection.execute("SET temp_directory = $folder", {"folder": str(folder)})
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection


def _parse_rows(path: Path, dialect: Dialect, num_columns: int) -> _Parsed:
    """Let DuckDB read every line, the first too, as a row of `num_columns` texts."""
    names = [f"column_{position}" for position in range(1, num_columns + 1)]
    kept = ", ".join(f"coalesce({name}, '') AS {name}" for name in names)  # an empty field reads as null
    types = ", ".join(f"{name}: 'VARCHAR'" for name in names)
    query = (
        f"SELECT {kept} FROM read_csv($path, auto_detect = false, all_varchar = true, header = false,"  # noqa: S608
        f" columns = {{{types}}}, delim = $delimiter, quote = $quote, escape = $escape,"
        r" new_line = '\n', store_rejects = true)"
    )
    marks = {"delimiter": dialect.delimiter, "quote": dialect.quote, "escape": dialect.escape}
    with _locked_connection(path.parent) as connection:
        try:
            rows = connection.sql(query, params={"path": str(path), **marks}).to_arrow_table()
        except duckdb.Error as error:
            raise DataError(
                f"Expected rows of {num_columns} fields divided by {dialect.delimiter!r}; the file cannot be"
                f" parsed so ({str(error).splitlines()[0]})",
                "Name the right delimiter and quote, or save the file again as CSV.",
            ) from None
        return _with_rejects(rows, connection, path)


def _with_rejects(rows: pa.Table, connection: duckdb.DuckDBPyConnection, path: Path) -> _Parsed:
    connection.execute(
        "CREATE TEMP TABLE rejected AS SELECT line_byte_position - 1 AS start, any_value(error_message)"
        " AS reason, any_value(csv_line) AS text FROM reject_errors GROUP BY start"
    )
    count_query = "SELECT count(*), coalesce(sum(strlen(text)), 0) FROM rejected"
    [(num_rejects, num_bytes)] = connection.execute(count_query).fetchall()
    first = connection.execute(
        "SELECT start, reason, text FROM rejected ORDER BY start LIMIT $limit", {"limit": KEPT_REJECTS}
    ).fetchall()
    lines = _line_numbers(path, [start for start, _, _ in first])
    return _Parsed(
        rows=rows,
        rejects=tuple(
            _reject(line, reason, text) for line, (_, reason, text) in zip(lines, first, strict=True)
        ),
        num_rejects=num_rejects,
        num_rejected_bytes=int(num_bytes),
    )


def _line_numbers(path: Path, positions: Sequence[int]) -> list[int]:
    """Return the line, from 1, of each byte position; DuckDB's own count skips newlines inside fields."""
    lines, line = [], 1
    with path.open("rb") as file:
        for start, end in pairwise([0, *positions]):
            line += file.read(end - start).count(b"\n")
            lines.append(line)
    return lines


def _reject(line: int, reason: str, raw: str) -> Reject:
    text = raw.lstrip("\n")  # blank lines before the row are counted to it
    return Reject(line=line + len(raw) - len(text), reason=f"{reason.rstrip('.')}.", text=text[:REJECT_CHARS])


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
            f"Expected each field in a cell of its own; in '{name}' whole rows are packed into one cell, as"
            " happens when a spreadsheet opens a comma-separated file by double click and saves it.",
            "Use the file as it was before, or import it in the spreadsheet as text with a comma as the"
            " delimiter and save it again.",
        )


def _check_num_columns(num_columns: int, min_columns: int, name: str) -> None:
    if num_columns < min_columns:
        raise DataError(
            f"Expected at least two columns, a text and a label; '{name}' has one.",
            "Add the labels as a second column; if there are two, name the delimiter between them.",
        )
    if num_columns > MAX_COLUMNS:
        raise DataError(
            f"Expected at most {MAX_COLUMNS:,} columns; '{name}' has {num_columns:,}.",
            "Keep the columns with the text and the label; if there are fewer, name the right delimiter.",
        )


def _check_rejects(parsed: _Parsed, name: str, size: int) -> None:
    """Refuse a file of which more than half, in rows or in bytes, would be left out."""
    if parsed.num_rejects <= parsed.rows.num_rows and parsed.num_rejected_bytes <= size / 2:
        return
    first = parsed.rejects[0]
    raise DataError(
        f"Expected rows of {parsed.rows.num_columns} fields; most of '{name}' has other rows"
        f" ({parsed.num_rejects:,} rejected, the first on line {first.line}: {first.reason})",
        "Check the quotes around that line, or name the right delimiter and quote.",
    )


def _name_columns(rows: pa.Table, has_header: bool, name: str) -> pa.Table:
    cells = [column[0].as_py() if has_header else "" for column in rows.columns]
    columns = rows.slice(1) if has_header else rows
    if columns.num_rows == 0:
        raise DataError(
            f"Expected rows below the header; '{name}' has no rows.",
            "Add examples, or say that the file has no header if the first line is one.",
        )
    return columns.rename_columns(column_names(cells))
