"""Value over what was kept: places on the axis, the path from the bottom up, names and numbers."""

import pandas as pd
import pytest

from tests.charts.examples import HOSTILE
from tests.charts.test_every_figure import drawn
from tl_core.charts import arm_styles
from tl_core.charts.layer_ablation import layer_ablation
from tl_core.schema import Arm

KEPT = {
    "scratch": 0.0,
    "shuffled": 0.0,
    "encoder_only": 0.47,
    "embeddings_only": 0.53,
    "reinit_top_2": 0.84,
    "reinit_top_1": 0.92,
    "fine_tuned": 1.0,
}


def figure_of(kept=KEPT, low=0.05):
    means = pd.DataFrame(
        [
            (arm, share, 0.5 + share / 4, 0.5 + share / 4 - low, 0.55 + share / 4)
            for arm, share in kept.items()
        ],
        columns=["arm", "kept", "mean", "low", "high"],
    )
    seeds = pd.concat([means.assign(seed=seed, value=means["mean"]) for seed in (0, 1)])
    return layer_ablation(seeds, means, arm_styles([Arm.parse(arm) for arm in kept], {}), floor=0.4)


def traces(figure, name):
    return [one for one in figure.data if one.name == name]


def test_each_arm_stands_at_the_share_it_kept_with_its_seeds_and_interval():
    figure = figure_of()
    means = traces(figure, "mean")
    places = dict(zip(KEPT, [one.x[0] for one in means], strict=True))
    assert -0.05 < places.pop("shuffled") < 0, "beside from scratch"
    assert places == {arm: share for arm, share in KEPT.items() if arm != "shuffled"}
    assert all(one.error_y.arrayminus[0] == pytest.approx(0.05) for one in means)
    assert [len(one.y) for one in traces(figure, "seeds")] == [2] * len(KEPT)


def test_the_path_leads_through_the_arms_that_keep_more_and_more_from_the_bottom():
    (path,) = traces(figure_of(), "path")
    assert list(path.x) == [0.0, 0.53, 0.84, 0.92, 1.0]


def test_the_two_ends_alone_are_not_joined():
    assert traces(figure_of({"scratch": 0.0, "fine_tuned": 1.0}), "path") == []


def test_steps_show_how_many_layers_were_drawn_anew_and_share_one_name():
    texts = [note.text for note in figure_of().layout.annotations]
    assert texts.count("<b>1</b>") == texts.count("<b>2</b>") == 1
    assert "<b>1, 2 …</b> Top layers redrawn" in texts
    assert "<b>50.0</b> Shuffled" in texts
    assert "<b>75.0</b> Fine-tuned" in texts


def test_a_single_seed_draws_no_bar():
    figure = figure_of(low=float("nan"))
    assert not any(one.error_y.visible for one in traces(figure, "mean"))


def test_without_results_it_says_so():
    figure = layer_ablation(
        pd.DataFrame(columns=["arm", "kept", "seed", "value"]),
        pd.DataFrame(columns=["arm", "kept", "mean", "low", "high"]),
        {},
    )
    assert not figure.data
    assert "No model of the ladder" in figure.layout.meta["alt"]


def test_the_alternative_text_has_every_arm():
    alt = figure_of().layout.meta["alt"]
    assert "From scratch 50.0% with 0% kept" in alt
    assert "Top 2 layers redrawn 71.0% with 84% kept" in alt


def test_a_name_is_shown_literally():
    texts = drawn(figure_of({"scratch": 0.0, f"fine_tuned:{HOSTILE}": 1.0}))
    assert not any("<a" in text or "<b>bold" in text or "$" in text for text in texts)
