"""Sheets of Excel and OpenDocument workbooks to texts, as a person sees the cells."""

import mmap
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

import pyarrow as pa
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from tl_core.errors import DataError
from tl_core.files.formats import OLD_OFFICE, SAVE_AGAIN, check_num_columns
from tl_core.words import quoted, quoted_names

MAX_UNPACKED_BYTES = 2 << 30

_BATCH_ROWS = 4096
_EXACT = 2**53
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

Cell = int | float | str | bool | time | date | datetime | timedelta


def write_sheet_texts(
    path: Path, name: str, target: Path, sheet: str | None, *, keep_every_row: bool = False
) -> str:
    """Write a sheet's cells as texts, row by row, to an Arrow file; return the sheet's name.

    Rows without any text are left out, as are columns at the right in which nothing stands. Where every row
    is kept, only those above the first text and below the last are left out.

    Parameters
    ----------
    path
        The file, unpacked.
    name
        What the person calls it.
    target
        Has the columns in the same order, named by their position.
    sheet
        None for the first that is visible and not empty.

    Raises
    ------
    DataError
        If the workbook is damaged, encrypted or too large, or there is no such sheet.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            num_bytes = sum(member.file_size for member in archive.infolist())
        if num_bytes > MAX_UNPACKED_BYTES:
            raise DataError(
                f"{quoted(name)} unpacks to more than {MAX_UNPACKED_BYTES >> 30} GiB.",
                "Save the sheet as CSV (UTF-8), or keep only the columns with the text and the label.",
            )
    try:
        # From an open file, because of a path the ending would decide what it is.
        with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as workbook:
            found = _find_sheet(workbook, name, sheet)
            check_num_columns(found.width, 0, name)
            _write(found, target, keep_every_row)
            return str(found.name)
    except CalamineError as error:
        is_encrypted = isinstance(error, PasswordError)
        if not is_encrypted:  # it may be in the container that Excel puts an encrypted workbook into
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                is_container = content[: len(OLD_OFFICE)] == OLD_OFFICE
                is_encrypted = is_container and content.find(_ENCRYPTED) >= 0
        if is_encrypted:
            raise DataError(
                f"{quoted(name)} is encrypted.",
                "Remove the password in the spreadsheet program and save it again.",
            ) from None
        raise DataError(
            f"{quoted(name)} is damaged, or not an Excel or OpenDocument workbook ({error}).",
            "Open it in the spreadsheet program and save it again, as a workbook or as CSV (UTF-8).",
        ) from None


def cell_text(cell: Cell) -> str:
    """Return a cell as a person sees it: whole numbers without a point, dates and times as ISO 8601.

    >>> cell_text(3.0), cell_text(True), cell_text(datetime(2024, 1, 31))
    ('3', 'true', '2024-01-31')
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) <= _EXACT else repr(cell)
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _find_sheet(workbook: CalamineWorkbook, name: str, sheet: str | None) -> CalamineSheet:
    usual = [one for one in workbook.sheets_metadata if one.typ is SheetTypeEnum.WorkSheet]
    if sheet is not None and sheet not in [one.name for one in usual]:
        shown = quoted_names([one.name for one in usual], 10)
        raise DataError(f"{quoted(name)} has no sheet {quoted(sheet)}.", f"Choose one of: {shown}.")
    if sheet is not None:
        return workbook.get_sheet_by_name(sheet)
    for one in sorted(usual, key=lambda one: one.visible is not SheetVisibleEnum.Visible):
        found = workbook.get_sheet_by_name(one.name)
        if found.height and any(any(row) for row in _rows(found)):
            return found
    raise DataError(f"{quoted(name)} has no sheet with cells.", SAVE_AGAIN)


def _rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    return ([cell_text(cell) for cell in row] for row in sheet.iter_rows())


def _write(sheet: CalamineSheet, target: Path, keep_every_row: bool) -> None:
    width = max((_width(row) for row in _rows(sheet)), default=0)
    schema = pa.schema([(str(position), pa.string()) for position in range(width)])
    rows = _with_gaps(_rows(sheet)) if keep_every_row else (row for row in _rows(sheet) if _width(row))
    with pa.ipc.new_file(target, schema) as writer:
        while batch := list(islice(rows, _BATCH_ROWS)):
            columns = [pa.array(column, pa.string()) for column in islice(zip(*batch, strict=True), width)]
            writer.write(pa.record_batch(columns, schema=schema))


def _with_gaps(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """Yield the rows from the first with a text to the last, also the empty ones between them."""
    gaps: list[list[str]] | None = None
    for row in rows:
        if _width(row):
            yield from gaps or ()
            gaps = []
            yield row
        elif gaps is not None:
            gaps.append(row)


def _width(row: Sequence[str]) -> int:
    """Return the number of cells up to the last with a text."""
    return max((position for position, cell in enumerate(row, start=1) if cell.strip()), default=0)
