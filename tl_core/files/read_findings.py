"""What was lost of a file while it was read."""

from collections.abc import Iterator
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from tl_core.files.excerpts import MAX_EXAMPLES, shorten
from tl_core.files.reading import Table
from tl_core.files.rejects import Reject, reject_at
from tl_core.schema import Finding


def reading_findings(table: Table) -> Iterator[Finding]:
    """Yield what is worth knowing about how a file was read: lines and bytes that are not in the table."""
    if table.num_rejects:
        first = table.first_reject
        yield Finding(
            code="rejected_rows",
            severity="warning",
            message=f"Lines that could not be read as rows: {table.num_rejects:,}, the first on line"
            f" {first.line} ({first.reason.rstrip('.')}). They are left out.",
            count=table.num_rejects,
            examples=tuple(_reject(reject_at(table.rejects, at)) for at in range(_num_shown(table))),
            remedy="Mend these lines in the file, or read it with another delimiter or quote.",
        )
    if table.num_nul_bytes:
        yield Finding(
            code="nul_bytes",
            severity="info",
            message=f"Zero bytes in the file: {table.num_nul_bytes:,}. They are left out.",
            count=table.num_nul_bytes,
            remedy="Save the file again as UTF-8 with the program that made it, if texts look wrong.",
        )
    if table.num_replaced_bytes:
        yield Finding(
            code="broken_bytes",
            severity="warning",
            message=f"Bytes that are no text in the encoding {table.decisions.encoding}:"
            f" {table.num_replaced_bytes:,}. A replacement character (\N{REPLACEMENT CHARACTER}) stands for"
            " each.",
            count=table.num_replaced_bytes,
            examples=tuple(_with_replacements(table)),
            remedy="Name another encoding if letters look wrong, or save the file as UTF-8 with the program"
            " that made it.",
        )


def _num_shown(table: Table) -> int:
    return min(table.num_rejects, MAX_EXAMPLES)


def _reject(reject: Reject) -> str:
    return f"Line {reject.line:,}: {shorten(reject.text)}"


def _with_replacements(table: Table) -> Iterator[str]:
    """Yield the first cells of each column in which a character was replaced, five in all."""
    cells = (cell for column in table.columns.columns for cell in _first_cells(column))
    for cell in islice(cells, MAX_EXAMPLES):
        yield shorten(cell, cell.index("\N{REPLACEMENT CHARACTER}"))


def _first_cells(column: pa.ChunkedArray) -> list[str]:
    is_damaged = pc.match_substring(column, "\N{REPLACEMENT CHARACTER}")
    places = pc.indices_nonzero(is_damaged).slice(0, MAX_EXAMPLES)
    cells: list[str] = column.take(places).to_pylist()
    return cells
