"""The part of *Runs* that moves while something runs: progress, what went wrong, curves and tables."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from pages.cards.runs.progress import draw_progress
from pages.cards.runs.tables import draw_tables
from pages.ui.displays import choose_axes, draw_display, label_counts_of
from pages.ui.errors import begin_anew
from pages.ui.formatting import literal
from pages.ui.frame import card, draw_damage_of
from pages.ui.missing_runs import draw_cancelled, offer_again
from pages.ui.plan import ahead_of, expected_of, measured
from pages.ui.readers import (
    States,
    arm_names_of,
    events_of,
    observed_runs,
    problem_with_events,
    results_of,
    states_of,
    styles_of,
)
from pages.ui.session import workspace
from pages.ui.verdict_card import draw_short_claim
from tl_core.displays import learning_curves
from tl_core.displays.learning_curves import Runs
from tl_core.jobs import client
from tl_core.planning.estimate import Ahead
from tl_core.results.comparison import ExperimentResults
from tl_core.results.curves import floor_on_validation, is_energy_known, learning_curve_points
from tl_core.results.progress import ExperimentProgress, experiment_progress, find_alerts
from tl_core.results.runs import find_failures, name_runs
from tl_core.schema import ExperimentConfig, Metric, State
from tl_core.store.rows import RunRow

START_S = 10.0
"""Longer than a supervisor takes to start."""
UNATTENDED = "unattended_since"
WHAT_TRAINS = "now"
"""The choice of the train size that is being worked on."""
LEFT_OUT = (State.FAILED, State.CANCELLED, State.QUEUED)
"""A run that ended early would look as if it still trained; a queued one has at most an old attempt."""
FEWEST_POINTS = 2
"""Evaluations of one run that make a line."""


def draw_live(experiment: ExperimentConfig, states: States) -> None:
    """Draw progress, alerts, curves and runs; ask for the whole page anew once a state has changed."""
    runs = observed_runs(experiment.experiment_id)
    if states_of(runs) != states:
        begin_anew()
    events = events_of(runs)
    ahead, expected = Ahead(), None
    if not all(run.state.is_final for run in runs):
        known = measured()
        ahead, expected = ahead_of(runs, known), expected_of(experiment, known)
    progress = experiment_progress(runs, events, datetime.now(UTC), expected, ahead.span)
    arm_names = arm_names_of(experiment)
    draw_progress(experiment, progress, arm_names, ahead)
    _offer_to_go_on(runs)
    _draw_failures(experiment, runs)
    draw_cancelled(runs, arm_names)
    _draw_damage(experiment, runs, states)

    counts = label_counts_of(experiment.dataset_fingerprint)
    every = [(one.run.config, events[one.run.run_id]) for one in progress.runs]
    floor = floor_on_validation(every, counts, Metric.ACCURACY)
    for phrase, concerned in find_alerts(progress, events, floor).items():
        st.warning(literal(f"{name_runs(concerned, arm_names)}, {phrase}."), icon=":material/warning:")

    if any(State(state).is_final for _, state in states):
        _draw_verdict_so_far(results_of(experiment.experiment_id, states))
    if any(arm.kind.is_whole for arm in experiment.arms):
        with card("Learning curves"):
            size = _choose_size(experiment, progress)
            shown = [one.run for one in progress.runs if one.run.state not in LEFT_OUT]
            configs = [run.config for run in shown if run.config.train_size == size]
            _draw_curves(
                experiment, progress, [(config, events[config.run_id]) for config in configs], counts
            )
    has_finished = any(run.state is State.FINISHED for run in runs)
    draw_tables(
        experiment,
        progress,
        arm_names,
        results_of(experiment.experiment_id, states) if has_finished else None,
    )


def _draw_curves(
    experiment: ExperimentConfig, progress: ExperimentProgress, runs: Runs, counts: Mapping[str, int]
) -> None:
    """Draw the curves, or say when there will be some: a single point of a run is no curve."""
    points = learning_curve_points(runs)
    if not (points["run_id"].value_counts() >= FEWEST_POINTS).any():
        st.markdown(
            "No network has finished, so there are no curves."
            if progress.is_done
            else "The curves begin once a network has been evaluated twice."
        )
        return
    x, y = choose_axes(experiment.headline_metric, key="live", has_energy=is_energy_known(points))
    styles = partial(styles_of, experiment)
    display = learning_curves.display_runs(runs, experiment, styles, x=x, y=y, label_counts=counts)
    limits = f"{display.limits} A thin line is one seed."
    if any(one.run.state in (State.FAILED, State.CANCELLED) for one in progress.runs):
        limits = f"{limits} Runs that failed or were cancelled are left out."
    draw_display(replace(display, limits=limits), key="live_figure")


def _draw_damage(experiment: ExperimentConfig, runs: Sequence[RunRow], states: States) -> None:
    """Say what is damaged in the folders of finished runs, and which events of the others are."""
    if any(run.state is State.FINISHED for run in runs):
        draw_damage_of([results_of(experiment.experiment_id, states)])
    for run in runs:
        problem = "" if run.state is State.FINISHED else problem_with_events(run.run_id)
        if problem:
            words = workspace().run_folder(run.run_id).damage_to("events.jsonl", problem).message
            st.warning(literal(words), icon=":material/warning:")


def _draw_verdict_so_far(results: ExperimentResults) -> None:
    """Show the verdict as soon as there is one, with the way to *Results*."""
    if results.headline is None and not results.is_done:
        return
    with card("Result" if results.is_done else "Result so far"):
        if results.headline is not None:
            draw_short_claim(results.headline)
        else:
            why = "No run is done, so there is nothing to compare."
            if results.verdicts:
                why = "The first two models have no seed in common that is done. Others can be compared."
            elif results.finished:
                why = "No two models have a seed in common that is done, so there is nothing to compare."
            elif results.unreadable:
                why = "No folder of a finished run can be read."
            st.markdown(why)
        if results.verdicts or results.unreadable:
            st.page_link(
                "results.py",
                label="See results" if results.is_done else "See results so far",
                icon=":material/compare_arrows:",
                query_params={"experiment": results.experiment.experiment_id},
            )


def _draw_failures(experiment: ExperimentConfig, runs: Sequence[RunRow]) -> None:
    """Say which runs have failed, why, and what to do."""
    arm_names = arm_names_of(experiment)
    for place, failure in enumerate(find_failures(workspace(), runs)):
        attempts = f" ({failure.attempts} attempts)" if failure.attempts > 1 else ""
        st.error(
            f"**{literal(name_runs(failure.runs, arm_names))}** {failure.words}{attempts}: "
            f"{literal(failure.message)}  \n{failure.remedy}",
            icon=":material/error:",
        )
        offer_again(failure.runs, "Run it again", "Run these {} again", key=f"again_{place}")


def _offer_to_go_on(runs: Sequence[RunRow]) -> None:
    """Say that nobody carries out what waits, once that is so for longer than a supervisor takes to start."""
    settings = workspace().settings
    if all(run.state.is_final for run in runs) or client.supervisor_is_alive(settings):
        st.session_state.pop(UNATTENDED, None)
        return
    since = st.session_state.setdefault(UNATTENDED, time.monotonic())
    if time.monotonic() - since < START_S:
        return
    st.warning(
        "Nothing works on these runs: the process that trains them has ended, after `make stop` or because "
        "memory ran out. No result is lost.",
        icon=":material/pause_circle:",
    )
    if st.button("Go on", type="primary", icon=":material/play_arrow:", key="go_on"):
        client.ensure_supervisor(settings)
        del st.session_state[UNATTENDED]
        st.rerun()


def _choose_size(experiment: ExperimentConfig, progress: ExperimentProgress) -> int:
    """Let a train size be chosen; while something trains, its size is shown unless another is asked for."""
    sizes = experiment.train_sizes
    if len(sizes) == 1:
        return sizes[0]
    key, words = f"live_size_{experiment.experiment_id}", {str(size): f"{size:,}" for size in sizes}
    if not progress.is_done:
        key, words = f"{key}_now", {WHAT_TRAINS: "What trains now", **words}
    chosen: str = st.segmented_control(
        "Training examples",
        list(words),
        default=str(sizes[-1]) if progress.is_done else WHAT_TRAINS,
        format_func=words.__getitem__,
        required=True,
        key=key,
        persist_state="session",
    )
    if chosen != WHAT_TRAINS:
        return int(chosen)
    # What was begun last stands in where nothing runs at the moment.
    running = [one.run for one in progress.runs if one.run.state is State.RUNNING]
    begun = [one.run for one in progress.runs if one.run.state is not State.QUEUED]
    return next((run.config.train_size for run in (*running, *reversed(begun))), sizes[-1])
