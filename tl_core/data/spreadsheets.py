"""Tables as CSV that a spreadsheet opens without running anything in them."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Write rows, whose cells are already harmless, as UTF-8 CSV."""
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
