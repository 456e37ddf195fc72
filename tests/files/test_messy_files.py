"""Real files as people committed them; the expectations stand in the index beside them."""

from collections import Counter

import pytest

from tests.shared_data import shared_data
from tl_core.datasets.column_guess import guess_columns
from tl_core.errors import DataError
from tl_core.files.reading import read_table

pytestmark = pytest.mark.acceptance

SMS = {"ham": 4840, "spam": 840}
MESSY = {
    "spam_kaggle_cp1252.csv": (
        ("windows-1252", ",", '"', True, 5572),
        ("v2", "v1", {"ham": 4825, "spam": 747}),
    ),
    "SMSSpamCollection_edited.tsv": (("utf-8", "\t", "", False, 5680), ("column_2", "column_1", SMS)),
    "financial_all-data_headerless_cp1252.csv": (
        ("windows-1252", ",", '"', False, 4846),
        ("column_2", "column_1", {"neutral": 2879, "positive": 1363, "negative": 604}),
    ),
    "turkish_store_reviews_utf16.csv": (
        ("utf-16", ",", '"', True, 11429),
        ("Metin_Veri", "Kategori", {"Olumlu": 4253, "Olumsuz": 4238, "Tarafsız": 2938}),
    ),
    "10kgnad_test_semicolon_singlequote.csv": (
        ("utf-8", ";", "'", False, 1028),
        ("column_2", "column_1", {"Web": 168, "Panorama": 168, "International": 151, "Wirtschaft": 141}),
    ),
    "ag_news_test_headerless_classid.csv": (
        ("utf-8", ",", '"', False, 7600),
        ("column_3", "column_1", {"1": 1900, "2": 1900, "3": 1900, "4": 1900}),
    ),
    "gwsd_climate_stance_index_softlabels.csv": (
        ("utf-8", ",", '"', True, 2050),
        ("sentence", "label", {"neutral": 873, "agree": 777, "disagree": 400}),
    ),
}


@pytest.mark.parametrize("name", MESSY)
def test_file_is_read_as_its_index_says(name: str) -> None:
    (encoding, delimiter, quote, has_header, num_rows), (text, label, counts) = MESSY[name]
    table = read_table(shared_data("messy", name))
    decisions = table.decisions
    assert (decisions.encoding, decisions.delimiter, decisions.quote) == (encoding, delimiter, quote)
    assert (decisions.has_header, table.num_rows, table.num_rejects) == (has_header, num_rows, 0)
    guess = guess_columns(table)
    assert (guess.text, guess.label) == (text, label)
    found = Counter(table.columns[guess.label].to_pylist())
    assert dict(found.most_common(len(counts))) == counts


def test_newlines_inside_quoted_fields_survive() -> None:
    texts = read_table(shared_data("messy", "turkish_store_reviews_utf16.csv")).columns["Metin_Veri"]
    assert sum("\n" in text for text in texts.to_pylist()) == 1870
    assert sum(not text for text in texts.to_pylist()) == 3


def test_file_that_a_spreadsheet_packed_into_one_cell_is_refused_with_a_remedy() -> None:
    with pytest.raises(DataError, match="packed into one cell") as caught:
        read_table(shared_data("messy", "financial_all-data_excel_mangled.csv"))
    assert "divided by commas" in caught.value.remedy
