"""Class balance and text lengths."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tl_core.charts import class_balance, length_histogram


def test_classes_come_largest_first_with_their_share():
    figure = class_balance({"a": 10, "b": 30})

    assert figure.layout.yaxis.ticktext == ("b", "a")
    assert figure.data[0].x == (30, 10)
    assert figure.data[0].text == ("30 · 75.0%", "10 · 25.0%")
    assert figure.layout.xaxis.title.text == "examples"


def test_thirty_classes_are_all_shown():
    assert len(class_balance({str(i): 1 for i in range(30)}).data[0].x) == 30


def test_more_classes_share_the_last_bar():
    figure = class_balance({str(i): 100 - i for i in range(77)})

    assert len(figure.data[0].x) == 30
    assert figure.layout.yaxis.ticktext[-1] == "48 more"
    assert sum(figure.data[0].x) == sum(100 - i for i in range(77))
    assert figure.data[0].marker.color[-1] != figure.data[0].marker.color[0]


def test_bars_beyond_the_limit_are_marked_and_counted():
    figure = length_histogram(np.arange(1, 101), 64)
    (bars,) = figure.data
    cut = [count for count, color in zip(bars.y, bars.marker.color, strict=True) if color == "#C2410C"]

    assert sum(cut) == 36
    assert figure.layout.shapes[0].x0 == 64.5
    assert figure.layout.annotations[0].text == "<b>36</b> of 100 texts are cut at 64 tokens"
    assert figure.layout.xaxis.title.text == "tokens in a text"


def test_no_line_where_no_text_is_long():
    figure = length_histogram([5, 6, 7], 128)

    assert not figure.layout.shapes
    assert figure.layout.annotations[0].text == "none of 3 texts is cut at 128 tokens"


def test_one_very_long_text_does_not_stretch_the_axis():
    figure = length_histogram([*([20] * 500), 9000], 128)

    assert figure.layout.xaxis.range[1] < 200
    assert figure.layout.xaxis.title.text == "tokens in a text; longest 9,000"
    assert figure.data[0].customdata[-1].endswith("to 9,000")


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=80), st.integers(8, 512))
def test_every_text_is_in_one_bar_on_its_side_of_the_limit(lengths, max_length):
    (bars,) = length_histogram(lengths, max_length).data
    cut = sum(count for count, color in zip(bars.y, bars.marker.color, strict=True) if color == "#C2410C")

    assert sum(bars.y) == len(lengths)
    assert cut == sum(length > max_length for length in lengths)
    assert len(bars.y) <= 45


@pytest.mark.parametrize(("longest", "cut"), [(7, "none"), (200, "<b>1</b>")])
def test_a_part_of_the_texts_is_told_in_the_same_sentence(longest, cut):
    figure = length_histogram([5, 6, longest], 128, num_texts=3_000)

    words = f"{cut} of 3 counted texts (there are 3,000) is cut at 128 tokens"
    assert figure.layout.annotations[0].text == words
    assert "Lengths of 3 counted texts (there are 3,000): " in figure.layout.meta["alt"]


def test_one_of_many_is_never_written_as_zero_percent():
    figure = length_histogram([*([20] * 4_999), 200], 128)

    assert figure.layout.annotations[0].text == "<b>1</b> of 5,000 texts is cut at 128 tokens"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_alternative_text_tells_median_longest_and_cut(theme):
    alt = length_histogram([10, 20, 200], 128, theme=theme).layout.meta["alt"]

    assert alt == "Lengths of 3 texts: half have at most 20 tokens, the longest 200; 1 is cut at 128 tokens."
