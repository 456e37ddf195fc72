"""What changed by part: parts from the bottom, a line an arm, a logarithmic axis for distances."""

import numpy as np
import pandas as pd
import pytest

from tests.charts.examples import HOSTILE, Names, changes
from tests.charts.test_every_figure import drawn
from tl_core.charts import arm_styles
from tl_core.charts.layers import representation_similarity, weight_movement
from tl_core.schema import Arm

ROWS = pd.DataFrame(
    [
        ("fine_tuned", 0, "embeddings", 0.01, 1.0),
        ("fine_tuned", 1, "embeddings", 0.03, 0.9),
        ("fine_tuned", 0, "layer 1", 0.2, 0.5),
        ("fine_tuned", 0, "head", 3.0, np.nan),
        ("scratch", 0, "embeddings", 0.5, -0.01),
    ],
    columns=["arm", "seed", "part", "moved", "similarity"],
)
STYLES = arm_styles([Arm.parse("fine_tuned"), Arm.parse("scratch")], {})


def means(figure):
    return [one for one in figure.data if one.name == "mean"]


def test_movement_is_logarithmic_with_ticks_in_per_cent():
    figure = weight_movement(ROWS, STYLES)
    assert figure.layout.yaxis.type == "log"
    assert {"1%", "10%", "100%"} <= set(figure.layout.yaxis.ticktext)
    assert list(figure.layout.xaxis.ticktext) == ["E", "1", "H"]


def test_letters_are_explained_below():
    notes = [note.text for note in weight_movement(ROWS, STYLES).layout.annotations]
    assert "numbers: layers, E embeddings, H head" in notes


def test_a_line_goes_through_the_means_over_seeds():
    tuned, scratch = means(weight_movement(ROWS, STYLES))
    assert list(tuned.y) == pytest.approx([0.02, 0.2, 3.0])
    assert list(scratch.x) == [0]


def test_labels_stand_at_the_height_of_the_last_value():
    figure = weight_movement(ROWS, STYLES)
    tuned = next(note for note in figure.layout.annotations if "Fine-tuned" in note.text)
    assert tuned.text.startswith("<b>300%</b>")
    low, high = figure.layout.yaxis.range
    assert low + tuned.y * (high - low) == pytest.approx(np.log10(3.0), abs=0.25)


def test_similarity_leaves_out_what_was_not_measured_and_spans_nought_to_one():
    figure = representation_similarity(ROWS, STYLES)
    assert list(figure.layout.xaxis.ticktext) == ["E", "1"]
    low, high = figure.layout.yaxis.range
    assert low < -0.01 < 1 < high
    assert "Fine-tuned embeddings 0.95, layer 1 0.50" in figure.layout.meta["alt"]


@pytest.mark.parametrize("chart", [weight_movement, representation_similarity])
def test_without_measurements_it_says_so(chart):
    figure = chart(ROWS.iloc[:0], STYLES)
    assert not figure.data
    assert figure.layout.meta["alt"] == "No run has measured this yet."


def test_a_name_is_shown_literally():
    names = Names(base_model=HOSTILE)
    styles = arm_styles([Arm.parse(arm) for arm in changes(names)["arm"].unique()], {})
    texts = drawn(weight_movement(changes(names), styles))
    assert not any("<a" in text or "<b>bold" in text or "$" in text for text in texts)
