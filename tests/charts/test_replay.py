"""The race replayed: one clock, frames that move into each other, controls, a small payload."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.charts.examples import HOSTILE, climbing_curves
from tests.charts.test_every_figure import drawn
from tl_core.charts import arm_styles
from tl_core.charts.replay import NUM_FRAMES, REPLAY_S, replay
from tl_core.schema import Arm

ARMS = ["fine_tuned", "scratch"]


def styles(names=ARMS):
    return arm_styles([Arm.parse(name) for name in names], {})


def runs(*rows):
    """Make a table of evaluations ``(arm, seed, seconds, accuracy)``."""
    table = pd.DataFrame(rows, columns=["arm", "seed", "train_s", "accuracy"])
    return table.assign(run_id=table["arm"] + table["seed"].astype(str))


def moment(figure, share):
    """Return the traces of the frame at a share of the clock by name, one an arm for all but the clock's."""
    found = {}
    for look, trace in zip(figure.data, figure.frames[round(share * NUM_FRAMES)].data, strict=True):
        found.setdefault(look.name, []).append(trace)
    return found


UNEVEN = runs(
    ("fine_tuned", 0, 0.0, 0.2),
    ("fine_tuned", 0, 10.0, 0.8),
    ("fine_tuned", 1, 0.0, 0.4),
    ("fine_tuned", 1, 10.0, 1.0),
    ("scratch", 0, 0.0, 0.3),
    ("scratch", 0, 20.0, 0.5),
)


def test_the_clock_runs_from_zero_to_the_longest_run():
    clocks = [frame.data[0].x[0] for frame in replay(UNEVEN, styles()).frames]

    assert len(clocks) == NUM_FRAMES + 1
    assert (clocks[0], clocks[-1]) == (0, 20)
    assert np.allclose(np.diff(clocks), 20 / NUM_FRAMES)
    assert moment(replay(UNEVEN, styles()), 0.5)["time"][0].text == ("<b>10.0 s</b>",)


def test_a_line_is_cut_at_the_clock_and_waits_after_its_end():
    figure = replay(UNEVEN, styles())

    half_way = moment(figure, 0.25)["mean"][0]
    assert half_way.x == (0, 5)
    assert half_way.y == pytest.approx((0.3, 0.6)), "the mean of both seeds"
    assert moment(figure, 1)["mean"][0].x == (0, 10)


def test_seeds_run_as_dots():
    dots = moment(replay(UNEVEN, styles()), 0.25)["seeds"][0]

    assert dots.x == (5, 5)
    assert dots.y == pytest.approx((0.5, 0.7))


def test_a_label_moves_with_the_clock_and_says_the_value():
    figure = replay(UNEVEN, styles())

    then = moment(figure, 0.75)
    end, label = then["end"][0], then["label"][0]
    assert end.x == (10, 15, 15), "the arm has ended; a level line leads to its label"
    assert end.y[0] == end.y[1] == pytest.approx(0.9)
    assert (label.x, label.text[0].strip()) == ((15,), "<b>90.0</b> Fine-tuned")


def test_a_seed_that_has_ended_keeps_its_value_in_the_mean():
    table = runs(
        ("scratch", 0, 0.0, 0.2),
        ("scratch", 0, 10.0, 0.4),
        ("scratch", 1, 0.0, 0.2),
        ("scratch", 1, 20.0, 0.8),
    )
    last = moment(replay(table, styles(["scratch"])), 1)

    assert last["mean"][0].y[-1] == last["end"][0].y[0] == pytest.approx(0.6)
    assert last["seeds"][0].x == (10, 20)


def test_a_base_model_stands_on_a_line_of_its_own():
    names = ["scratch", "fine_tuned:org/other"]
    label = moment(replay(climbing_curves(names), styles(names)), 1)["label"][1]

    assert len(label.text) == 2
    assert "org/other" in label.text[1]
    assert label.y[0] > label.y[1]


def test_labels_that_would_meet_are_spread():
    start = moment(replay(UNEVEN, styles()), 0)

    assert [end.y[0] for end in start["end"]] == pytest.approx([0.3, 0.3])
    assert abs(start["label"][0].y[0] - start["label"][1].y[0]) > 0.04


def test_nothing_is_claimed_of_an_arm_before_its_first_evaluation():
    late = runs(("fine_tuned", 0, 0, 0.2), ("fine_tuned", 0, 20, 0.8), ("tfidf", 0, 5, 0.6))
    figure = replay(late, styles(["fine_tuned", "tfidf"]))

    before, after = moment(figure, 0.2), moment(figure, 0.3)
    assert [before[name][1].x[0] for name in ("seeds", "mean", "end")] == [None] * 3
    assert before["label"][1].text[0].strip() == ""
    assert after["end"][1].x[:2] == (5, 6)
    assert after["label"][1].text[0].strip() == "<b>60.0</b> TF-IDF"


def test_no_text_is_empty_so_that_none_flies_in_from_the_corner():
    texts = [trace.text for frame in replay(UNEVEN, styles()).frames for trace in frame.data if trace.text]

    assert texts
    assert all(words for line in texts for words in line)


def test_every_frame_has_the_same_traces_with_the_same_points():
    figure = replay(climbing_curves(ARMS, num_points=15, num_seeds=5), styles())
    shapes = {tuple((trace.type, len(trace.x), len(trace.y)) for trace in f.data) for f in figure.frames}

    assert len(shapes) == 1
    assert [len(trace.x) for trace in figure.data] == [points for _, points, _ in shapes.pop()]
    assert all(trace.line.simplify is False for trace in figure.data if trace.name == "mean")


