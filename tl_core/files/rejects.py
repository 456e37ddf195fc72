"""Pieces of a file that are no rows of its table: where they stand, what is wrong, how they read."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Any

import pyarrow as pa

from tl_core.files.safe_csv import csv_file, harmless

REJECT_CHARS = 10_000
REJECT_SCHEMA = pa.schema([("line", pa.int64()), ("reason", pa.string()), ("text", pa.string())])


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
