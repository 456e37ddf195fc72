"""Value over training examples: a logarithmic axis, bands, every seed, labels at the line's ends."""

import pandas as pd
import pytest

from tests.charts.examples import HOSTILE
from tests.charts.test_every_figure import drawn
from tl_core.charts import arm_styles
from tl_core.charts.data_efficiency import data_efficiency
from tl_core.evaluation.data_efficiency import DataEfficiency, Needed
from tl_core.schema import Arm, Flag, Metric

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
    assert "test macro-F1; dots are seeds, bands 95% intervals" in texts
    assert figure.layout.yaxis.range[0] < 0.2
    assert "Fine-tuned 50.0% with 50, 60.0% with 100, 70.0% with 400" in figure.layout.meta["alt"]


def test_a_single_size_is_a_point_with_its_interval():
    figure = data_efficiency(*tables(sizes=(50,)), styles())
    assert list(figure.layout.xaxis.tickvals) == [50]
    low, high = figure.layout.xaxis.range
    assert low < high


def test_nothing_finished_is_said():
    figure = data_efficiency(*(table.iloc[:0] for table in tables()), styles())
    assert figure.layout.meta["alt"] == "No model has finished yet."


def test_a_name_is_shown_literally():
    names = ["fine_tuned", f"fine_tuned:{HOSTILE}"]
    texts = drawn(data_efficiency(*tables(names=names), styles(names)))
    assert any("&lt;b&gt;bold" in text for text in texts)
    assert not any("<a" in text or "<b>bold" in text or "$" in text for text in texts)


def worth(above=50, most=100, low=50, high=100, **changes):
    fields = {
        "a": "fine_tuned",
        "b": "scratch",
        "metric": Metric.ACCURACY,
        "sizes": (50, 100, 400),
        "size": 400,
        "value": 0.55,
        "needed": Needed(above=above, most=most, low=low, high=high),
        "num_seeds": 2,
        "num_examples": 100,
        "scope": "expected",
    }
    return DataEfficiency(**(fields | changes))


def arrows(figure):
    return [note for note in figure.layout.annotations if note.ax is not None]


def test_what_labels_were_worth_is_an_arrow_from_one_curve_to_the_other_with_its_number():
    figure = data_efficiency(*tables(), styles(), worth=worth())
    (arrow,) = arrows(figure)
    assert (10**arrow.ax, 10**arrow.x) == (pytest.approx(400), pytest.approx(100))
    assert arrow.y == arrow.ay == 0.55
    assert "<b>at least 300 labels</b>" in [note.text for note in figure.layout.annotations]
    needed = next(trace for trace in figure.data if trace.name == "needed")
    assert list(needed.x) == [50, 100]
    assert "is at least 300 labels, 95% interval 300 to 350." in figure.layout.meta["alt"]


def test_an_end_outside_of_the_measured_range_lies_at_its_edge():
    figure = data_efficiency(*tables(), styles(), worth=worth(0, 50, 0, 50))
    assert 10 ** arrows(figure)[0].x == pytest.approx(50)
    assert next(trace for trace in figure.data if trace.name == "needed").x[0] == 50


def test_without_labels_shown_to_be_saved_there_is_no_arrow():
    figure = data_efficiency(*tables(), styles(), worth=worth(100, 400, 100, float("inf")))
    assert not arrows(figure)
    assert "no labels shown to be saved" in [note.text for note in figure.layout.annotations]


def test_a_flag_stands_at_the_number():
    flag = Flag(code="collapsed", arm="scratch", phrase="", remedy="", seeds=(0,))
    figure = data_efficiency(*tables(), styles(), worth=worth(flags=(flag,)))
    assert "<b>at least 300 labels (flagged)</b>" in [note.text for note in figure.layout.annotations]