def test_it_stands_at_the_end_until_it_is_played():
    figure = replay(UNEVEN, styles())

    assert [trace.x for trace in figure.data] == [trace.x for trace in figure.frames[-1].data]
    assert figure.layout.sliders[0].active == NUM_FRAMES


def test_it_plays_in_twenty_seconds_pauses_and_begins_again():
    play, pause, again = replay(UNEVEN, styles()).layout.updatemenus[0].buttons

    assert play.args[1]["frame"]["duration"] * NUM_FRAMES == 1000 * REPLAY_S == 20_000
    assert (play.args[0], play.args[1]["fromcurrent"]) == (None, True)
    assert (again.args[0], again.args[1]["fromcurrent"]) == (None, False)
    assert pause.args[0] == (None,)
    assert pause.args[1]["frame"]["duration"] == 0


def test_each_step_of_the_slider_shows_its_frame():
    figure = replay(UNEVEN, styles())

    assert [step.args[0] for step in figure.layout.sliders[0].steps] == [(f.name,) for f in figure.frames]


def test_the_largest_race_travels_in_less_than_500_kilobytes():
    names = [*ARMS, "frozen", "frozen_random", "fine_tuned:org/other-model", "frozen:org/other-model"]
    table = climbing_curves(names, num_points=200, num_seeds=10)
    jitter = np.random.default_rng(0).normal(scale=1e-3, size=len(table))
    figure = replay(table.assign(accuracy=table["accuracy"] + jitter), styles(names))

    assert len(figure.to_json()) < 500_000


def test_the_floor_is_dotted():
    figure = replay(UNEVEN, styles(), floor=0.4)

    assert figure.layout.shapes[0].line.dash == "dot"
    assert "always the largest class" in [note.text for note in figure.layout.annotations]


def test_single_points_cannot_be_replayed():
    figure = replay(runs(("tfidf", 0, 0.0, 0.6)), styles(["tfidf"]))

    assert not figure.frames
    assert "nothing to replay" in figure.layout.meta["alt"]


def test_values_that_are_not_finite_are_left_out():
    broken = pd.concat([UNEVEN, runs(("scratch", 0, 30.0, float("nan")))])

    assert replay(broken, styles()).frames[-1].data[0].x[0] == 20


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_names_are_never_markup(theme):
    names = ["scratch", f"fine_tuned:{HOSTILE}"]
    figure = replay(
        climbing_curves(names), arm_styles([Arm.parse(name) for name in names], {}, theme), theme=theme
    )

    texts = drawn(figure)
    assert not [text for text in texts if "<a" in text or "<b>bold" in text or "$" in text]
    assert any("&lt;b&gt;bold" in text for text in texts)
    assert json.loads(figure.to_json())["frames"]


def test_the_alternative_text_names_every_arm_with_value_and_time():
    alt = replay(UNEVEN, styles()).layout.meta["alt"]

    assert alt == (
        "Validation accuracy over training time, to be replayed: Fine-tuned comes to 90.0% after 10.0 s, "
        "From scratch comes to 50.0% after 20.0 s."
    )


def test_no_label_stands_beyond_the_axis_where_plotly_would_hide_it():
    figure = replay(UNEVEN.assign(train_s=UNEVEN["train_s"] * 0.704644), styles())  # ends at 14.09288
    assert all(max(trace.x) <= figure.layout.xaxis.range[1] for trace in figure.data if trace.mode == "text")


def with_straggler(times: float) -> pd.DataFrame:
    """Three seeds of an arm, of which one takes so many times longer."""
    return runs(
        *[("scratch", seed, 10.0 * share, 0.2 + 0.4 * share) for seed in (0, 1) for share in (0.0, 0.5, 1.0)],
        *[("scratch", 2, 10.0 * times * share, 0.2 + 0.7 * share) for share in (0.0, 0.5, 1.0)],
    )


def test_a_slow_seed_does_not_set_the_clock_and_counts_at_the_end():
    usual, slow = (replay(with_straggler(times), styles(["scratch"])) for times in (1, 10))

    assert slow.layout.xaxis.range == usual.layout.xaxis.range == (0, 10)
    assert moment(slow, 1)["label"][0].text == moment(usual, 1)["label"][0].text
    assert moment(slow, 1)["label"][0].text[0].strip() == "<b>70.0</b> From scratch"
    assert moment(slow, 1)["seeds"][0].y == pytest.approx((0.6, 0.6, 0.9))
    assert moment(slow, 1)["time"][0].text == ("<b>end</b>",), "its last moment is not one of the clock"
    assert moment(usual, 1)["time"][0].text == ("<b>10.0 s</b>",)
    assert any("beyond the edge: From scratch, seed 2 to 100.0 s" in n.text for n in slow.layout.annotations)
    assert "From scratch comes to 70.0% after 100.0 s" in slow.layout.meta["alt"]


def test_a_seed_ends_at_the_value_of_the_weights_that_it_kept():
    table = runs(("scratch", 0, 0.0, 0.2), ("scratch", 0, 10.0, 0.8), ("scratch", 0, 20.0, 0.5))
    last = moment(replay(table.assign(is_kept=table["train_s"] == 10), styles(["scratch"])), 1)

    assert last["label"][0].text[0].strip() == "<b>80.0</b> From scratch"
    assert last["seeds"][0].y == last["end"][0].y[:1] == (0.8,)
