"""Excel and OpenDocument workbooks written by hand, part by part, for tests."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from tl_core.files.formats import OLD_OFFICE

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"

DATE = "date:"
"""Begins a number that is shown as a date."""

Cells = Sequence[Sequence[str | float | bool | None]]


def xlsx(sheets: Mapping[str, Cells], hidden: Sequence[str] = (), extra_rows: str = "") -> bytes:
    """Return an Excel workbook. A text with `DATE` before it is a date, one with ``#`` before it an error."""
    names = list(sheets)
    parts = {
        "[Content_Types].xml": "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>",
        "_rels/.rels": f"<Relationships xmlns='{PACKAGE}'><Relationship Id='r' Target='xl/workbook.xml'"
        f" Type='{LINKS}/officeDocument'/></Relationships>",
        "xl/workbook.xml": f"<workbook xmlns='{MAIN}' xmlns:r='{LINKS}'><sheets>"
        + "".join(
            f"<sheet name={quoteattr(name)} sheetId='{i}' r:id='s{i}' state='{_state(name in hidden)}'/>"
            for i, name in enumerate(names, start=1)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships xmlns='{PACKAGE}'>"
        + "".join(
            f"<Relationship Id='s{i}' Target='worksheets/sheet{i}.xml' Type='{LINKS}/worksheet'/>"
            for i in range(1, len(names) + 1)
        )
        + f"<Relationship Id='t' Target='styles.xml' Type='{LINKS}/styles'/></Relationships>",
        "xl/styles.xml": f"<styleSheet xmlns='{MAIN}'><cellXfs count='2'><xf numFmtId='0'/>"
        "<xf numFmtId='14'/></cellXfs></styleSheet>",
    }
    for i, name in enumerate(names, start=1):
        parts[f"xl/worksheets/sheet{i}.xml"] = _sheet(sheets[name], extra_rows)
    return packed(parts)


def with_macros(workbook: bytes) -> bytes:
    """Return an Excel workbook as ``.xlsm``: it says that it has macros, and brings a part with some."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    parts["[Content_Types].xml"] = (
        "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'><Override PartName="
        "'/xl/workbook.xml' ContentType='application/vnd.ms-excel.sheet.macroEnabled.main+xml'/></Types>"
    )
    parts["xl/vbaProject.bin"] = OLD_OFFICE + bytes(504)
    return packed(parts)


def ods(rows: Sequence[Sequence[str]]) -> bytes:
    """Return an OpenDocument workbook with one sheet of texts."""
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    table = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
    text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    cell = "<table:table-cell office:value-type='string'><text:p>{}</text:p></table:table-cell>"
    body = "".join(
        f"<table:table-row>{''.join(cell.format(escape(one)) for one in row)}</table:table-row>"
        for row in rows
    )
    return packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": "<manifest:manifest xmlns:manifest="
            "'urn:oasis:names:tc:opendocument:xmlns:manifest:1.0'/>",
            "content.xml": f"<office:document-content xmlns:office='{office}' xmlns:table='{table}'"
            f" xmlns:text='{text}'><office:body><office:spreadsheet><table:table table:name='First'>{body}"
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        }
    )


def old_office(streams: Sequence[str]) -> bytes:
    """Return the container of old Office documents, with two streams of these names and nothing in them."""
    free, end = 0xFFFFFFFF, 0xFFFFFFFE
    header = OLD_OFFICE + bytes(16) + struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<9I", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<I", 0)
    table = struct.pack("<II", free - 2, end)
    first, second = (_entry(name, 2, right) for name, right in zip(streams, (2, free), strict=True))
    entries = _entry("Root Entry", 5, free, child=1) + first + second
    return header.ljust(512, b"\xff") + table.ljust(512, b"\xff") + entries.ljust(512, b"\0")


def _entry(name: str, kind: int, right: int, child: int = 0xFFFFFFFF) -> bytes:
    raw = f"{name}\0".encode("utf-16-le")
    links = struct.pack("<HBBIII", len(raw), kind, 1, 0xFFFFFFFF, right, child)
    return raw.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", 0xFFFFFFFE, 0)


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    """Return a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _sheet(rows: Cells, lines_after: str) -> str:
    lines = ""
    for number, row in enumerate(rows, start=1):
        cells = (_cell(cell, f"{chr(ord('A') + place)}{number}") for place, cell in enumerate(row))
        lines += f"<row r='{number}'>{''.join(cells)}</row>"
    return f"<worksheet xmlns='{MAIN}'><sheetData>{lines}{lines_after}</sheetData></worksheet>"


def _state(is_hidden: bool) -> str:
    return "hidden" if is_hidden else "visible"


def _cell(cell: str | float | bool | None, place: str) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return f"<c r='{place}' t='b'><v>{int(cell)}</v></c>"
        case str() if cell.startswith(DATE):
            return f"<c r='{place}' s='1'><v>{cell.removeprefix(DATE)}</v></c>"
        case str() if cell.startswith("#"):
            return f"<c r='{place}' t='e'><v>{cell}</v></c>"
        case str():
            return f"<c r='{place}' t='inlineStr'><is><t xml:space='preserve'>{escape(cell)}</t></is></c>"
        case _:
            return f"<c r='{place}'><v>{cell!r}</v></c>"
