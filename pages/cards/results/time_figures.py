"""What *Compare* shows of the arms over time: the race, its replay, and the time to the same accuracy."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.ui.figures import Display, budget_of, made_once
from pages.ui.formatting import literal
from pages.ui.readers import arm_names_of, dataset_of, styles_of
from pages.ui.session import theme
from tl_core.charts import learning_curves
from tl_core.charts import replay as replay_chart
from tl_core.charts import time_to_accuracy as chart
from tl_core.charts.learning_curves import XAxis, YAxis
from tl_core.results.captions import with_flags
from tl_core.results.comparison import ExperimentResults
from tl_core.results.highlights import Highlight, find_highlights
from tl_core.results.numbers import learning_curve_numbers
from tl_core.results.tables import floor_on_validation, is_energy_known, learning_curve_points
from tl_core.results.time_to_accuracy import (
    find_time_to_accuracy,
    time_numbers,
    time_rows,
    time_sentence,
)
from tl_core.schema import Event, Metric, RunConfig, Verdict

PRETRAINING_LEFT_OUT = "What pretraining itself cost is not included."


def _runs_of(results: ExperimentResults, train_size: int) -> list[tuple[RunConfig, tuple[Event, ...]]]:
    """Return the finished runs of one train size with their events."""
    return [(run.config, run.events) for run in results.finished if run.config.train_size == train_size]


@made_once
def _points_of(results: ExperimentResults, train_size: int) -> pd.DataFrame:
    return learning_curve_points(_runs_of(results, train_size))


def has_energy_of(results: ExperimentResults, train_size: int) -> bool:
    """Whether the energy of all curves of one train size is known."""
    return is_energy_known(_points_of(results, train_size))


def draw_cost_note(results: ExperimentResults, train_size: int) -> None:
    """Say what time and energy leave out, and how the energy is known."""
    notes = []
    if any(arm.kind.is_pretrained for arm in results.experiment.arms):
        notes.append(PRETRAINING_LEFT_OUT)
    if has_energy_of(results, train_size):
        runs = [run for run in results.finished if run.config.train_size == train_size]
        methods = sorted({run.record.energy_method or "" for run in runs})
        notes.append(f"Energy is that of the training alone, {' and '.join(methods)}.")
    if notes:
        st.caption(literal(" ".join(notes)))


def _floor_of(results: ExperimentResults, train_size: int, metric: Metric) -> float | None:
    """Return the value of always answering the largest class, on the examples that the curves are of."""
    dataset = dataset_of(results.experiment.dataset_fingerprint)
    counts = dataset.info.label_counts if dataset else {}
    return floor_on_validation(_runs_of(results, train_size), counts, metric)


@made_once
def learning_curves_of(
    results: ExperimentResults, train_size: int, x: XAxis = "step", y: YAxis | None = None
) -> Display:
    """Show the validation curves of all arms; the headline metric over steps if not told."""
    points, shown = _points_of(results, train_size), y or results.experiment.headline_metric.value
    floor = None if shown == "loss" else _floor_of(results, train_size, Metric(shown))
    return Display(
        budget=budget_of(results),
        key="race_figure",
        figure=learning_curves(
            points, styles_of(results.experiment), x=x, y=shown, floor=floor, theme=theme()
        ),
        table=learning_curve_numbers(points, x, shown, arm_names_of(results.experiment))
        if len(points)
        else None,
    )


@made_once
def replay_of(results: ExperimentResults, verdict: Verdict) -> Display:
    """Let the validation curves of all arms grow together; without a network there are no frames."""
    metric, points = verdict.metric.value, _points_of(results, verdict.train_size)
    floor = _floor_of(results, verdict.train_size, verdict.metric)
    figure = replay_chart.replay(points, styles_of(results.experiment), y=metric, floor=floor, theme=theme())
    table = (
        learning_curve_numbers(points, "train_s", metric, arm_names_of(results.experiment))
        if figure.frames
        else None
    )
    return Display(key="replay", figure=figure, table=table, budget=budget_of(results))


@made_once
def highlights_of(results: ExperimentResults, verdict: Verdict) -> Sequence[Highlight]:
    """List the few numbers that stand beside a verdict."""
    return find_highlights(results, verdict, _points_of(results, verdict.train_size))


@made_once
def time_to_accuracy_of(results: ExperimentResults, verdict: Verdict, *, is_other_way: bool = False) -> str:
    """Say how long the first arm took to be as good as the second, or the other way round.

    Not escaped; empty if they share no seed.
    """
    points = _points_of(results, verdict.train_size)
    a, b = (verdict.b, verdict.a) if is_other_way else (verdict.a, verdict.b)
    found, arm_names = (
        find_time_to_accuracy(points, a, b, verdict.metric),
        arm_names_of(results.experiment),
    )
    return with_flags(time_sentence(found, arm_names), verdict.flags, arm_names) if found else ""


@made_once
def times_of(results: ExperimentResults, verdict: Verdict, x: chart.XAxis) -> Display | None:
    """Show how long every arm needs for the best of the second arm; None if that one has no curve."""
    points, styles = _points_of(results, verdict.train_size), styles_of(results.experiment)
    rows = time_rows(points, list(styles), verdict.b, verdict.metric)
    if rows.empty:
        return None
    return Display(
        budget=budget_of(results),
        key="time_to_accuracy",
        figure=chart.time_to_reach(rows, styles, x=x, theme=theme()),
        table=time_numbers(rows, verdict.metric, arm_names_of(results.experiment)),
    )
