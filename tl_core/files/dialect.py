"""How the fields of a file are divided: DuckDB's sniffer, checked on a sample by the width of its rows."""

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from tl_core.files.limits import MAX_COLUMNS

DELIMITERS = (",", ";", "\t", "|")
DEFAULT_QUOTE = '"'

# The longest field that the csv module accepts by default, so that no row of the sample can be too long.
_SAMPLE_CHARS = 131_072


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


def find_dialect(
    connection: duckdb.DuckDBPyConnection, path: Path, *, delimiter: str | None, quote: str | None
) -> Dialect:
    """Choose the dialect in which the sample's rows are most alike.

    Of equals a tab wins, because texts hold commas and semicolons but hardly ever tabs, then the sniffer.

    Parameters
    ----------
    connection
        May read `path`.
    path
        UTF-8 with LF line ends.
    delimiter, quote
        What the person chose; None to find it.
    """
    lines = sample_lines(path)
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
    return max(candidates, key=lambda dialect: (_evenness(lines, dialect), dialect.delimiter == "\t"))


def sample_lines(path: Path) -> list[str]:
    """Return the first lines of a file, without one that the sample's end cuts."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = file.read(_SAMPLE_CHARS).split("\n")
        is_whole = not file.read(1)
    return lines if is_whole or len(lines) == 1 else lines[:-1]


def width(lines: Iterable[str], dialect: Dialect) -> int:
    """Return the most frequent number of fields of a row, 0 without rows."""
    return max(_widths(lines, dialect).items(), key=lambda item: (item[1], item[0]), default=(0, 0))[0]


def uses_quotes(lines: Iterable[str], dialect: Dialect) -> bool:
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
