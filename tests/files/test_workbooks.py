from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from tests.files.binary_workbooks import xlsb
from tests.files.workbooks import DATE, ods, old_office, packed, with_macros, xlsx
from tl_core.errors import DataError
from tl_core.files import sandbox
from tl_core.files.reading import Table, read_table
from tl_core.files.workbooks import Cell, cell_text
from tl_core.schema import FileFormat, ReadDecisions

Read = Callable[..., Table]

ROWS = [["text", "label"], ["fine", 1.0], [None, None], ["bad\nfilm", 2.0]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write_and_read(content: bytes, **options: object) -> Table:
        path = tmp_path / "upload"
        path.write_bytes(content)
        return read_table(path, name="mine.xlsx", **options)

    return write_and_read


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("001", "001"),
        (3.0, "3"),
        (-0.5, "-0.5"),
        (1e300, "1e+300"),
        (True, "true"),
        (date(2024, 1, 31), "2024-01-31"),
        (datetime(2024, 1, 31), "2024-01-31"),
        (datetime(2024, 1, 31, 13, 5), "2024-01-31T13:05:00"),
        (time(13, 5), "13:05:00"),
        (timedelta(hours=30), "1 day, 6:00:00"),
    ],
)
def test_cells_are_texts_as_a_person_sees_them(cell: Cell, text: str) -> None:
    assert cell_text(cell) == text


def test_first_visible_sheet_with_cells_is_read(read: Read) -> None:
    sheets = {"notes": [["other", "things"], ["a", "b"]], "empty": [], "reviews": ROWS}
    table = read(xlsx(sheets, hidden=["notes"]))
    assert table.columns.to_pydict() == {"text": ["fine", "bad\nfilm"], "label": ["1", "2"]}
    assert table.decisions == ReadDecisions(
        encoding="", delimiter="", quote="", has_header=True, format=FileFormat.EXCEL, sheet="reviews"
    )
    named = read(xlsx(sheets, hidden=["notes"]), sheet="notes")
    assert named.columns.to_pydict() == {"other": ["a"], "things": ["b"]}


def test_booleans_dates_and_errors_are_read(read: Read) -> None:
    rows = [["text", "label", "day"], ["a", True, DATE + "45322"], ["b", "#N/A", DATE + "45322.5"]]
    columns = read(xlsx({"s": rows})).columns
    assert columns["label"].to_pylist() == ["true", ""]
    assert columns["day"].to_pylist() == ["2024-01-31", "2024-01-31T12:00:00"]


def test_first_row_is_judged_and_the_choice_respected(read: Read) -> None:
    rows = [["pos", "a film that I liked"], ["neg", "a bad one"], ["pos", "well made"]]
    assert read(xlsx({"s": rows})).num_rows == 3
    table = read(xlsx({"s": rows}), has_header=True)
    assert (table.num_rows, table.decisions.has_header) == (2, True)


def test_empty_columns_at_the_right_are_left_out(read: Read) -> None:
    rows = [["text", "label", "", " "], ["fine", "a", None, ""], ["bad", "b"]]
    assert read(xlsx({"s": rows})).columns.column_names == ["text", "label"]


def test_opendocument_is_read(read: Read) -> None:
    table = read(ods([["text", "label"], ["Größe & <Maß>", "x"], ["b", "y"]]))
    assert table.columns.to_pylist()[0] == {"text": "Größe & <Maß>", "label": "x"}


def test_workbooks_with_macros_and_binary_ones_are_read_alike(read: Read) -> None:
    rows: list[list[str | float]] = [["text", "label"], ["Größe <b>", 1.0], ["bad\nfilm " * 20, 2.5]]
    expected = {"text": [str(row[0]) for row in rows[1:]], "label": ["1", "2.5"]}
    for content in (with_macros(xlsx({"First": rows})), xlsb(rows)):
        table = read(content)
        assert table.columns.to_pydict() == expected
        assert (table.decisions.format, table.decisions.sheet) == (FileFormat.EXCEL, "First")


def test_ending_decides_nothing(tmp_path: Path) -> None:
    path = tmp_path / "table.xls"
    path.write_bytes(xlsx({"s": ROWS}))
    assert read_table(path).num_rows == 2


BAD = {
    "no cells": (xlsx({"s": []}), "no sheet with cells"),
    "header only": (xlsx({"s": ROWS[:1]}), "has no rows"),
    "one column": (xlsx({"s": [["text"], ["a"], ["b"]]}), "has only one column"),
    "no sheets": (packed({"[Content_Types].xml": "<a/>", "xl/workbook.xml": "<workbook/>"}), "mine.xlsx"),
    "damaged XML": (packed({"[Content_Types].xml": "<a/>", "xl/workbook.xml": "<work"}), "mine.xlsx"),
    "cut": (xlsx({"s": ROWS})[:-40], "damaged, cut off"),
    "binary, one column": (xlsb([["text"], ["a"], ["b"]]), "has only one column"),
    "encrypted": (old_office(["EncryptionInfo", "EncryptedPackage"]), "is encrypted"),
    "old Word document": (old_office(["WordDocument", "1Table"]), "or not an Excel or OpenDocument"),
    "old Office, cut": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "damaged"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_workbook_is_refused_with_a_remedy(read: Read, kind: str) -> None:
    content, message = BAD[kind]
    with pytest.raises(DataError, match=message) as caught:
        read(content)
    assert caught.value.remedy


def test_unknown_sheet_is_refused_with_the_names(read: Read) -> None:
    with pytest.raises(DataError, match="no sheet “z”") as caught:
        read(xlsx({"a": ROWS, "b": ROWS}), sheet="z")
    assert "“a”, “b”" in caught.value.remedy


def test_two_cells_at_the_ends_of_a_sheet_do_not_take_the_memory(read: Read) -> None:
    far = "<row r='1048576'><c r='XFD1048576'><v>2</v></c></row>"
    with pytest.raises(DataError, match="too much memory|columns"):
        read(xlsx({"s": [["text", "label"]]}, extra_rows=far))


def test_reading_that_takes_too_long_ends(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "TIMEOUT_S", 0.001)
    with pytest.raises(DataError, match="takes more than"):
        read(xlsx({"s": ROWS}))
