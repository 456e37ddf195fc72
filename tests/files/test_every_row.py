"""Files as a person counts their rows: what is blank or cannot be read keeps its place."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.field import FIELD
from tests.files.workbooks import ods, xlsx
from tl_core.files import every_row
from tl_core.files.reading import Table, read_table


def read(folder: Path, content: str, name: str = "in.csv", **choices: object) -> Table:
    path = folder / name
    path.write_text(content, encoding="utf-8", newline="")
    return read_table(path, min_columns=1, keep_every_row=True, **choices)


def rows(table: Table) -> list[tuple[str, ...]]:
    return list(zip(*(column.to_pylist() for column in table.columns.columns), strict=True))


@pytest.mark.parametrize(
    ("content", "expected", "reject_rows"),
    [
        ("id,text\n1,a\n\n2,b\n", ["1", "", "2"], ()),
        ("id,text\r\n\r\n1,a\r\n\r\n\r\n2,b\r\n", ["", "1", "", "", "2"], ()),
        ("\n\nid,text\n1,a\n2,b\n\n\n", ["1", "2"], ()),
        ("id,text\n1,a\n2\n3,b,c\n4,d\n5,e", ["1", "", "", "4", "5"], (1, 2)),
        ('id,text\n1,"a\n\nb"\n\n2,c\n', ["1", "", "2"], ()),
        ('id,text\n1,a\n"x\ny",b,"c\n"\n\n2,d\n3,e\n4,f\n5,g\n', ["1", "", "", "2", "3", "4", "5"], (1,)),
        ("id,text\n1,a\n  \n,\n2,b\n", ["1", "", "", "2"], (1,)),
        ("Of 2024\nid,text\n1,a\n2,b\n3,c\n", ["1", "2", "3"], (-1,)),
    ],
)
def test_what_lies_between_rows_has_an_empty_row(
    tmp_path: Path, content: str, expected: list[str], reject_rows: tuple[int, ...]
) -> None:
    table = read(tmp_path, content)
    assert table.columns.column_names == ["id", "text"]
    assert [row[0] for row in rows(table)] == expected
    assert table.reject_rows == reject_rows
    assert table.num_rejects == len(reject_rows)


def test_rows_are_put_together_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(every_row, "_BATCH_ROWS", 3)
    table = read(tmp_path, "id,text\n1,a\n2,b\n" + "\n" * 8 + "3,c\n\n4,d\n5,e\n6,f\n")
    assert [row[0] for row in rows(table)] == ["1", "2", *[""] * 8, "3", "", "4", "5", "6"]


@pytest.mark.parametrize("stray", ['"He said "hi" to me",pos', '"Great" film,pos', '"two\nlines" x,pos'])
def test_a_stray_quote_costs_no_other_row(tmp_path: Path, stray: str) -> None:
    lines = ["text,label", *(f'"number {number}, fine",pos' for number in range(30))]
    content = "\n".join([*lines[:11], stray, *lines[11:21], stray, *lines[21:]])
    table = read(tmp_path, content)
    assert [text for text, _label in rows(table) if text] == [
        f"number {number}, fine" for number in range(30)
    ]
    assert table.reject_rows == (10, 21)
    assert read_table(tmp_path / "in.csv").num_rows == 30


def test_without_a_header_a_reject_at_the_top_is_a_row(tmp_path: Path) -> None:
    table = read(tmp_path, "1,2,3\n1,so good a day\n\n2,so bad a day\n", has_header=False)
    assert [row[0] for row in rows(table)] == ["", "1", "", "2"]
    assert table.reject_rows == (0,)


def test_in_a_single_column_blank_lines_between_texts_are_rows_and_others_are_not(tmp_path: Path) -> None:
    assert rows(read(tmp_path, "\ntext\na\n\nb c\n\n\n")) == [("a",), ("",), ("b c",)]
    blank_lines = read_table(FIELD / "predict_blank_lines.csv", min_columns=1, keep_every_row=True)
    assert [bool(text) for (text,) in rows(blank_lines)] == [True, False, True, False, True, True]


def test_what_is_not_asked_to_keep_every_row_reads_as_before(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("id,text\n1,a\n\n2\n3,b\n4,c\n")
    table = read_table(path)
    assert [row[0] for row in rows(table)] == ["1", "3", "4"]
    assert (table.num_rejects, table.reject_rows) == (1, ())


def test_lines_of_json_that_are_no_objects_keep_their_place(tmp_path: Path) -> None:
    table = read(tmp_path, '{"text":"a"}\n\n[1]\n{"text":"b","id":2}\n{}\n', "in.jsonl")
    assert rows(table) == [("a", ""), ("", ""), ("b", "2"), ("", "")]
    assert table.reject_rows == (1, 3)
    listed = read(tmp_path, '[{"text":"a"},{},{"text":"b"}]', "in.json")
    assert (rows(listed), listed.reject_rows) == ([("a",), ("",), ("b",)], (1,))


@pytest.mark.parametrize("ending", ["xlsx", "ods"])
def test_a_workbooks_gaps_are_rows_between_its_first_text_and_its_last(tmp_path: Path, ending: str) -> None:
    cells = [["", " "], ["id", "text"], ["1", "a"], ["", ""], [" ", ""], ["2", "b"], ["", " "], ["", ""]]
    path = tmp_path / f"in.{ending}"
    path.write_bytes(xlsx({"Sheet": cells}) if ending == "xlsx" else ods(cells))
    assert [row[0].strip() for row in rows(read_table(path, keep_every_row=True))] == ["1", "", "", "2"]
    assert [row[0] for row in rows(read_table(path))] == ["1", "2"]


def test_the_field_workbook_gives_five_rows() -> None:
    table = read_table(FIELD / "predict_gap_rows.xlsx", min_columns=1, keep_every_row=True)
    assert [bool(text) for text, _street in rows(table)] == [True, False, True, False, True]


CELLS = st.sampled_from(["a", "b c", '"d\ne"', '"f\n\ng"', '"h, i"', "ä"])
GOOD = st.tuples(CELLS, CELLS).map(",".join)
UNREAD = st.sampled_from(["short", 'too,"l\no",ng'])
PIECES = st.one_of(GOOD, GOOD, GOOD, st.just(""), UNREAD)


@settings(max_examples=30, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=25))
def test_every_piece_of_a_file_is_one_row_in_its_place(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str]
) -> None:
    pieces = [*pieces, *["last one,in a row"] * (3 + len(pieces))]
    content = "\n".join(["text,label", *pieces, ""])
    table = read(tmp_path_factory.mktemp("rows"), content, delimiter=",", quote='"', has_header=True)
    is_read = [piece not in ("", "short", 'too,"l\no",ng') for piece in pieces]
    assert [any(row) for row in rows(table)] == is_read
    assert all(pieces[row] in ("short", 'too,"l\no",ng') for row in table.reject_rows)
    assert len(table.reject_rows) == table.num_rejects == sum(map(pieces.count, ("short", 'too,"l\no",ng')))
