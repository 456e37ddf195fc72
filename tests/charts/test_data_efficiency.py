"""Value over train examples: a logarithmic axis, bands, every seed, labels at the line's ends."""

import pandas as pd
import pytest

from tests.charts.examples import HOSTILE
from tests.charts.test_every_figure import drawn
from tl_core.charts import arm_styles
from tl_core.charts.data_efficiency import data_efficiency
from tl_core.schema import Arm, Metric

ARMS = ["fine_tuned", "scratch"]


def styles(names=ARMS, theme="light"):
    return arm_styles([Arm.parse(name) for name in names], {}, theme)


def tables(sizes=(50, 100, 400), names=ARMS):
    means = pd.DataFrame(
        [
            (arm, size, 0.5 + 0.1 * place, 0.4 + 0.1 * place, 0.6 + 0.1 * place)
            for arm in names
            for place, size in enumerate(sizes)
        ],
        columns=["arm", "train_size", "mean", "low", "high"],
    )
    seeds = pd.DataFrame(
        [(row.arm, row.train_size, seed, row.mean) for row in means.itertuples() for seed in range(2)],
        columns=["arm", "train_size", "seed", "value"],
    )
    return seeds, means


def test_the_axis_is_logarithmic_with_a_tick_for_each_size():
    figure = data_efficiency(*tables(), styles())
    assert figure.layout.xaxis.type == "log"
    assert list(figure.layout.xaxis.ticktext) == ["50", "100", "400"]
    assert "logarithmic" in figure.layout.xaxis.title.text


def test_crowded_sizes_keep_the_largest_tick():
    figure = data_efficiency(*tables(sizes=(10, 95, 98, 100)), styles())
    assert list(figure.layout.xaxis.tickvals) == [10, 100]


def test_each_arm_has_a_band_its_seeds_and_its_mean():
    figure = data_efficiency(*tables(), styles())
    by_name = {name: [t for t in figure.data if t.name == name] for name in ("interval", "seeds", "mean")}
    assert [len(traces) for traces in by_name.values()] == [2, 2, 2]
    assert by_name["interval"][0].fill == "toself"
    assert list(by_name["interval"][0].y) == pytest.approx([0.4, 0.5, 0.6, 0.8, 0.7, 0.6])
    assert len(by_name["seeds"][0].x) == 6
    assert [trace.line.color for trace in by_name["mean"]] == ["#0B6FB8", "#D55E00"]


def test_the_ends_are_named_directly():
    texts = [note.text for note in data_efficiency(*tables(), styles()).layout.annotations]
    assert "<b>70.0</b> Fine-tuned" in texts
    assert "<b>70.0</b> From scratch" in texts


def test_the_floor_and_the_metric_are_named():
    figure = data_efficiency(*tables(), styles(), metric=Metric.MACRO_F1, floor=0.2)
    texts = " ".join(note.text for note in figure.layout.annotations)
    assert "always the largest class" in texts
    assert "test macro-F1; dots are seeds, bands 95 % intervals" in texts
    assert figure.layout.yaxis.range[0] < 0.2
    assert "Fine-tuned 50.0 % with 50, 60.0 % with 100, 70.0 % with 400" in figure.layout.meta["alt"]


def test_a_single_size_is_a_point_with_its_interval():
    figure = data_efficiency(*tables(sizes=(50,)), styles())
    assert list(figure.layout.xaxis.tickvals) == [50]
    low, high = figure.layout.xaxis.range
    assert low < high


def test_nothing_finished_is_said():
    figure = data_efficiency(*(table.iloc[:0] for table in tables()), styles())
    assert figure.layout.meta["alt"] == "No arm has finished yet."


def test_a_name_is_shown_literally():
    names = ["fine_tuned", f"fine_tuned:{HOSTILE}"]
    texts = drawn(data_efficiency(*tables(names=names), styles(names)))
    assert any("&lt;b&gt;bold" in text for text in texts)
    assert not any("<a" in text or "<b>bold" in text or "$" in text for text in texts)
