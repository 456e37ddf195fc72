"""Tables as CSV that a spreadsheet opens with the right characters, and without running anything in them."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


BYTE_ORDER_MARK = "\ufeff".encode()
"""Begins a CSV file: without it Excel takes UTF-8 for the machine's old encoding and shows StraÃŸe."""


def csv_file(rows: Iterable[Sequence[str]]) -> bytes:
    """Write rows, whose cells are already harmless, as a whole CSV file."""
    return BYTE_ORDER_MARK + as_csv(rows)


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Write rows, whose cells are already harmless, as a part of a CSV file in UTF-8."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def harmless(value: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula (OWASP, CSV injection).

    Plain numbers stay as they are.
    """
    if value.startswith(FORMULA_STARTS) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value
