import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tl_core.errors import DataError
from tl_core.files import formats, json_lines
from tl_core.files.reading import Table, read_table
from tl_core.schema import FileFormat, ReadDecisions

Read = Callable[..., Table]

LINES = """{"text": "fine", "label": "pos", "stars": 5.0}

{"label": "neg", "text": "x\\ny", "id": 100000000000000000000000001}
[1, 2]
{"text": null, "label": true, "tags": ["ä", {"n": 1.5}]}
{"text": "cut
{"text": "😀 \\ud83d\\ude00 \\ud800", "label": "pos"}
"""


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write_and_read(content: str | bytes, name: str = "mine.jsonl", **options: object) -> Table:
        path = tmp_path / "upload"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_table(path, name=name, **options)

    return write_and_read


def test_values_stand_as_they_are_written(read: Read) -> None:
    table = read(LINES)
    assert table.columns.to_pylist() == [
        {"text": "fine", "label": "pos", "stars": "5.0", "id": "", "tags": ""},
        {"text": "x\ny", "label": "neg", "stars": "", "id": "100000000000000000000000001", "tags": ""},
        {"text": "", "label": "true", "stars": "", "id": "", "tags": '["ä", {"n": 1.5}]'},
        {"text": "😀 😀 \ufffd", "label": "pos", "stars": "", "id": "", "tags": ""},
    ]
    assert table.rejects["line"].to_pylist() == [4, 6]
    assert table.rejects["text"].to_pylist() == ["[1, 2]", '{"text": "cut']


def test_decisions_name_the_format(read: Read) -> None:
    assert read(LINES.encode("utf-16")).decisions == ReadDecisions(
        encoding="utf-16", delimiter="", quote="", has_header=True, format=FileFormat.JSON_LINES
    )


@pytest.mark.parametrize("name", ["a.csv", "a", "a.json", "a.txt"])
def test_format_is_told_by_the_content(read: Read, name: str) -> None:
    assert read(LINES, name).decisions.format is FileFormat.JSON_LINES


def test_list_of_objects_is_read_as_lines_are(read: Read) -> None:
    objects = [{"text": "a", "label": 1.10}, {"label": "2", "text": "b\nc"}, {"text": "ü", "label": None}]
    for indent in (None, 2):
        table = read(json.dumps(objects, indent=indent), "a.json")
        assert [list(row.values()) for row in table.columns.to_pylist()] == [
            ["a", "1.1"], ["b\nc", "2"], ["ü", ""],
        ]  # fmt: skip


def test_column_that_comes_late_is_empty_before(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "_BATCH_ROWS", 2)
    lines = [{"text": f"t{i}", "label": "x"} | ({"late": "y"} if i == 4 else {}) for i in range(5)]
    table = read("\n".join(map(json.dumps, lines)))
    assert table.columns["text"].to_pylist() == [f"t{i}" for i in range(5)]
    assert table.columns["late"].to_pylist() == ["", "", "", "", "y"]


def test_csv_that_begins_with_a_brace_stays_csv(read: Read) -> None:
    table = read("{name} is here,a\n{name} left,b\n", "a.csv")
    assert table.decisions.format is FileFormat.DELIMITED
    table = read('[{"a":1}],x\n[{"b":2}],y\n', "a.csv", quote="")
    assert table.columns.num_columns == 2


def test_named_delimiter_makes_it_delimited(read: Read) -> None:
    content = '{"a": 1}|x\n{"a": 2}|y\n'
    assert read(content, delimiter="|", has_header=False).columns.to_pylist()[0] == {
        "column_1": '{"a": 1}',
        "column_2": "x",
    }


def test_damaged_first_line_is_a_reject_where_the_name_says_json_lines(read: Read) -> None:
    table = read('{"text": "cut\n{"text": "a", "label": "x"}\n{"text": "b", "label": "y"}\n', "a.jsonl")
    assert (table.num_rows, table.rejects["line"].to_pylist()) == (2, [1])


BAD = {
    "columns in one object": ('{"text": {"0": "a"}, "label": {"0": "x"}}', "whole columns"),
    "one object over lines": ('{\n"text": "a"\n}\n', "is JSON, but neither"),
    "list of lists": ('[["a", "b"],\n["c", "d"]]', "is JSON, but neither"),
    "mostly no objects": ('{"text": "a", "label": "b"}\n1\n2\n3\n', r"Most of “a\.json” .*: 3 failed"),
    "one column": ('{"text": "a"}\n{"text": "b"}\n', "has only one column"),
    "empty objects": ("{}\n{}\n", "object is empty"),
    "damaged list": ('[{"text": "a", "label": "x"}, {"text": ]', "cannot be parsed"),
    "too many columns": (json.dumps({f"k{i}": "a" for i in range(2_001)}), "the most is 2,000"),
    "nested too deeply": ('{"text": ' + "[" * 100_000, "is JSON, but neither"),
}


@pytest.mark.parametrize("kind", BAD)
def test_json_of_another_shape_is_refused_with_a_remedy(read: Read, kind: str) -> None:
    content, message = BAD[kind]
    with pytest.raises(DataError, match=message) as caught:
        read(content, "a.json")
    assert caught.value.remedy


def test_too_many_cells_are_refused(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MAX_CELLS", 10)
    with pytest.raises(DataError, match="more than 10 cells"):
        read("\n".join(json.dumps({f"k{i}": "a", "z": "b"}) for i in range(9)))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.text(min_size=1), st.text()), min_size=2, max_size=8))
def test_written_strings_are_read_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, written: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("json") / "file.jsonl"
    path.write_text("\n".join(json.dumps({"text": a, "label": b}) for a, b in written))
    columns = read_table(path).columns
    assert list(zip(columns["text"].to_pylist(), columns["label"].to_pylist(), strict=True)) == written
