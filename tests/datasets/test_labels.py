"""From label columns to one class a row."""

import pytest

from tests.files.tables import table
from tl_core.datasets.labels import bin_names, class_values, find_indicators
from tl_core.errors import DataError
from tl_core.schema import ColumnChoice


def classes(*label: str, edges: tuple[float, ...] = (), label_map: dict[str, str] | None = None, **columns):
    choice = ColumnChoice(text=("t",), label=label, edges=edges, label_map=label_map or {})
    return class_values(table(**columns).columns, choice).to_pylist()


def test_words_and_ids_stay_as_they_are() -> None:
    values = ["001", "NA", "None", "null", " x ", ""]
    assert classes("label", label=values) == values


def test_a_comma_in_a_name_is_no_second_label() -> None:
    values = ["Politics, World", "Sport", "Politics, World", "Business"]
    assert classes("label", label=values) == values


@pytest.mark.parametrize("separator", ["|", ";", ","])
def test_several_labels_a_row_are_recognised_and_refused_with_a_remedy(separator: str) -> None:
    values = ["a", "b", f"a{separator}b", f"a{separator} c", "c", f"b{separator}c"]
    with pytest.raises(DataError, match="3 rows have several labels in “label”") as caught:
        classes("label", label=values)
    assert "Keep one label per row" in caught.value.remedy


@pytest.mark.parametrize("values", [['["a", "b"]', '["a"]', "[]"], ["['a', 'b']", "['b']", "['a']"]])
def test_lists_of_several_labels_are_refused(values: list[str]) -> None:
    with pytest.raises(DataError, match="1 row has several labels in “label”, such as"):
        classes("label", label=values)


def test_lists_of_one_label_are_that_label() -> None:
    assert classes("label", label=['["joy"]', "['joy']", "[fear]", "[]"]) == ["joy", "joy", "fear", ""]


def test_columns_of_ones_and_zeros_become_their_names() -> None:
    found = classes(
        "joy",
        "anger",
        "fear",
        joy=["1", "0", "0", "0"],
        anger=["0", "1.0", "FALSE", ""],
        fear=["", "no", "yes", "0"],
    )
    assert found == ["joy", "anger", "fear", ""]


def test_several_ones_in_a_row_are_refused() -> None:
    with pytest.raises(DataError, match=r"2 rows have several labels, the first is row 2 \(joy, anger\)"):
        classes("joy", "anger", joy=["1", "1", "1"], anger=["0", "1", "1"])


def test_a_column_of_something_else_is_no_indicator() -> None:
    with pytest.raises(DataError, match="Row 3 of the label column “anger” holds “2”"):
        classes("joy", "anger", joy=["1", "0", "1"], anger=["0", "1", "2"])


def test_numbers_are_cut_at_the_limits_and_each_limit_begins_the_next_class() -> None:
    found = classes("stars", edges=(2.5, 4), stars=["1", "2.5", "3,9", "4", "1e1", ""])
    assert found == ["below 2.5", "2.5 to below 4", "2.5 to below 4", "4 and more", "4 and more", ""]
    assert bin_names([3]) == ["below 3", "3 and more"]


@pytest.mark.parametrize(
    ("edges", "values", "said"),
    [
        ((3.0, 2.0), ["1", "2"], "do not rise"),
        ((2.0, 2.0), ["1", "2"], "do not rise"),
        ((2.0,), ["1", "two"], "Row 2 of “stars” holds “two”, which is not a number"),
    ],
)
def test_what_cannot_be_cut_says_so(edges: tuple[float, ...], values: list[str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        classes("stars", edges=edges, stars=values)


def test_a_label_map_renames_merges_and_sets_aside() -> None:
    found = classes("label", label_map={"1": "bad", "2": "bad", "3": ""}, label=["1", "2", "3", "4"])
    assert found == ["bad", "bad", "", "4"]


def test_a_label_map_comes_after_the_limits() -> None:
    found = classes("stars", edges=(3,), label_map={"below 3": "negative"}, stars=["1", "5"])
    assert found == ["negative", "3 and more"]


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"joy": ["1", "0", "0"], "fear": ["0", "1", "1"], "text": ["a", "b", "c"]}, ("joy", "fear")),
        ({"joy": ["1", "0", "1"], "fear": ["0", "1", "1"]}, ()),  # several ones in a row
        ({"joy": ["1", "0", "0"], "fear": ["0", "1", "0"]}, ()),  # a row without any
        ({"spam": ["1", "0", "0"], "text": ["a", "b", "c"]}, ()),  # a single flag is a label of its own
        ({"joy": ["1", "1", "1"], "fear": ["0", "0", "0"]}, ()),
    ],
)
def test_columns_that_share_out_the_rows_are_found(columns, found) -> None:
    assert find_indicators(table(**columns).columns) == found
