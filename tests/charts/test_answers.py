"""Answers to one text, model by model."""

import pandas as pd
import pytest

from tl_core.charts import arm_styles, probabilities
from tl_core.schema import Arm

STYLES = arm_styles([Arm.parse(name) for name in ("fine_tuned", "scratch", "majority")], {})


def drawn(shares: dict[str, dict[str, float]], **choices):
    rows = [(arm, label, share) for arm, answer in shares.items() for label, share in answer.items()]
    table = pd.DataFrame(rows, columns=["arm", "label", "probability"])
    num_labels = max((len(answer) for answer in shares.values()), default=2)
    return probabilities(table, STYLES, num_labels=num_labels, **choices)


TWO = {"scratch": {"a": 0.6, "b": 0.4}, "fine_tuned": {"a": 0.1, "b": 0.9}}


def test_each_arm_has_its_own_bars_in_the_order_of_the_styles():
    figure = drawn(TWO)

    assert [bars.text for bars in figure.data] == [("10%", "90%"), ("60%", "40%")]
    assert all(bars.orientation == "h" for bars in figure.data)
    assert max(figure.data[0].y) > max(figure.data[1].y), "the first stands above"
    assert [note.text.split("</b>")[0] for note in figure.layout.annotations] == ["<b>b", "<b>a"]


def test_the_answer_has_the_full_colour():
    (bars,) = drawn({"fine_tuned": {"a": 0.1, "b": 0.9}}).data

    assert bars.marker.color[1] == "#0B6FB8"
    assert bars.marker.color[0] != "#0B6FB8"


def test_an_answer_is_right_or_wrong_where_the_label_is_known():
    figure = drawn(TWO, target="b")

    right, wrong = (note.text for note in figure.layout.annotations)
    assert ("✓" in right, "✗" in wrong) == (True, True)
    assert (
        "Fine-tuned says b with 90%, which is right; From scratch says a with 60%, which is wrong"
        in (figure.layout.meta["alt"])
    )
    assert not any(mark in note.text for note in drawn(TWO).layout.annotations for mark in "✓✗")


def test_a_model_that_has_not_answered_keeps_its_room():
    coming = drawn({"fine_tuned": TWO["fine_tuned"]}, waiting=["scratch"])

    assert coming.layout.height == drawn(TWO).layout.height
    assert len(coming.data) == 1
    assert "From scratch has not answered yet" in coming.layout.meta["alt"]


def test_the_floor_takes_one_line():
    alone = drawn({"fine_tuned": TWO["fine_tuned"]})
    both = drawn({"fine_tuned": TWO["fine_tuned"], "majority": {"a": 1.0, "b": 0.0}}, target="b")

    assert both.layout.height - alone.layout.height <= 24
    assert len(both.data) == 1
    assert "✗" in both.layout.annotations[1].text


@pytest.mark.parametrize("num_labels", [2, 3])
def test_few_labels_keep_their_order_while_a_person_types(num_labels):
    answer = dict(zip(("neg", "neu", "pos"), (0.1, 0.7, 0.2)[:num_labels], strict=False))
    figure = drawn({"fine_tuned": answer})

    assert figure.layout.yaxis.ticktext[1:] == tuple(answer)


def test_of_many_labels_each_model_shows_its_likeliest():
    answers = {
        "fine_tuned": {f"c{place}": place / 11175 for place in range(150)},
        "scratch": {f"c{place}": (150 - place) / 11325 for place in range(150)},
    }
    figure = drawn(answers)

    assert figure.layout.yaxis.ticktext[1:4] == ("c149", "c148", "c147")
    assert figure.layout.yaxis.ticktext[5:8] == ("c0", "c1", "c2")
    assert figure.layout.height < 200


def test_labels_are_never_markup():
    figure = drawn({"fine_tuned": {"<b>a</b>": 0.9, "$x$": 0.1}}, target="$x$")

    assert "<b>a" not in figure.layout.yaxis.ticktext[1]
    assert "$" not in figure.layout.yaxis.ticktext[2]
    assert figure.layout.annotations[0].text.startswith("<b>&lt;b&gt;a")


def test_without_any_model_it_says_what_to_do():
    assert "Ask to see what each model answers" in drawn({}).layout.meta["alt"]
