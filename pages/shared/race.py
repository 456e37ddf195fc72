"""The race: learning curves with a switch for what is on each axis."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.shared.frame import draw_figure
from pages.shared.results import dataset_of, styles_of
from pages.shared.state import theme
from tl_core.charts import learning_curves
from tl_core.charts.curves import XAxis, YAxis
from tl_core.results.tables import floor_on_validation, race_points
from tl_core.schema import Event, ExperimentConfig, Metric, RunConfig

X_WORDS: dict[XAxis, str] = {"train_s": "Seconds", "step": "Steps", "examples_seen": "Examples"}
Y_WORDS: dict[YAxis, str] = {"accuracy": "Accuracy", "macro_f1": "Macro-F1", "loss": "Loss"}


def draw_race(
    experiment: ExperimentConfig,
    runs: Sequence[tuple[RunConfig, Sequence[Event]]],
    *,
    key: str,
    has_table: bool,
) -> None:
    """Draw the validation curves of some runs of one train size, each from its own zero."""
    with st.container(horizontal=True):
        y: YAxis = _switch("Value", Y_WORDS, experiment.headline_metric.value, f"{key}_y")
        x: XAxis = _switch("Over", X_WORDS, "train_s", f"{key}_x")
    points = race_points(runs)
    figure = learning_curves(
        points, styles_of(experiment), x=x, y=y, floor=_floor(experiment, runs, y), theme=theme()
    )
    draw_figure(figure, _numbers(points, x, y) if has_table else None, key=f"{key}_figure")


def _switch(label: str, words: Mapping[str, str], default: str, key: str) -> Any:
    return st.segmented_control(
        label,
        list(words),
        default=default,
        format_func=words.__getitem__,
        required=True,
        label_visibility="collapsed",
        key=key,
    )


def _floor(
    experiment: ExperimentConfig, runs: Sequence[tuple[RunConfig, Sequence[Event]]], y: YAxis
) -> float | None:
    if y == "loss":
        return None
    dataset = dataset_of(experiment.dataset_fingerprint)
    return floor_on_validation(runs, dataset.info.label_counts if dataset else {}, Metric(y))


def _numbers(points: pd.DataFrame, x: XAxis, y: YAxis) -> pd.DataFrame:
    return points[["arm", "seed", x, y]].rename(
        columns={x: X_WORDS[x].lower(), y: f"validation {Y_WORDS[y].lower()}"}
    )
