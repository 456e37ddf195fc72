"""Binary Excel workbooks (``.xlsb``) written by hand: BIFF12 records in a zip archive.

Records, as in [MS-XLSB] section 2.1.4, are a type, a size of seven bits a byte, and the content.
"""

import struct
from collections.abc import Sequence

from tests.files.workbooks import LINKS, PACKAGE, packed

_ROW, _REAL, _TEXT = b"\x00", b"\x05", b"\x06"
_SHEET_NAME = b"\x9c\x01"


def xlsb(rows: Sequence[Sequence[str | float]], sheet: str = "First") -> bytes:
    """Return a binary workbook with one sheet."""
    book = _part(b"\x83\x01", _part(b"\x8f\x01", _sheet_name(sheet), b"\x90\x01"), b"\x84\x01")
    data = _part(b"\x91\x01", b"".join(_row(number, row) for number, row in enumerate(rows)), b"\x92\x01")
    size = _record(b"\x94\x01", struct.pack("<4I", 0, len(rows) - 1, 0, len(rows[0]) - 1))
    links = f"<Relationships xmlns='{PACKAGE}'><Relationship Id='{{}}' Target='{{}}' Type='{LINKS}/{{}}'/>"
    return packed(
        {
            "[Content_Types].xml": "<Types xmlns='http://schemas.openxmlformats.org/package/2006/"
            "content-types'><Default Extension='bin' ContentType="
            "'application/vnd.ms-excel.sheet.binary.macroEnabled.main'/></Types>",
            "_rels/.rels": links.format("r", "xl/workbook.bin", "officeDocument") + "</Relationships>",
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": links.format("s", "worksheets/sheet1.bin", "worksheet")
            + "</Relationships>",
            "xl/worksheets/sheet1.bin": _part(b"\x81\x01", size + data, b"\x82\x01"),
        }
    )


def _part(begin: bytes, content: bytes, end: bytes) -> bytes:
    return _record(begin) + content + _record(end)


def _record(kind: bytes, content: bytes = b"") -> bytes:
    low, high = len(content) & 0x7F, len(content) >> 7
    return kind + (bytes([low | 0x80, high]) if high else bytes([low])) + content


def _text(text: str) -> bytes:
    raw = text.encode("utf-16-le")
    return struct.pack("<I", len(raw) // 2) + raw


def _sheet_name(name: str) -> bytes:
    return _record(_SHEET_NAME, struct.pack("<II", 0, 1) + _text("s") + _text(name))


def _row(number: int, cells: Sequence[str | float]) -> bytes:
    head = struct.pack("<IIHHBI", number, 0, 300, 0, 0, 1) + struct.pack("<II", 0, len(cells) - 1)
    return _record(_ROW, head) + b"".join(_cell(place, cell) for place, cell in enumerate(cells))


def _cell(place: int, cell: str | float) -> bytes:
    where = struct.pack("<II", place, 0)
    if isinstance(cell, str):
        return _record(_TEXT, where + _text(cell))
    return _record(_REAL, where + struct.pack("<d", cell))
