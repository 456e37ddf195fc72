"""Fields divided by a character: from UTF-8 text to rows, with every line kept or rejected."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa

from tl_core.data.bounds import check_num_columns
from tl_core.data.decoding import MAX_LINE_BYTES
from tl_core.data.dialect import Dialect, find_dialect, parse, sample_lines, uses_quotes, width
from tl_core.data.rejects import REJECT_CHARS, REJECT_SCHEMA, line_numbers, reject_at
from tl_core.errors import DataError

# A batch of Arrow strings holds 2 GiB at most, which texts of 200,000 characters do not reach with so many.
_BATCH_ROWS = 10_000


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """One reading of a file; `rows` still holds the header row, if there is one."""

    dialect: Dialect
    rows: pa.Table
    rejects: pa.Table
    num_rejected_bytes: int


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
    lines = sample_lines(path)
    if not any(line.strip() for line in lines):
        raise DataError(f"Expected a table; '{name}' holds only blank lines.", "Save or download it again.")
    with locked_connection(path.parent) as connection:
        dialect = find_dialect(connection, path, delimiter=delimiter, quote=quote)
    _refuse_packed_rows(parse(lines, dialect), name)
    num_columns = width(lines, dialect)
    check_num_columns(num_columns, min_columns, name)
    parsed = _parse_rows(path, dialect, num_columns)
    if parsed.rejects.num_rows and quote is None and not uses_quotes(lines, dialect):
        plain = _parse_rows(path, replace(dialect, quote="", escape=""), num_columns)
        parsed = min(parsed, plain, key=lambda one: one.rejects.num_rows)
    _check_rejects(parsed, name, path.stat().st_size)
    return parsed


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
            f"Expected one character as delimiter; got {delimiter!r}.", "Use , or ; or | or a tab."
        )
    if quote and (len(quote) != 1 or not (quote.isascii() and _is_usable(quote)) or quote == delimiter):
        raise DataError(
            f"Expected one character as quote, or none; got {quote!r}.", "Use \" or ', or leave it empty."
        )


def _is_usable(mark: str) -> bool:
    """Whether a character can divide fields: no line end, zero or half of a pair."""
    return mark not in {"\r", "\n", "\0"} and not "\ud800" <= mark <= "\udfff"


def _parse_rows(path: Path, dialect: Dialect, num_columns: int) -> Parsed:
    """Let DuckDB read every line, the first too, as a row of `num_columns` texts."""
    names = [f"column_{position}" for position in range(1, num_columns + 1)]
    kept = ", ".join(f"coalesce({name}, '') AS {name}" for name in names)  # an empty field reads as null
    types = ", ".join(f"{name}: 'VARCHAR'" for name in names)
    query = (
        f"SELECT {kept} FROM read_csv($path, auto_detect = false, all_varchar = true, header = false,"  # noqa: S608
        f" columns = {{{types}}}, delim = $delimiter, quote = $quote, escape = $escape,"
        rf" new_line = '\n', max_line_size = {MAX_LINE_BYTES}, buffer_size = {2 * MAX_LINE_BYTES},"
        " store_rejects = true, rejects_limit = 0)"
    )
    marks = {"delimiter": dialect.delimiter, "quote": dialect.quote, "escape": dialect.escape}
    with locked_connection(path.parent) as connection:
        try:
            rows = connection.sql(query, params={"path": str(path), **marks}).to_arrow_table(_BATCH_ROWS)
        except duckdb.Error as error:
            raise DataError(
                f"Expected rows of {num_columns} fields divided by {dialect.delimiter!r}; the file cannot be"
                f" parsed so ({str(error).splitlines()[0]})",
                "Name the right delimiter and quote, or save the file again as CSV.",
            ) from None
        return _with_rejects(rows, dialect, connection, path)


def _with_rejects(
    rows: pa.Table, dialect: Dialect, connection: duckdb.DuckDBPyConnection, path: Path
) -> Parsed:
    connection.execute(
        "CREATE TEMP TABLE rejected AS SELECT line_byte_position::BIGINT - 1 AS start,"
        " any_value(error_message) AS reason, any_value(csv_line) AS text FROM reject_errors GROUP BY start"
    )
    [(num_bytes,)] = connection.execute("SELECT coalesce(sum(strlen(text)), 0) FROM rejected").fetchall()
    found = connection.sql(
        # Blank lines before a row are counted to it.
        "SELECT start, length(text) - length(ltrim(text, chr(10))) AS num_blank,"
        " rtrim(reason, '.') || '.' AS reason, left(ltrim(text, chr(10)), $chars) AS text"
        " FROM rejected ORDER BY start",
        params={"chars": REJECT_CHARS},
    ).to_arrow_table()
    # DuckDB's own line numbers skip newlines inside fields.
    lines = line_numbers(path, found["start"].to_numpy()) + found["num_blank"].to_numpy()
    rejects = pa.table([pa.array(lines), found["reason"], found["text"]], schema=REJECT_SCHEMA)
    return Parsed(dialect=dialect, rows=rows, rejects=rejects, num_rejected_bytes=int(num_bytes))


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


def _check_rejects(parsed: Parsed, name: str, size: int) -> None:
    """Refuse a file of which more than half, in rows or in bytes, would be left out."""
    num_rejects = parsed.rejects.num_rows
    if num_rejects <= parsed.rows.num_rows and parsed.num_rejected_bytes <= size / 2:
        return
    first = reject_at(parsed.rejects, 0)
    raise DataError(
        f"Expected rows of {parsed.rows.num_columns} fields; most of '{name}' has other rows"
        f" ({num_rejects:,} rejected, the first on line {first.line}: {first.reason})",
        "Check the quotes around that line, or name the right delimiter and quote.",
    )
