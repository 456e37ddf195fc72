"""Values of all arms, and differences of pairs."""

import numpy as np
import pandas as pd
import pytest

from tl_core.charts import arm_styles, arms_overview, difference_interval
from tl_core.schema import Arm, Metric

STYLES = arm_styles([Arm.parse(name) for name in ("fine_tuned", "scratch", "majority")], {})
TABLE = pd.DataFrame(
    [
        ("scratch", 0, 0.6),
        ("scratch", 1, 0.7),
        ("fine_tuned", 0, 0.9),
        ("fine_tuned", 1, 0.9),
        ("majority", 0, 0.4),
    ],
    columns=["arm", "seed", "value"],
)
SUMMARY = pd.DataFrame(
    [("majority", 0.4, np.nan, np.nan), ("scratch", 0.65, 0.6, 0.7), ("fine_tuned", 0.9, 0.85, 0.95)],
    columns=["arm", "mean", "low", "high"],
)


def overview(**options):
    return arms_overview(TABLE, SUMMARY, STYLES, **options)


def traces(figure, name: str) -> list:
    return [trace for trace in figure.data if trace.name == name]


def test_best_arm_comes_first():
    figure = overview()

    assert figure.layout.yaxis.ticktext == ("Fine-tuned", "From scratch", "Majority")
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]


def test_every_seed_is_a_dot_in_the_arms_colour():
    seeds = traces(overview(), "seeds")

    assert [list(trace.x) for trace in seeds] == [[0.9, 0.9], [0.6, 0.7], [0.4]]
    assert seeds[0].marker.color == "#0B6FB8"


def test_equal_seeds_do_not_hide_each_other():
    assert len(set(traces(overview(), "seeds")[0].y)) == 2


def test_arm_without_an_interval_has_no_band():
    assert [tuple(trace.x) for trace in traces(overview(), "interval")] == [(0.85, 0.95), (0.6, 0.7)]


def test_values_are_set_in_the_arms_ink_with_their_interval():
    values = [(note.text, note.font.color) for note in overview().layout.annotations]

    assert values == [
        ('<b>90.0</b><br><span style="font-size:11px">85.0 to 95.0</span>', STYLES["fine_tuned"].ink),
        ('<b>65.0</b><br><span style="font-size:11px">60.0 to 70.0</span>', STYLES["scratch"].ink),
        ("<b>40.0</b>", STYLES["majority"].ink),
    ]


def test_axis_says_metric_and_marks():
    axis = overview(metric=Metric.MACRO_F1).layout.xaxis

    assert axis.title.text == "test macro-F1; dots are seeds, bands 95% intervals"
    assert axis.tickformat == ".0%"


def test_floor_is_a_dotted_line_inside_the_range():
    figure = overview(floor=0.3)

    assert figure.layout.shapes[0].x0 == 0.3
    assert figure.layout.shapes[0].line.dash == "dot"
    assert figure.layout.xaxis.range[0] < 0.3


def test_alternative_text_has_the_numbers():
    expected = (
        "Test accuracy of each model, mean over seeds: Fine-tuned 90.0%, From scratch 65.0%, Majority 40.0%."
    )

    assert overview().layout.meta["alt"] == expected


@pytest.fixture
def forest():
    rows = [("A − B", 0.214, 0.141, 0.287), ("A − C", 0.01, -0.05, 0.07)]
    return difference_interval(pd.DataFrame(rows, columns=["pair", "difference", "low", "high"]))


def test_differences_are_in_points_around_zero(forest):
    assert forest.layout.xaxis.title.text == "points, with 95% interval"
    assert forest.layout.shapes[0].x0 == 0
    assert forest.data[0].x == pytest.approx((14.1, 28.7))
    assert forest.layout.xaxis.range[0] == -forest.layout.xaxis.range[1]


def test_interval_that_holds_zero_is_hollow(forest):
    sure, unsure = forest.data[1].marker, forest.data[3].marker

    assert sure.color == sure.line.color
    assert unsure.color != unsure.line.color


def test_difference_and_interval_are_written_out(forest):
    texts = [note.text for note in forest.layout.annotations]

    assert texts[0] == "A − B"
    assert texts[1] == '<b>+21.4</b><br><span style="font-size:11px">+14.1 to +28.7</span>'


def test_a_long_pair_keeps_both_names():
    pair = f"Fine-tuned · {'a' * 50} − From scratch"
    rows = pd.DataFrame([(pair, 0.2, 0.1, 0.3)], columns=["pair", "difference", "low", "high"])
    name = difference_interval(rows).layout.annotations[0].text

    assert name.startswith("Fine-tuned · aaaa")
    assert name.endswith("… − From scratch")
