"""What the reader decided about a file, in one line."""

from collections.abc import Iterator

from tl_core.schema import FileFormat, ReadDecisions

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
