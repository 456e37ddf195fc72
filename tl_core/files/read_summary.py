"""What to say of a file that was read: what the reader decided, in one line, and what was lost."""

from collections.abc import Iterator
from itertools import islice

import pyarrow.compute as pc

from tl_core.files.excerpts import MAX_EXAMPLES, shorten
from tl_core.files.lines import reject_at
from tl_core.files.reading import Table
from tl_core.schema import FileFormat, Finding, ReadDecisions
from tl_core.words import plural

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars", " ": "spaces"}
QUOTES = {'"': "double quotes", "'": "single quotes", "": "no quotes"}


def how_read(decisions: ReadDecisions) -> str:
    """Say how a file was read.

    >>> how_read(ReadDecisions(encoding="utf-8", delimiter=",", quote="", has_header=False))
    'utf-8, fields divided by commas, no quotes, no header line'
    """
    return ", ".join(_parts(decisions))


def _parts(decisions: ReadDecisions) -> Iterator[str]:
    if decisions.compression:
        yield f"“{decisions.member}” from a zip archive" if decisions.member else decisions.compression
    if decisions.format is FileFormat.JSON_LINES:
        yield "JSON"
    if decisions.format is FileFormat.PARQUET:
        yield "Parquet"
    if decisions.format is FileFormat.FILES:
        yield "a file for each example"
    if decisions.format is FileFormat.EXCEL:
        yield f"workbook, sheet “{decisions.sheet}”"
    if decisions.encoding:
        yield decisions.encoding
    if decisions.format is FileFormat.DELIMITED:
        yield "fields divided by " + DELIMITERS.get(decisions.delimiter, f"“{decisions.delimiter}”")
        yield QUOTES.get(decisions.quote, f"quoted with {decisions.quote}")
    if decisions.format in (FileFormat.DELIMITED, FileFormat.EXCEL):
        line = "line" if decisions.format is FileFormat.DELIMITED else "row"
        yield f"first {line} is the header" if decisions.has_header else f"no header {line}"


def reading_findings(table: Table) -> Iterator[Finding]:
    """Yield what is worth knowing about how a file was read: lines and bytes that are not in the table."""
    yield from table.findings
    if table.num_rejects:
        first = table.first_reject
        shown = [reject_at(table.rejects, place) for place in range(min(table.num_rejects, MAX_EXAMPLES))]
        yield Finding(
            code="rejected_rows",
            severity="warning",
            message=f"{plural(table.num_rejects, 'line was', 'lines were')} left out as unreadable; the"
            f" first is line {first.line:,} ({first.reason.rstrip('.')}).",
            count=table.num_rejects,
            examples=tuple(f"Line {one.line:,}: {shorten(one.text)}" for one in shown),
            remedy="Fix these lines in the file, or choose another delimiter or quote.",
        )
    if table.num_nul_bytes:
        yield Finding(
            code="nul_bytes",
            severity="info",
            message=f"{plural(table.num_nul_bytes, 'zero byte was', 'zero bytes were')} left out.",
            count=table.num_nul_bytes,
            remedy="Save the file again as UTF-8 if texts look wrong.",
        )
    if table.num_replaced_bytes:
        yield Finding(
            code="broken_bytes",
            severity="warning",
            message=f"{plural(table.num_replaced_bytes, 'byte is', 'bytes are')} not"
            f" {table.decisions.encoding}, and"
            " replaced by \N{REPLACEMENT CHARACTER}.",
            count=table.num_replaced_bytes,
            examples=tuple(islice(_with_replacements(table), MAX_EXAMPLES)),
            remedy="Choose another encoding if letters look wrong, or save the file again as UTF-8.",
        )


def _with_replacements(table: Table) -> Iterator[str]:
    """Yield the first cells of each column in which a character was replaced."""
    for column in table.columns.columns:
        is_damaged = pc.match_substring(column, "\N{REPLACEMENT CHARACTER}")
        places = pc.indices_nonzero(is_damaged).slice(0, MAX_EXAMPLES)
        for cell in column.take(places).to_pylist():
            yield shorten(cell, cell.index("\N{REPLACEMENT CHARACTER}"))
