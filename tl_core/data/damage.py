"""What was lost of a file while it was read."""

from collections.abc import Iterator

from tl_core.data.reading import Table
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
        )
    if table.num_nul_bytes:
        yield Finding(
            code="nul_bytes",
            severity="info",
            message=f"Zero bytes in the file: {table.num_nul_bytes:,}. They are left out.",
            count=table.num_nul_bytes,
        )
    if table.num_replaced_bytes:
        yield Finding(
            code="broken_bytes",
            severity="warning",
            message=f"Bytes that are no text in the encoding {table.decisions.encoding}:"
            f" {table.num_replaced_bytes:,}. A replacement character (\N{REPLACEMENT CHARACTER}) stands for"
            " each.",
            count=table.num_replaced_bytes,
            remedy="Name another encoding if letters look wrong, or save the file as UTF-8 with the program"
            " that made it.",
        )
