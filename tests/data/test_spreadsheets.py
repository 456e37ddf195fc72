"""CSV that no spreadsheet runs."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from tl_core.data.spreadsheets import as_csv, harmless

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
