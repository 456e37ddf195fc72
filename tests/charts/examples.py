"""One call of every figure, with friendly or hostile names, for the tests that hold for all of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tl_core import charts
from tl_core.charts import Theme
from tl_core.charts.calibration import reliability_diagram
from tl_core.charts.data_efficiency import data_efficiency
from tl_core.charts.layer_ablation import layer_ablation
from tl_core.charts.layers import representation_similarity, weight_movement
from tl_core.charts.selective_prediction import coverage_curves
from tl_core.charts.weights import starting_weights
from tl_core.schema import Arm, Metric

HOSTILE = '<b>bold</b> <a href="https://example.org">link</a> $x^2$ %{meta.alt} &lt;'


@dataclass(frozen=True)
class Names:
    """The texts that a person or a model hub chooses."""

    label: str = "refund"
    base_model: str = "distilbert-base-uncased"


def arms(names: Names) -> list[Arm]:
    return [Arm.parse("fine_tuned"), Arm.parse("scratch"), Arm.parse(f"fine_tuned:{names.base_model}")]


def climbing_curves(arm_names: list[str], *, num_points: int = 12, num_seeds: int = 2) -> pd.DataFrame:
    """Runs that climb from 0.4 along a straight line, each arm a little higher than the one before."""
    rows = [
        {
            "arm": arm,
            "run_id": f"{arm}-{seed}",
            "seed": seed,
            "train_s": 2.0 * step,
            "step": step,
            "examples_seen": 16 * step,
            "accuracy": 0.4 + (0.02 + 0.002 * place) * step,
            "macro_f1": 0.3 + 0.02 * step,
            "loss": 2.0 - 0.1 * step,
        }
        for place, arm in enumerate(arm_names)
        for seed in range(num_seeds)
        for step in range(num_points)
    ]
    columns = ["arm", "run_id", "seed", "train_s", "step", "examples_seen", "accuracy", "macro_f1", "loss"]
    return pd.DataFrame(rows, columns=columns)


def overview(names: Names, theme: Theme) -> go.Figure:
    listed = arms(names)
    table = pd.DataFrame(
        [{"arm": arm.name, "seed": seed, "value": 0.7 + seed / 50} for arm in listed for seed in range(3)]
    )
    summary = pd.DataFrame([{"arm": arm.name, "mean": 0.72, "low": 0.68, "high": 0.76} for arm in listed])
    styles = charts.arm_styles(listed, {}, theme)
    return charts.arms_overview(table, summary, styles, metric=Metric.ACCURACY, floor=0.4, theme=theme)


def intervals(names: Names, theme: Theme) -> go.Figure:
    rows = [(names.label, 0.21, 0.14, 0.29), (names.base_model, 0.01, -0.05, 0.07)]
    return charts.difference_interval(
        pd.DataFrame(rows, columns=["pair", "difference", "low", "high"]), theme=theme
    )


def curves(names: Names, theme: Theme) -> go.Figure:
    listed = arms(names)
    table = climbing_curves([arm.name for arm in listed])
    return charts.learning_curves(table, charts.arm_styles(listed, {}, theme), floor=0.4, theme=theme)


def per_class(names: Names, theme: Theme) -> go.Figure:
    rows = [(names.label, 0.3, 0.1, 0.5, 0.9, 0.6, 30), ("praise", -0.05, -0.3, 0.2, 0.7, 0.75, 12)]
    columns = ["label", "difference", "low", "high", "value_a", "value_b", "support"]
    table = pd.DataFrame(rows, columns=columns)
    styles = list(charts.arm_styles(arms(names), {}, theme).values())
    return charts.per_class_difference(table, styles[2], styles[1], theme=theme)


def confusion(names: Names, theme: Theme) -> go.Figure:
    style = charts.arm_styles(arms(names), {}, theme)["fine_tuned"]
    return charts.confusion_matrix([[8, 2], [3, 7]], [names.label, "praise"], style, theme=theme)


def confusion_gap(names: Names, theme: Theme) -> go.Figure:
    styles = list(charts.arm_styles(arms(names), {}, theme).values())
    labels = [names.label, "praise"]
    return charts.confusion_difference(
        [[8, 2], [3, 7]], [[5, 5], [3, 7]], labels, styles[2], styles[1], theme=theme
    )


def agreement(names: Names, theme: Theme) -> go.Figure:
    styles = list(charts.arm_styles(arms(names), {}, theme).values())
    return charts.who_is_right([[60, 25], [5, 10]], styles[2], styles[1], theme=theme)


def balance(names: Names, theme: Theme) -> go.Figure:
    return charts.class_balance({names.label: 30, "praise": 10}, theme=theme)


def lengths(names: Names, theme: Theme) -> go.Figure:
    return charts.length_histogram(np.arange(1, 101), 64, theme=theme)


def answers(names: Names, theme: Theme) -> go.Figure:
    listed = arms(names)
    rows = [
        (arm.name, label, share)
        for arm in listed
        for label, share in ((names.label, 0.7), ("praise", 0.2), ("other", 0.1))
    ]
    table = pd.DataFrame(rows, columns=["arm", "label", "probability"])
    return charts.probabilities(table, charts.arm_styles(listed, {}, theme), num_labels=3, theme=theme)


def efficiency(names: Names, theme: Theme) -> go.Figure:
    listed = arms(names)
    rows = [
        (arm.name, size, 0, 0.5 + 0.1 * place, 0.4 + 0.1 * place, 0.6 + 0.1 * place)
        for arm in listed
        for place, size in enumerate((50, 100, 400))
    ]
    means = pd.DataFrame(rows, columns=["arm", "train_size", "seed", "mean", "low", "high"])
    styles = charts.arm_styles(listed, {}, theme)
    return data_efficiency(means.assign(value=means["mean"]), means, styles, floor=0.4, theme=theme)


def weights(names: Names, theme: Theme) -> go.Figure:
    listed = arms(names)
    rows = [(arm.name, 22_713_216, 1_155, True) for arm in listed]
    table = pd.DataFrame(rows, columns=["arm", "pretrained", "random", "is_trained"])
    return starting_weights(table, charts.arm_styles(listed, {}, theme), theme=theme)


def reliability(names: Names, theme: Theme) -> go.Figure:
    rows = [
        (False, 0.533, 0.6, 0.6, 0.5, 0.3, 0.7, 40),
        (False, 0.933, 1.0, 0.95, 0.8, 0.7, 0.9, 12_000),
        (True, 0.733, 0.8, 0.8, 0.75, 0.6, 0.9, 12_040),
    ]
    columns = ["is_after", "lower", "upper", "confidence", "accuracy", "low", "high", "num_answers"]
    style = charts.arm_styles(arms(names), {}, theme)[f"fine_tuned:{names.base_model}"]
    table = pd.DataFrame(rows, columns=columns)
    return reliability_diagram(table, style, temperature=1.6, errors=(0.149, 0.05), theme=theme)


def coverage(names: Names, theme: Theme) -> go.Figure:
    listed = arms(names)
    rows = [
        (arm.name, share, int(100 * share), 1.1 - 0.4 * share, 1 - 0.4 * share, 1.2 - 0.4 * share, 3)
        for arm in listed
        for share in (0.5, 1.0)
    ]
    columns = ["arm", "coverage", "num_answered", "accuracy", "low", "high", "num_seeds"]
    styles = charts.arm_styles(listed, {}, theme)
    return coverage_curves(pd.DataFrame(rows, columns=columns), styles, theme=theme)


def ladder(names: Names, theme: Theme) -> go.Figure:
    kept = {"scratch": 0.0, "shuffled": 0.0, "reinit_top_2": 0.8, f"fine_tuned:{names.base_model}": 1.0}
    rows = [(arm, share, 0, 0.6, 0.5, 0.7) for arm, share in kept.items()]
    means = pd.DataFrame(rows, columns=["arm", "kept", "seed", "mean", "low", "high"])
    styles = charts.arm_styles([Arm.parse(arm) for arm in kept], {}, theme)
    return layer_ablation(means.assign(value=means["mean"]), means, styles, floor=0.4, theme=theme)


def changes(names: Names) -> pd.DataFrame:
    rows = [
        (arm.name, seed, part, 0.01 * (place + 1), 0.9 - 0.1 * place)
        for arm in arms(names)
        for seed in range(2)
        for place, part in enumerate(("embeddings", "layer 1", "layer 2", "head"))
    ]
    return pd.DataFrame(rows, columns=["arm", "seed", "part", "moved", "similarity"])


def movement(names: Names, theme: Theme) -> go.Figure:
    return weight_movement(changes(names), charts.arm_styles(arms(names), {}, theme), theme=theme)


def similarity(names: Names, theme: Theme) -> go.Figure:
    return representation_similarity(changes(names), charts.arm_styles(arms(names), {}, theme), theme=theme)


FIGURES: list[Callable[[Names, Theme], go.Figure]] = [
    overview,
    intervals,
    curves,
    per_class,
    confusion,
    confusion_gap,
    agreement,
    balance,
    lengths,
    answers,
    efficiency,
    weights,
    reliability,
    coverage,
    ladder,
    movement,
    similarity,
]
