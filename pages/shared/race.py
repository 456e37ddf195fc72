"""The race: learning curves with a switch for what is on each axis."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.shared.frame import draw_figure
from pages.shared.results import dataset_of, labels_of, styles_of
from pages.shared.state import theme
from tl_core.charts import learning_curves
from tl_core.charts.curves import XAxis, YAxis
from tl_core.charts.template import name_budget
from tl_core.results.fairness import BUDGET_WORDS
from tl_core.results.numbers import race_numbers
from tl_core.results.tables import floor_on_validation, race_points
from tl_core.schema import Event, ExperimentConfig, Metric, RunConfig

X_WORDS: dict[XAxis, str] = {"train_s": "Seconds", "step": "Steps", "examples_seen": "Examples"}
Y_WORDS: dict[YAxis, str] = {"accuracy": "Accuracy", "macro_f1": "Macro-F1", "loss": "Loss"}


def draw_race(
    experiment: ExperimentConfig,
    runs: Sequence[tuple[RunConfig, Sequence[Event]]],
    *,
    key: str,
) -> None:
    """Draw the validation curves of some runs of one train size, each from its own zero."""
    x, y = choose_axes(experiment.headline_metric, key=key)
    points = race_points(runs)
    figure = learning_curves(
        points, styles_of(experiment), x=x, y=y, floor=_floor(experiment, runs, y), theme=theme()
    )
    numbers = race_numbers(points, x, y, labels_of(experiment)) if len(points) else None
    draw_figure(name_budget(figure, BUDGET_WORDS[experiment.training.budget]), numbers, key=f"{key}_figure")


def choose_axes(headline: Metric, *, key: str) -> tuple[XAxis, YAxis]:
    """Let what is on the axes be chosen; training seconds and the headline metric by default."""
    with st.container(horizontal=True):
        y: YAxis = _switch("Value", Y_WORDS, headline.value, f"{key}_y_{headline.value}")
        x: XAxis = _switch("Over", X_WORDS, "train_s", f"{key}_x")
    return x, y


def _switch(label: str, words: Mapping[Any, str], default: str, key: str) -> Any:
    return st.segmented_control(
        label,
        list(words),
        default=default,
        format_func=words.__getitem__,
        required=True,
        label_visibility="collapsed",
        key=key,
        persist_state="session",
    )


def _floor(
    experiment: ExperimentConfig, runs: Sequence[tuple[RunConfig, Sequence[Event]]], y: YAxis
) -> float | None:
    if y == "loss":
        return None
    dataset = dataset_of(experiment.dataset_fingerprint)
    return floor_on_validation(runs, dataset.info.label_counts if dataset else {}, Metric(y))
