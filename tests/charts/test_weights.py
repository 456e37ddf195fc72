"""Which weights begin pretrained: two parts a row that make up the whole."""

import pandas as pd
import pytest

from tests.charts.examples import HOSTILE
from tests.charts.test_every_figure import drawn
from tl_core.charts import arm_styles
from tl_core.charts.weights import starting_weights
from tl_core.schema import Arm


def rows(tuned="fine_tuned"):
    return pd.DataFrame(
        [(tuned, 22_713_216, 1_155, True), ("frozen_random", 0, 22_714_371, False)],
        columns=["arm", "pretrained", "random", "is_trained"],
    )


def styles(*names):
    return arm_styles([Arm.parse(name) for name in names or ("fine_tuned", "frozen_random")], {})


def test_the_parts_of_a_row_make_up_the_whole():
    figure = starting_weights(rows(), styles())
    assert figure.layout.barmode == "stack"
    assert sum(bar.x[0] for bar in figure.data[:2]) == pytest.approx(1)
    assert [bar.x[0] for bar in figure.data[2:]] == [0, 1]


def test_each_row_says_what_begins_how_and_what_learns():
    figure = starting_weights(rows(), styles())
    assert figure.data[0].text == "22.7 M pretrained + 1,155 random in the head"
    assert figure.data[3].text == "22.7 M random"
    notes = [note.text for note in figure.layout.annotations]
    assert notes == [
        "<b>Fine-tuned</b> · all weights learn",
        "<b>Random frozen</b> · only the head learns",
    ]
    assert figure.layout.meta["alt"] == (
        "Weights at the start of training: Fine-tuned 22,713,216 pretrained and 1,155 random; "
        "Random frozen 0 pretrained and 22,714,371 random."
    )


def test_unknown_numbers_are_said_to_be_unknown():
    figure = starting_weights(rows().iloc[:0], {})
    assert not figure.data
    assert "is not known." in figure.layout.meta["alt"]


def test_a_name_is_shown_literally():
    name = f"fine_tuned:{HOSTILE}"
    texts = drawn(starting_weights(rows(name), styles(name, "frozen_random")))
    assert not any("<a" in text or "<b>bold" in text or "$" in text for text in texts)
