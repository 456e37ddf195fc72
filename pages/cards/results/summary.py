"""*Summary*: what is missing, the claim with its picture and numbers, and the training behind it."""

from collections.abc import Callable, Mapping

import streamlit as st

from pages.cards.results.remedies import offer_remedy
from pages.cards.results.replay import draw_replay
from pages.cards.results.time_figures import (
    draw_cost_note,
    has_energy_of,
    highlights_of,
    learning_curves_of,
    times_of,
)
from pages.cards.results.time_to_accuracy import draw_times
from pages.ui.errors import live_part
from pages.ui.figures import draw_display, overview_of
from pages.ui.formatting import literal, plural
from pages.ui.frame import card, draw_damage_of, draw_figure
from pages.ui.learning_curves import choose_axes
from pages.ui.readers import arm_names_of
from pages.ui.verdict_card import draw_claim
from tl_core.evaluation.wording import amounts
from tl_core.results.comparison import ExperimentResults
from tl_core.results.runs import name_runs
from tl_core.schema import State, Verdict

VIEW = "training_view"
"""Session key of what is shown of the trainings."""


def name_pair(verdict: Verdict, arm_names: Mapping[str, str]) -> str:
    """Name the two arms of a verdict; not escaped."""
    return f"{arm_names[verdict.a]} against {arm_names[verdict.b]}"


def draw_missing(results: ExperimentResults) -> None:
    """Say which runs are still to come, and which have failed, were cancelled or are damaged."""
    arm_names = arm_names_of(results.experiment)
    coming = [run for run in results.runs if not run.state.is_final]
    if coming:
        which = name_runs(coming, arm_names)
        words = f"{plural(len(coming), 'run')} of {len(results.runs)} still to come: {which}."
        st.info(literal(words), icon=":material/hourglass_top:")
    for state in (State.FAILED, State.CANCELLED):
        missing = [run for run in results.runs if run.state is state]
        if missing:
            words = f"{state.value.capitalize()} and missing here: {name_runs(missing, arm_names)}."
            st.warning(literal(words), icon=":material/warning:")
    for refusal in results.refusals:
        st.warning(literal(f"Two arms may not be compared. {refusal}"), icon=":material/block:")
    draw_damage_of([results])


def draw_nothing_yet(results: ExperimentResults) -> None:
    """Say why there is no verdict, and lead to the runs."""
    with st.container(border=True):
        wait = "No two arms have finished with the same seed, so there is nothing to compare"
        st.markdown(
            f"{wait}." if results.is_done else f"{wait} yet. This page shows the first verdict by itself."
        )
        query = {"experiment": results.experiment.experiment_id}
        st.page_link("runs.py", label="Runs", icon=":material/arrow_forward:", query_params=query)


def draw_hero(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw the difference with its claim and all that weakens it, all models, and what to do next."""
    arm_names = arm_names_of(results.experiment)
    with st.container(border=True):
        left, right = st.columns([5, 6], gap="large")
        with left:
            size, *_ = amounts(verdict.metric, verdict.difference, *verdict.ci95)  # as the claim writes it
            sign = "+" if verdict.difference > 0 else ""
            pair = f"{arm_names[verdict.a]} − {arm_names[verdict.b]}"
            st.metric(literal(pair), f"{sign}{size} points")
            draw_claim(verdict, level=2)
            offer_remedy(results, verdict)
        with right:
            overview = overview_of(results, verdict.train_size)
            draw_figure(overview.figure, overview.table, key=overview.key)
    _draw_highlights(results, verdict)
    query = {"experiment": results.experiment.experiment_id}
    with st.container(horizontal=True):
        st.page_link("try_it.py", label="Try the models", icon=":material/keyboard:", query_params=query)
        st.page_link("models.py", label="Download a model", icon=":material/download:", query_params=query)


def _draw_highlights(results: ExperimentResults, verdict: Verdict) -> None:
    found = highlights_of(results, verdict)
    for column, one in zip(st.columns(len(found)), found, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.metric(literal(one.name), one.value)
            st.caption(literal(one.note))


def draw_training(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw how the models learned: their curves, the same played back, or the time to the same score."""
    with card("Training"):
        live_part(_draw_view)(results, verdict)


def _draw_view(results: ExperimentResults, verdict: Verdict) -> None:
    views: dict[str, Callable[[ExperimentResults, Verdict], None]] = {
        "Learning curves": _draw_learning_curves,
        "Replay": draw_replay,
    }
    if times_of(results, verdict, "train_s") is not None:
        views["Time to the same score"] = draw_times
    view = st.segmented_control(
        "What to show of the training",
        list(views),
        default="Learning curves",
        required=True,
        label_visibility="collapsed",
        key=VIEW if len(views) > 2 else f"{VIEW}_without_times",
        persist_state="session",
    )
    views[view](results, verdict)


def _draw_learning_curves(results: ExperimentResults, verdict: Verdict) -> None:
    has_energy = has_energy_of(results, verdict.train_size)
    x, y = choose_axes(results.experiment.headline_metric, key="race", has_energy=has_energy)
    draw_display(learning_curves_of(results, verdict.train_size, x, y))
    st.caption("The number beside a line is the mean over the seeds, with the weights that each run kept.")
    if x in ("train_s", "energy_wh"):
        draw_cost_note(results, verdict.train_size)
