"""The race: learning curves with a switch for what is on each axis."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.ui.frame import draw_figure
from pages.ui.readers import arm_names_of, dataset_of, styles_of
from pages.ui.session import theme
from tl_core.charts import learning_curves
from tl_core.charts.learning_curves import XAxis, YAxis
from tl_core.charts.template import name_budget
from tl_core.results.fairness import BUDGET_WORDS
from tl_core.results.numbers import learning_curve_numbers
from tl_core.results.tables import floor_on_validation, is_energy_known, learning_curve_points
from tl_core.schema import Event, ExperimentConfig, Metric, RunConfig

X_WORDS: dict[XAxis, str] = {
    "step": "Steps",
    "train_s": "Seconds",
    "examples_seen": "Examples",
    "energy_wh": "Energy (Wh)",
}
ENDS = (
    "The number beside a line is its end: the mean over the seeds that have finished, each with the weights "
    "that it kept; before one has, where they are now. It is the same on every axis."
)
Y_WORDS: dict[YAxis, str] = {"accuracy": "Accuracy", "macro_f1": "Macro-F1", "loss": "Loss"}


def draw_learning_curves(
    experiment: ExperimentConfig,
    runs: Sequence[tuple[RunConfig, Sequence[Event]]],
    *,
    key: str,
) -> None:
    """Draw the validation curves of some runs of one train size, each from its own zero."""
    points = learning_curve_points(runs)
    x, y = choose_axes(experiment.headline_metric, key=key, has_energy=is_energy_known(points))
    floor = None
    if y != "loss":
        dataset = dataset_of(experiment.dataset_fingerprint)
        floor = floor_on_validation(runs, dataset.info.label_counts if dataset else {}, Metric(y))
    figure = learning_curves(points, styles_of(experiment), x=x, y=y, floor=floor, theme=theme())
    numbers = learning_curve_numbers(points, x, y, arm_names_of(experiment)) if len(points) else None
    draw_figure(name_budget(figure, BUDGET_WORDS[experiment.training.budget]), numbers, key=f"{key}_figure")
    st.caption(ENDS)


def choose_axes(headline: Metric, *, key: str, has_energy: bool) -> tuple[XAxis, YAxis]:
    """Let what is on the axes be chosen; steps and the headline metric by default."""
    with st.container(horizontal=True):
        y: YAxis = _switch("Value", Y_WORDS, headline.value, f"{key}_y_{headline.value}")
        x: XAxis = choose_over(X_WORDS, key=f"{key}_x", has_energy=has_energy)
    return x, y


def choose_over(words: Mapping[Any, str], *, key: str, has_energy: bool) -> Any:
    """Let the horizontal axis be chosen, the first of ``words`` by default.

    Energy is offered only where it is known of all that is shown; without it, it is another widget, for one
    may not keep a choice that it does not offer.
    """
    offered = {name: word for name, word in words.items() if has_energy or name != "energy_wh"}
    return _switch("Over", offered, next(iter(offered)), f"{key}_energy" if has_energy else key)


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
