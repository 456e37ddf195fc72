"""Tables that lie on disk: written as they come, mapped, looked through, given back."""

from pathlib import Path

import pyarrow as pa

from tl_core.files import arrow_files
from tl_core.files.arrow_files import Spool, in_passing, let_go, read_mapped, spooled, write_mapped
from tl_core.files.reading import read_table


def test_what_was_spooled_outlives_its_file_and_takes_no_memory(tmp_path: Path) -> None:
    path, parts = tmp_path / "spool", [pa.table({"a": ["x" * 1000] * 500}), pa.table({"a": ["y"] * 3})]
    before = pa.total_allocated_bytes()
    table = spooled(parts, path)
    path.unlink()
    let_go()
    assert table.to_pydict() == pa.concat_tables(parts).to_pydict()
    assert pa.total_allocated_bytes() - before < 100_000


def test_tables_of_other_columns_are_told_apart_and_none_is_none(tmp_path: Path) -> None:
    parts = [pa.table({"a": ["1"]}), pa.table({"a": ["2"], "b": ["3"]})]
    spool = Spool(tmp_path / "spool")
    for part in parts:
        spool.write(part)
    assert [one.to_pydict() for one in spool.tables()] == [one.to_pydict() for one in parts]
    assert Spool(tmp_path / "none").tables() == []


def test_parts_that_were_passed_are_given_back_and_read_again(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(arrow_files, "_BATCH", 2)
    table = pa.table({"a": [str(number) for number in range(5)]})
    write_mapped(table, tmp_path / "a.arrow")
    mapped = read_mapped(tmp_path / "a.arrow")
    passed = [(start, part["a"].to_pylist()) for start, part in in_passing(mapped)]
    assert passed == [(0, ["0", "1"]), (2, ["2", "3"]), (4, ["4"])]
    assert mapped.to_pydict() == table.to_pydict()
    assert list(in_passing(table.slice(0, 0))) == []


def test_rows_of_a_file_that_was_read_lie_on_disk(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\n" + "a long enough text to be seen,x\n\n" * 20_000)
    (tmp_path / "a.jsonl").write_text('{"text": "a long enough text to be seen", "label": "x"}\n' * 20_000)
    for name in ("a.csv", "a.jsonl"):
        before = pa.total_allocated_bytes()
        table = read_table(tmp_path / name, keep_every_row=True)
        assert table.num_rows >= 20_000
        assert pa.total_allocated_bytes() - before < 0.3 * table.columns.nbytes
