"""The race: means over seeds, running states, labels at the line's ends."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.charts.examples import climbing_curves
from tl_core.charts import ArmStyle, arm_styles, learning_curves
from tl_core.charts.learning_curves import MAX_POINTS, Curve, mean_curve
from tl_core.charts.lines import BOTTOM_PX, LINE_PX, TOP_PX
from tl_core.schema import Arm, SplitName

EIGHT = ["fine_tuned", "scratch", "frozen", "frozen_random", *(f"fine_tuned:m{i}" for i in range(4))]


def curve(x: list[float], y: list[float]) -> Curve:
    return Curve(x=np.array(x, dtype=float), y=np.array(y, dtype=float))


def styles(names: list[str]) -> dict[str, ArmStyle]:
    return arm_styles([Arm.parse(name) for name in names], {})


def traces(figure, name: str) -> list:
    return [trace for trace in figure.data if trace.name == name]


def test_a_run_that_has_ended_holds_its_value_in_the_mean():
    mean = mean_curve([curve([0, 10, 20], [0.0, 1.0, 1.0]), curve([0, 5, 15], [0.0, 1.0, 0.0])])

    assert mean.x.tolist() == [0, 5, 10, 15, 20]
    assert mean.y.tolist() == [0.0, 0.75, 0.75, 0.5, 0.5]


def test_the_mean_ends_at_the_mean_of_the_weights_that_were_kept():
    kept = replace(curve([0, 10, 20], [0.2, 0.8, 0.6]), kept=0.8)
    mean = mean_curve([kept, curve([0, 10], [0.2, 0.4])])

    assert (mean.x[-1], mean.y[-1]) == (20, pytest.approx(0.6)), "of 0.8, which was put back, and 0.4"
    assert mean.y[-2] == pytest.approx(0.5), "what was seen at the last evaluation stays in the line"


def test_of_running_seeds_one_with_a_single_point_does_not_hold_back_the_mean():
    running = [replace(one, is_ended=False) for one in (curve([0, 10], [0.2, 0.4]), curve([0], [0.9]))]
    mean = mean_curve(running)

    assert mean.x.tolist() == [0, 10]
    assert mean.y.tolist() == [0.2, 0.4]


def test_mean_of_single_points_is_a_point():
    assert mean_curve([curve([0], [0.3]), curve([0], [0.5])]).x.tolist() == [0]


def test_points_at_different_places_have_a_mean_of_all_of_them():
    mean = mean_curve([curve([0.1], [0.3]), curve([0.2], [0.5]), curve([0.4], [0.7])])

    assert (mean.x.tolist(), mean.y.tolist()) == ([0.4], [pytest.approx(0.5)])


def test_every_seed_is_a_thin_line_under_a_thick_mean():
    figure = learning_curves(
        climbing_curves(["fine_tuned", "scratch"], num_seeds=3), styles(["fine_tuned", "scratch"])
    )

    assert len(traces(figure, "run")) == 6
    assert {trace.line.width for trace in traces(figure, "run")} == {1}
    assert [trace.line.color for trace in traces(figure, "mean")] == ["#0B6FB8", "#D55E00"]
    assert {trace.line.width for trace in traces(figure, "mean")} == {3}


@pytest.mark.parametrize(
    ("x", "title"),
    [
        ("train_s", "training seconds (evaluation left out)"),
        ("step", "optimizer steps"),
        ("examples_seen", "training examples seen"),
    ],
)
def test_x_axis_names_its_unit(x, title):
    assert (
        learning_curves(climbing_curves(["scratch"]), styles(["scratch"]), x=x).layout.xaxis.title.text
        == title
    )


def test_fractions_are_in_percent_and_losses_are_not():
    accuracy = learning_curves(climbing_curves(["scratch"]), styles(["scratch"]))
    loss = learning_curves(climbing_curves(["scratch"]), styles(["scratch"]), y="loss", split=SplitName.TRAIN)

    assert accuracy.layout.yaxis.tickformat == ".0%"
    assert "validation accuracy" in [note.text for note in accuracy.layout.annotations]
    assert "%" not in loss.layout.yaxis.tickformat
    assert "train loss (nats)" in [note.text for note in loss.layout.annotations]


def test_the_title_says_how_many_examples_the_values_are_of():
    table = climbing_curves(["scratch"]).assign(num_examples=512)
    figure = learning_curves(table, styles(["scratch"]))

    assert "validation accuracy, 512 examples" in [note.text for note in figure.layout.annotations]


def test_floor_is_dotted_and_named():
    figure = learning_curves(climbing_curves(["scratch"]), styles(["scratch"]), floor=0.25)

    assert figure.layout.shapes[0].line.dash == "dot"
    assert figure.layout.shapes[0].y0 == 0.25
    assert figure.layout.yaxis.range[0] < 0.25
    assert any("largest class" in note.text for note in figure.layout.annotations)


def test_end_labels_carry_value_and_name_in_the_arms_ink():
    figure = learning_curves(climbing_curves(["scratch"]), styles(["scratch"]))
    label = figure.layout.annotations[0]

    assert label.text == "<b>62.0</b> From scratch"
    assert label.font.color == styles(["scratch"])["scratch"].ink


@pytest.mark.parametrize("num_arms", range(1, 9))
def test_end_labels_never_overlap(num_arms):
    names = EIGHT[:num_arms]
    figure = learning_curves(climbing_curves(names), styles(names))
    labels = [note for note in figure.layout.annotations if note.text.startswith("<b>")]
    plot_px = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    boxes = sorted((plot_px * note.y, 15 * (1 + note.text.count("<br>"))) for note in labels)

    assert len(boxes) == num_arms
    for (below, height_below), (above, height_above) in zip(boxes, boxes[1:], strict=False):
        assert above - below >= (height_below + height_above) / 2
    assert boxes[0][0] > -figure.layout.margin.b
    assert boxes[-1][0] < plot_px + figure.layout.margin.t


def test_line_that_stops_early_gets_a_leader_to_its_label():
    short = climbing_curves(["frozen"], num_points=4)
    figure = learning_curves(pd.concat([climbing_curves(["scratch"]), short]), styles(["scratch", "frozen"]))
    (leader,) = traces(figure, "leader")

    assert leader.x == (3.0, 11.0, 11.0)
    assert leader.y[0] == leader.y[1], "level, and not a curve that falls or rises"
    assert leader.line.dash == "dot"


def test_one_point_a_run_is_a_dot():
    figure = learning_curves(climbing_curves(["scratch"], num_points=1), styles(["scratch"]))

    assert {trace.mode for trace in figure.data} == {"markers"}
    assert figure.layout.xaxis.range == (0, 1)


def test_arms_without_a_point_yet_are_left_out():
    figure = learning_curves(climbing_curves(["scratch"]), styles(["fine_tuned", "scratch"]))

    assert len(traces(figure, "mean")) == 1


def test_values_that_are_not_finite_are_left_out():
    table = climbing_curves(["scratch"], num_seeds=1)
    table.loc[3, "loss"] = np.nan
    table.loc[4, "loss"] = np.inf

    assert len(learning_curves(table, styles(["scratch"]), y="loss").data[0].x) == 10


def test_long_runs_are_thinned_and_keep_their_ends():
    figure = learning_curves(
        climbing_curves(["scratch"], num_points=3000, num_seeds=1), styles(["scratch"]), x="step"
    )

    for trace in figure.data:
        assert len(trace.x) <= MAX_POINTS
        assert (trace.x[0], trace.x[-1]) == (0, 2999)


def test_a_run_that_goes_on_does_not_shorten_the_mean_of_those_that_ended() -> None:
    ended = Curve(x=np.array([0.0, 10.0]), y=np.array([0.2, 0.8]))
    running = Curve(x=np.array([0.0, 1.0]), y=np.array([0.0, 0.0]), is_ended=False)
    np.testing.assert_array_equal(mean_curve([ended, running]).x, [0.0, 10.0])
    np.testing.assert_array_equal(mean_curve([running]).x, [0.0, 1.0])


def test_the_table_says_which_runs_have_ended() -> None:
    rows = [("scratch", "r1", 0, 0.0, 0.2, True), ("scratch", "r1", 0, 9.0, 0.8, True)]
    rows += [("scratch", "r2", 1, 0.0, 0.1, False), ("scratch", "r2", 1, 2.0, 0.1, False)]
    table = pd.DataFrame(rows, columns=["arm", "run_id", "seed", "train_s", "accuracy", "is_ended"])
    styles = arm_styles([Arm.parse("scratch")], {})
    mean = next(trace for trace in learning_curves(table, styles, x="train_s").data if trace.name == "mean")
    assert list(mean.x) == [0.0, 9.0]


def live_curves() -> pd.DataFrame:
    """One seed of an arm that has ended and one that trains."""
    rows = [("scratch", "r1", 0, 0.0, 0.2, True), ("scratch", "r1", 0, 9.0, 0.8, True)]
    rows += [("scratch", "r2", 1, 0.0, 0.1, False), ("scratch", "r2", 1, 2.0, 0.4, False)]
    return pd.DataFrame(rows, columns=["arm", "run_id", "seed", "train_s", "accuracy", "is_ended"])


def test_a_run_that_goes_on_ends_in_a_dot_that_says_so() -> None:
    figure = learning_curves(live_curves(), styles(["scratch"]), x="train_s")
    (live,) = traces(figure, "live")

    assert (live.x, live.y, live.text) == ((2.0,), (0.4,), "now")
    assert "From scratch ends at 80.0%, From scratch is at 40.0% now." in figure.layout.meta["alt"]


def test_without_a_run_that_goes_on_nothing_is_now() -> None:
    table = live_curves()
    figure = learning_curves(table.loc[table["is_ended"]], styles(["scratch"]), x="train_s")

    assert traces(figure, "live") == []
    assert "now" not in figure.layout.meta["alt"]


def test_an_arm_of_which_no_run_has_ended_ends_nowhere_yet() -> None:
    table = live_curves()
    figure = learning_curves(table.loc[~table["is_ended"]], styles(["scratch"]), x="train_s")

    assert "ends at" not in figure.layout.meta["alt"]


def with_straggler(table: pd.DataFrame, times: float, seed: int = 1) -> pd.DataFrame:
    """Make one seed of all arms so many times longer, on every axis."""
    slow = table["seed"] == seed
    axes = ["train_s", "step", "examples_seen"]
    return table.assign(**{name: table[name].where(~slow, times * table[name]) for name in axes})


def label(figure) -> str:
    return next(note.text for note in figure.layout.annotations if note.text.startswith("<b>"))


@pytest.mark.parametrize("x", ["train_s", "step", "examples_seen"])
@pytest.mark.parametrize("num_seeds", [2, 3, 5])
def test_one_slow_seed_sets_neither_the_scale_nor_the_value(x, num_seeds):
    table = climbing_curves(["scratch"], num_seeds=num_seeds)
    table["accuracy"] += 0.03 * table["seed"]
    usual = learning_curves(table, styles(["scratch"]), x=x)
    slow = learning_curves(with_straggler(table, 10), styles(["scratch"]), x=x)

    assert slow.layout.xaxis.range == usual.layout.xaxis.range
    assert label(slow) == label(usual)
    assert all(max(trace.x) <= slow.layout.xaxis.range[1] for trace in slow.data)
    assert not any("beyond" in note.text for note in usual.layout.annotations)
    (beyond,) = [note.text for note in slow.layout.annotations if "beyond the edge" in note.text]
    longest = {"train_s": "220.0 s", "step": "110 steps", "examples_seen": "1,760 examples"}[x]
    assert beyond == f"beyond the edge: From scratch, seed 1 to {longest}"
    assert f"Beyond the edge: From scratch, seed 1 to {longest}." in slow.layout.meta["alt"]
    assert slow.layout.height - slow.layout.margin.b == usual.layout.height - usual.layout.margin.b


def test_many_that_go_on_are_counted_and_not_all_named():
    names = [f"fine_tuned:m{place}" for place in range(5)]
    figure = learning_curves(with_straggler(climbing_curves(names, num_seeds=3), 10), styles(names))
    (beyond,) = [note.text for note in figure.layout.annotations if "beyond the edge" in note.text]

    assert beyond.count("seed 1") == 3
    assert beyond.endswith("and 2 more")


def test_a_line_cut_before_its_end_leads_to_the_value_that_it_comes_to():
    table = climbing_curves(["scratch"], num_seeds=2)
    figure = learning_curves(with_straggler(table, 10), styles(["scratch"]), x="train_s")
    (mean,), (leader,) = traces(figure, "mean"), traces(figure, "leader")

    assert label(figure) == "<b>62.0</b> From scratch"
    assert mean.y[-1] == pytest.approx((0.62 + 0.422) / 2), "the slow seed has come a tenth of its way"
    assert (leader.x[0], leader.x[-1]) == (mean.x[-1], mean.x[-1]) == (22, 22)
    assert (leader.y[0], leader.y[-1]) == (mean.y[-1], pytest.approx(0.62, abs=0.01))


def test_a_slow_seed_that_goes_on_is_at_the_edge_now_and_says_where() -> None:
    table = with_straggler(climbing_curves(["scratch"], num_seeds=3), 10).assign(is_ended=True)
    table.loc[table["seed"] == 1, "is_ended"] = False
    figure = learning_curves(table, styles(["scratch"]), x="train_s")
    (live,) = traces(figure, "live")

    assert (live.x, live.text) == ((figure.layout.xaxis.range[1],), "now")
    assert any("seed 1 now at 220.0 s" in note.text for note in figure.layout.annotations)


def test_a_run_that_has_just_begun_makes_no_straggler_of_the_others() -> None:
    table = climbing_curves(["scratch"], num_seeds=2).assign(is_ended=True)
    begun = table.loc[(table["seed"] == 1) & (table["step"] <= 1)].assign(is_ended=False)
    table = pd.concat([table.loc[table["seed"] == 0], begun])

    assert learning_curves(table, styles(["scratch"]), x="step").layout.xaxis.range == (0, 11)


@pytest.mark.parametrize("value", [0.39, 0.4, 0.41, 0.6])
def test_now_and_the_name_of_the_floor_never_meet(value) -> None:
    rows = [("scratch", "r1", 0, 0, 0.3, False), ("scratch", "r1", 0, 2, value, False)]
    table = pd.DataFrame(rows, columns=["arm", "run_id", "seed", "step", "accuracy", "is_ended"])
    figure = learning_curves(table, styles(["scratch"]), floor=0.4)
    (live,) = traces(figure, "live")
    beside = [
        note for note in figure.layout.annotations if "From scratch" in note.text or "class" in note.text
    ]

    assert live.textposition == ("top left",), "within the plot"
    assert [(note.x, note.xanchor) for note in beside] == [(1, "left")] * 2, "beside the plot"
    apart_px = abs(beside[0].y - beside[1].y) * (figure.layout.height - TOP_PX - BOTTOM_PX)
    assert apart_px >= 1.5 * LINE_PX - 0.01, "half of one line and half of two"
