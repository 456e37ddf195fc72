"""The part of *Runs* that moves while something runs."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from pages.shared.frame import card, literal
from pages.shared.race import draw_race
from pages.shared.results import States, events_of, labels_of, observed_runs, results_of, states_of, watch
from pages.shared.state import workspace
from pages.shared.wording import METRIC_WORDS, about, duration, plural
from tl_core.jobs import client
from tl_core.results.failures import name_runs
from tl_core.results.progress import ExperimentProgress, RunProgress, experiment_progress, find_alerts
from tl_core.results.runs import value_of
from tl_core.schema import Event, ExperimentConfig, Precision, State
from tl_core.store.rows import RunRow

START_S = 10.0
"""Longer than a supervisor takes to start."""
UNATTENDED = "unattended_since"
PRECISION_WORDS = {Precision.FLOAT32: "float32", Precision.BFLOAT16: "bf16"}


def draw_live(experiment: ExperimentConfig, states: States) -> None:
    """Draw progress, alerts, curves and runs; ask for the whole page anew once a state has changed."""
    watch(experiment.experiment_id, states)
    runs = observed_runs(experiment.experiment_id)
    events = events_of(runs)
    progress = experiment_progress(runs, events, datetime.now(UTC))
    labels = labels_of(experiment)
    _draw_progress(progress)
    _offer_to_go_on(runs)
    for phrase, concerned in find_alerts(progress, events).items():
        st.warning(literal(f"{name_runs(concerned, labels)}, {phrase}."), icon=":material/warning:")
    with card(
        "The race",
        "each run from its own zero; a thin line is a seed; runs that failed or were cancelled are left out",
    ):
        _draw_curves(experiment, progress, events)
    with card(
        "Runs", f"in their order of work; test {METRIC_WORDS[experiment.headline_metric]} once finished"
    ):
        _draw_table(experiment, progress, labels)


def _draw_progress(progress: ExperimentProgress) -> None:
    num_total = len(progress.runs)
    words = [f"{progress.num_ended} of {plural(num_total, 'run')} ended"]
    if progress.elapsed_s:
        words.append(f"{duration(progress.elapsed_s)} elapsed")
    if progress.num_ended < num_total:
        words.append("time left unknown yet" if progress.left_s is None else f"{about(progress.left_s)} left")
    st.progress(progress.fraction, text=" · ".join(words))
    words = _machine_words(progress)
    if words:
        st.caption(literal(" · ".join(words)))


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
        "The runs wait, and nothing carries them out: the process that does has ended, as after "
        "`make stop` or for want of memory. Nothing is lost.",
        icon=":material/pause_circle:",
    )
    if st.button("Go on", type="primary", icon=":material/play_arrow:", key="go_on"):
        client.ensure_supervisor(settings)
        del st.session_state[UNATTENDED]
        st.rerun()


def _machine_words(progress: ExperimentProgress) -> list[str]:
    """Say what the run that stands for now runs on, and how fast."""
    latest = progress.latest
    if latest is None:
        return [] if progress.is_done else ["Throughput, device and memory show once a network trains."]
    folder = workspace().run_folder(latest.run.run_id)
    record = folder.read_record() if folder.has_record() else None
    words = [f"{latest.tokens_per_s:,.0f} tokens/s", f"{latest.memory_mib or 0:,.0f} MiB memory"]
    if record and record.device:
        words.insert(0, record.device)
    if record and record.precision:
        words.insert(1, PRECISION_WORDS[record.precision])
    if latest.run.state is not State.RUNNING:
        words[0] = f"The last run that trained: {words[0]}"
    return words


def _draw_curves(
    experiment: ExperimentConfig, progress: ExperimentProgress, events: Mapping[str, Sequence[Event]]
) -> None:
    size = experiment.train_sizes[-1]
    if len(experiment.train_sizes) > 1:
        size = st.segmented_control(
            "Train examples",
            experiment.train_sizes,
            default=size,
            required=True,
            key=f"live_size_{experiment.experiment_id}",
            persist_state="session",
        )
    # A run that ended early would end its arm's mean where it ended; a queued one has at most an old attempt.
    left_out = (State.FAILED, State.CANCELLED, State.QUEUED)
    shown = [one.run for one in progress.runs if one.run.state not in left_out]
    configs = [run.config for run in shown if run.config.train_size == size]
    draw_race(experiment, [(c, events[c.run_id]) for c in configs], key="live")


def _draw_table(
    experiment: ExperimentConfig, progress: ExperimentProgress, labels: Mapping[str, str]
) -> None:
    states = states_of([one.run for one in progress.runs])
    values = _test_values(experiment, states) if any(s == State.FINISHED.value for _, s in states) else {}
    table = pd.DataFrame([_row(one, labels, values.get(one.run.run_id)) for one in progress.runs])
    if not any(table["Reason"]):
        table = table.drop(columns="Reason")
    metric = METRIC_WORDS[experiment.headline_metric]
    st.dataframe(
        table,
        hide_index=True,
        placeholder="–",
        column_config={
            "State": st.column_config.TextColumn(width=80),
            "Test": st.column_config.NumberColumn(f"Test {metric}, %", format="%.1f", width=110),
            "Progress": st.column_config.ProgressColumn(
                min_value=0, max_value=100, format="%.0f %%", width=110
            ),
            "Train seconds": st.column_config.NumberColumn(format="%.1f"),
        },
        alt="Every run with its arm, seed, train size, state, progress, test value and training seconds.",
        key="live_table",
    )


def _test_values(experiment: ExperimentConfig, states: States) -> dict[str, float]:
    results = results_of(experiment.experiment_id, states)
    return {run.config.run_id: value_of(run.test, experiment.headline_metric) for run in results.finished}


def _row(one: RunProgress, labels: Mapping[str, str], test: float | None) -> dict[str, object]:
    config, state = one.run.config, one.run.state
    return {
        "State": one.phase or state.value,
        "Test": None if test is None else 100 * test,
        "Arm": labels[config.arm.name],
        "Seed": config.seed,
        "Progress": 100 * (1.0 if state is State.FINISHED else one.fraction),
        "Train examples": config.train_size,
        "Train seconds": one.train_s or None,
        "Reason": one.run.error or "",
    }
