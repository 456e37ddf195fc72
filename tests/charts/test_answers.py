"""Probabilities of one text, arm by arm."""

import pandas as pd
import pytest

from tl_core.charts import arm_styles, probabilities
from tl_core.schema import Arm

STYLES = arm_styles([Arm.parse("fine_tuned"), Arm.parse("scratch")], {})


def table(shares: dict[str, dict[str, float]]) -> pd.DataFrame:
    rows = [(arm, label, share) for arm, answer in shares.items() for label, share in answer.items()]
    return pd.DataFrame(rows, columns=["arm", "label", "probability"])


def test_each_arm_has_its_own_row_in_the_order_of_the_styles():
    figure = probabilities(
        table({"scratch": {"a": 0.6, "b": 0.4}, "fine_tuned": {"a": 0.1, "b": 0.9}}), STYLES
    )

    assert [bars.base for bars in figure.data] == [0, -1]
    assert figure.data[0].text == ("10%", "90%")
    assert figure.layout.barmode == "overlay"
    assert [note.text for note in figure.layout.annotations] == [
        "<b>Fine-tuned</b> · b, 90%",
        "<b>From scratch</b> · a, 60%",
    ]


def test_the_answer_has_the_full_colour():
    (bars,) = probabilities(table({"fine_tuned": {"a": 0.1, "b": 0.9}}), STYLES).data

    assert bars.marker.color[1] == "#0B6FB8"
    assert bars.marker.color[0] != "#0B6FB8"


def test_few_labels_keep_their_order_while_a_person_types():
    figure = probabilities(table({"fine_tuned": {"neg": 0.1, "neu": 0.7, "pos": 0.2}}), STYLES)

    assert figure.layout.xaxis.ticktext == ("neg", "neu", "pos")


def test_of_many_labels_the_eight_likeliest_are_drawn_and_the_rest_counted():
    answer = {f"c{i}": i / 45 for i in range(10)}
    figure = probabilities(table({"fine_tuned": answer}), STYLES)

    assert figure.layout.xaxis.ticktext == tuple(f"c{i}" for i in range(9, 1, -1))
    assert figure.layout.xaxis.title.text == "2 less likely labels not drawn"


@pytest.mark.parametrize(("label", "angle"), [("short", 0), ("a rather long label", -90)])
def test_long_labels_stand_upright(label, angle):
    answer = {f"{label}{i}": 0.25 for i in range(4)}

    assert probabilities(table({"fine_tuned": answer}), STYLES).layout.xaxis.tickangle == angle


def test_bars_fit_below_the_heading_of_their_row():
    (bars,) = probabilities(table({"fine_tuned": {"a": 1.0, "b": 0.0}}), STYLES).data

    assert max(bars.y) == pytest.approx(0.5)
