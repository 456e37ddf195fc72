"""Differences between two arms, class by class."""

import pandas as pd
import pytest

from tl_core.charts import arm_styles, per_class_difference
from tl_core.schema import Arm

STYLES = arm_styles([Arm.parse("fine_tuned"), Arm.parse("scratch")], {})
A, B = STYLES["fine_tuned"], STYLES["scratch"]


def gaps(differences: dict[str, float]) -> pd.DataFrame:
    rows = [(label, gap, gap - 0.02, gap + 0.02, 0.5 + gap, 0.5, 20) for label, gap in differences.items()]
    return pd.DataFrame(rows, columns=["label", "difference", "low", "high", "value_a", "value_b", "support"])


def test_classes_are_sorted_and_coloured_by_the_arm_ahead():
    figure = per_class_difference(gaps({"x": -0.1, "y": 0.3, "z": 0.05}), A, B)

    assert figure.layout.yaxis.ticktext == ("y", "z", "x")
    assert figure.data[0].x == pytest.approx((30, 5, -10))
    assert figure.data[0].marker.color == (A.color, A.color, B.color)
    assert figure.layout.xaxis.title.text == "difference in F1, points"


def test_bars_carry_their_interval_and_are_pale_where_it_holds_zero():
    figure = per_class_difference(gaps({"x": -0.1, "y": 0.3, "z": 0.01}), A, B)

    (bars,) = figure.data
    assert bars.marker.opacity[0] == bars.marker.opacity[2] == 1 > bars.marker.opacity[1]
    assert tuple(bars.error_x.array) == pytest.approx((2, 2, 2))
    low, high = figure.layout.xaxis.range
    assert (low < -12, high > 32) == (True, True), "the axis holds every interval"


def test_key_names_both_arms_in_their_ink():
    key = per_class_difference(gaps({"x": 0.1}), A, B, measure="recall").layout.annotations[-1].text

    assert f'<span style="color:{A.ink}"><b>Fine-tuned</b> better →</span>' in key
    assert f'<span style="color:{B.ink}"><b>From scratch</b> better ←</span>' in key


def test_of_many_classes_the_largest_differences_are_drawn_and_the_rest_counted():
    figure = per_class_difference(gaps({f"c{i}": (-1) ** i * i / 100 for i in range(30)}), A, B)

    assert len(figure.data[0].x) == 24
    assert min(abs(gap) for gap in figure.data[0].x) == pytest.approx(6)
    assert figure.layout.xaxis.title.text == "difference in F1, points; 6 in between not drawn"


def test_of_many_gains_the_only_loss_is_still_drawn():
    figure = per_class_difference(gaps({f"c{i}": 0.2 + i / 100 for i in range(30)} | {"lost": -0.01}), A, B)

    assert len(figure.data[0].x) == 24
    assert figure.layout.yaxis.ticktext[-1] == "lost"


def test_fewer_bars_can_be_asked_for():
    figure = per_class_difference(gaps({f"c{i}": i / 100 for i in range(30)}), A, B, most_bars=8)

    assert len(figure.data[0].x) == 8
    assert figure.layout.yaxis.ticktext == ("c29", "c28", "c27", "c26", "c25", "c24", "c1", "c0")


def test_labels_that_look_alike_when_cut_keep_their_own_bars():
    figure = per_class_difference(gaps({"x" * 50 + "1": 0.1, "x" * 50 + "2": 0.2}), A, B)

    assert figure.data[0].y == (0, 1)
