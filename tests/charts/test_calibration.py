"""The reliability diagram and the curve of coverage against accuracy."""

import pandas as pd
import pytest

from tests.charts.examples import Names, arms, coverage, reliability
from tl_core import charts
from tl_core.charts.calibration import reliability_diagram
from tl_core.charts.selective_prediction import coverage_curves

STYLES = charts.arm_styles(arms(Names()), {}, "light")


def traces(figure, name):
    return [trace for trace in figure.data if trace.name == name]


def test_the_diagram_shows_gap_interval_and_counts_of_every_bin():
    figure = reliability(Names(), "light")

    (before,) = traces(figure, "before")
    assert (list(before.x), list(before.y)) == ([0.6, 0.95], [0.5, 0.8])
    assert list(before.error_y.arrayminus) == pytest.approx([0.2, 0.1])
    (gap,) = traces(figure, "gap")
    assert list(gap.y) == [0.6, 0.5, None, 0.95, 0.8, None], "from the diagonal to the dot"
    (answers,) = traces(figure, "answers")
    assert list(answers.text) == ["40", "12k"]


def test_the_diagram_holds_the_mark_after_the_temperature_and_both_errors():
    figure = reliability(Names(), "light")

    (after,) = traces(figure, "after")
    assert (list(after.x), list(after.y)) == ([0.8], [0.75])
    texts = " ".join(note.text for note in figure.layout.annotations)
    assert "<b>14.9</b> points off" in texts
    assert "temperature 1.60: <b>5.0</b>" in texts
    assert "off by 14.9 points" in figure.layout.meta["alt"]


def test_the_diagram_begins_where_there_are_answers():
    assert reliability(Names(), "light").layout.xaxis.range[0] == pytest.approx(0.5, abs=0.05)


def test_each_arm_has_a_line_with_its_accuracy_on_all_at_the_end():
    figure = coverage(Names(), "light")

    assert len(traces(figure, "mean")) == 3
    assert len(traces(figure, "seeds")) == 3
    texts = [note.text for note in figure.layout.annotations]
    assert sum("<b>70.0</b>" in text for text in texts) == 3
    assert "Fine-tuned 90.0% on the surest 50% and 70.0% on all" in figure.layout.meta["alt"]


def test_one_seed_has_no_band():
    rows = pd.DataFrame(
        [("scratch", 1.0, 10, 0.5, 0.5, 0.5, 1)],
        columns=["arm", "coverage", "num_answered", "accuracy", "low", "high", "num_seeds"],
    )
    figure = coverage_curves(rows, STYLES)

    assert not traces(figure, "seeds")
    assert any("one seed" in note.text for note in figure.layout.annotations)


def test_nothing_to_show_is_said():
    assert "yet" in coverage_curves(pd.DataFrame(), {}).layout.meta["alt"]
    nothing = reliability_diagram(pd.DataFrame(), STYLES["scratch"], temperature=1, errors=(0, 0))
    assert "yet" in nothing.layout.meta["alt"]
