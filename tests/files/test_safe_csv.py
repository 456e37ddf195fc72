"""CSV that no spreadsheet runs."""

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.ui.downloads import table_csv
from tests.files.tables import dataset
from tl_core.files.lines import Reject, reject_table, rejects_as_csv
from tl_core.files.reading import read_table
from tl_core.files.safe_csv import as_csv, csv_file, harmless
from tl_core.splits.split_csv import split_csv
from tl_core.splits.splitting import make_split

cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


def test_a_formula_gets_an_apostrophe_and_a_number_stays():
    assert [harmless(cell) for cell in ("=1+1", "＝1", "@x", "-5", "+3.25")] == [
        "'=1+1",
        "'＝1",
        "'@x",
        "-5",
        "+3.25",
    ]


@given(st.lists(st.lists(cells, min_size=2, max_size=2), min_size=1, max_size=5))
def test_any_cells_come_back_through_the_quoting(rows):
    assert list(csv.reader(io.StringIO(as_csv(rows).decode(), newline=""))) == rows


def split_of_umlauts() -> bytes:
    made = dataset({"ß": 10, "é": 10})
    return split_csv(made, make_split(made))


@pytest.mark.parametrize(
    "content",
    [
        csv_file([["text", "label"], ["Straße", "é"]]),
        rejects_as_csv(reject_table([Reject(line=1, reason="Straße", text="é")])),
        table_csv(pd.DataFrame({"Straße": ["é"], "label": ["ß"]})),
        split_of_umlauts(),
    ],
    ids=["rows", "rejects", "figure", "split"],
)
def test_every_file_for_a_spreadsheet_says_that_it_is_utf_8_and_reads_back_without_that_mark(
    tmp_path: Path, content: bytes
) -> None:
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\xef\xbb\xbf") == 1
    (tmp_path / "file.csv").write_bytes(content)
    table = read_table(tmp_path / "file.csv", has_header=True)
    header = next(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert table.columns.column_names == header
    assert "\ufeff" not in str(table.columns.to_pylist())
