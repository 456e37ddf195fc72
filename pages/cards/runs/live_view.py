"""The part of *Runs* that moves while something runs: tiles, what trains now, downloads, and the race."""

import contextlib
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

import pandas as pd
import streamlit as st

from pages.cards.runs.run_cards import draw_verdict_so_far
from pages.ui.displays import choose_axes, draw_display, label_counts_of
from pages.ui.formatting import METRIC_WORDS, about, after_queue, duration, kept_words, literal, plural
from pages.ui.frame import card, draw_damage_of
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
from tl_core.displays import learning_curves
from tl_core.displays.learning_curves import Runs
from tl_core.errors import TlError
from tl_core.jobs import client
from tl_core.jobs.queue import Queue
from tl_core.planning.estimate import Ahead
from tl_core.results.comparison import arm_titles
from tl_core.results.curves import floor_on_validation, is_energy_known, learning_curve_points
from tl_core.results.progress import (
    ExperimentProgress,
    RunProgress,
    experiment_progress,
    find_alerts,
    find_download,
)
from tl_core.results.runs import DAMAGED, name_runs, value_of
from tl_core.schema import BudgetRule, ExperimentConfig, Metric, Precision, RunRecord, State
from tl_core.store.rows import RunRow

PRECISION_WORDS = {Precision.FLOAT32: "float32", Precision.BFLOAT16: "bf16"}
PHASE_WORDS = {
    "": "starting its process",
    "loading": "loading the base model",
    "tokenizing": "cutting the texts into tokens",
    "rates": "choosing its learning rate on validation",
    "features": "computing the frozen features",
    "predicting": "predicting validation and test",
    "measuring": "measuring what training has changed in the network",
    "saving": "saving the model",
}
UNKNOWN = "–"
NOT_YET = "when a network trains"
START_S = 10.0
"""Longer than a supervisor takes to start."""
UNATTENDED = "unattended_since"
WHAT_TRAINS = "now"
"""The choice of the train size that is being worked on."""
LEFT_OUT = (State.FAILED, State.CANCELLED, State.QUEUED)
"""A run that ended early would look as if it still trained; a queued one has at most an old attempt."""


def _draw_status_tiles(
    experiment: ExperimentConfig, progress: ExperimentProgress, arm_names: Mapping[str, str], ahead: Ahead
) -> None:
    """Draw the tiles, and below them what is going on, in words and as bars."""
    _draw_tiles(progress)
    if progress.is_done:
        st.caption(_how_it_ended(experiment, progress))
        return
    if ahead.num_runs:
        has_begun = any(one.run.started_at for one in progress.runs)
        st.markdown(f"**{after_queue(ahead, 'Goes on' if has_begun else 'Starts')}**")
    st.progress(progress.fraction, text=literal(_now(experiment, progress, arm_names)))
    for one in progress.runs:
        _draw_download(experiment, one)


def _draw_tiles(progress: ExperimentProgress) -> None:
    """Draw numbers, each with its name above and what it is a number of below."""
    latest, record = progress.latest, None
    which = "the last run"
    if latest is not None:
        which = "this run" if latest.run.state is State.RUNNING else which
        with contextlib.suppress(TlError):  # not written yet, or damaged, which is said elsewhere
            record = workspace().run_folder(latest.run.run_id).read_record()
    num_waiting = sum(one.run.state is State.QUEUED for one in progress.runs)

    throughput = memory = (UNKNOWN, NOT_YET)
    if latest is not None and latest.tokens_per_s is not None:
        throughput = f"{latest.tokens_per_s:,.0f}", f"mean of {which}"
    if latest is not None and latest.memory_mib is not None:
        is_gpu = record is not None and str(record.device).startswith("cuda")
        memory = f"{latest.memory_mib:,.0f} MiB", "GPU memory, peak" if is_gpu else f"process of {which}"
    tiles = [
        (
            "Runs ended",
            f"{progress.num_ended} of {len(progress.runs)}",
            f"{num_waiting:,} waiting" if num_waiting else "none waiting",
        ),
        _time(progress),
        ("Tokens per second", *throughput),
        ("Device", *_device(record)),
        ("Memory", *memory),
    ]
    with st.container(horizontal=True, gap="small"):
        for label, value, note in tiles:
            st.metric(
                label,
                literal(value),
                literal(note),
                delta_color="off",
                delta_arrow="off",
                border=True,
                width="stretch",
            )


def _time(progress: ExperimentProgress) -> tuple[str, str, str]:
    if progress.is_done:
        return "Time taken", duration(progress.elapsed_s), "first start to last end"
    elapsed = f"{duration(progress.elapsed_s)} elapsed"
    if progress.left is None:
        return "Time left", UNKNOWN, elapsed if progress.elapsed_s else "not known yet"
    words = about(progress.left, is_short=True)
    left = words.removeprefix("about ").replace("less than", "<")
    return "Time left, about" if left != words else "Time left", left, elapsed


def _device(record: RunRecord | None) -> tuple[str, str]:
    """Name the device without its driver's prefix: "cuda: NVIDIA H200" is an NVIDIA H200."""
    if record is None or record.device is None:
        return UNKNOWN, NOT_YET
    name = record.device.removeprefix("cuda: ").removeprefix("NVIDIA ")
    return name.upper() if record.device in ("cpu", "mps") else name, (
        PRECISION_WORDS[record.precision] if record.precision else ""
    )


def _how_it_ended(experiment: ExperimentConfig, progress: ExperimentProgress) -> str:
    """Say how the runs have ended; where every one has finished, also what was promised and what it took."""
    counts = Counter(one.run.state for one in progress.runs)
    parts = [f"{counts[state]:,} {state.value}" for state in State if counts[state]]
    ended = f"All {plural(len(progress.runs), 'run')} have ended: {', '.join(parts)}."
    promises = {one.experiment_id: one for one in workspace().database.list_promises()}
    kept = promises.get(experiment.experiment_id)
    if kept is None or kept.took is None or not kept.took.is_whole:
        return ended
    return f"{ended} {kept_words(kept.promise, kept.took, 'The plan')}"


def _now(experiment: ExperimentConfig, progress: ExperimentProgress, arm_names: Mapping[str, str]) -> str:
    """Say what is being carried out, run by run."""
    running = [one for one in progress.runs if one.run.state is State.RUNNING]
    if running:
        words = []
        for one in running:
            doing = "training" if one.phase == "training" else PHASE_WORDS[one.phase]
            if one.phase == "training" and one.num_steps is not None:
                most = "at most " if one.run.config.training.budget is BudgetRule.PLATEAU else ""
                doing = f"step {one.step:,} of {most}{one.num_steps:,}"
            words.append(f"{_name(experiment, one, arm_names)}, {doing}")
        return f"Training now: {'; '.join(words)}"
    waiting = next(one for one in progress.runs if one.run.state is State.QUEUED)
    return f"Waiting for its turn: {_name(experiment, waiting, arm_names)}"


def _name(experiment: ExperimentConfig, one: RunProgress, arm_names: Mapping[str, str]) -> str:
    config = one.run.config
    parts = [arm_names[config.arm.name], f"seed {config.seed} ({config.seed + 1} of {experiment.num_seeds})"]
    if len(experiment.train_sizes) > 1:
        parts.append(f"{config.train_size:,} train examples")
    return ", ".join(parts)


def _draw_download(experiment: ExperimentConfig, one: RunProgress) -> None:
    """Draw how much of the base model that a run waits for has come from the hub."""
    if one.phase != "loading" or one.run.job_id is None:
        return
    download = find_download(one, Queue(workspace().database).get(one.run.job_id))
    if download is None:
        return
    title = arm_titles(experiment)[one.run.config.arm.name]
    size = (
        f"{download.done_mib:,} of {download.total_mib:,}" if download.total_mib else f"{download.done_mib:,}"
    )
    st.progress(download.fraction, text=literal(f"Downloading {title} from the model hub: {size} MiB"))


def draw_live(experiment: ExperimentConfig, states: States) -> None:
    """Draw progress, alerts, curves and runs; ask for the whole page anew once a state has changed."""
    runs = observed_runs(experiment.experiment_id)
    if states_of(runs) != states:
        st.rerun()
    events = events_of(runs)
    ahead, expected = Ahead(), None
    if not all(run.state.is_final for run in runs):
        known = measured()
        ahead, expected = ahead_of(runs, known), expected_of(experiment, known)
    progress = experiment_progress(runs, events, datetime.now(UTC), expected, ahead.span)
    arm_names = arm_names_of(experiment)
    if progress.is_done:
        _draw_verdict(experiment, states)
    _draw_status_tiles(experiment, progress, arm_names, ahead)
    _draw_damage(experiment, runs, states)
    _offer_to_go_on(runs)

    counts = label_counts_of(experiment.dataset_fingerprint)
    every = [(one.run.config, events[one.run.run_id]) for one in progress.runs]
    floor = floor_on_validation(every, counts, Metric.ACCURACY)
    for phrase, concerned in find_alerts(progress, events, floor).items():
        st.warning(literal(f"{name_runs(concerned, arm_names)}, {phrase}."), icon=":material/warning:")

    if not progress.is_done:
        _draw_verdict(experiment, states)
    race = "each run from its own zero; a thin line is a seed"
    if any(one.run.state in (State.FAILED, State.CANCELLED) for one in progress.runs):
        race = f"{race}; runs that failed or were cancelled are left out"
    with card("Learning curves", race):
        size = _choose_size(experiment, progress)
        shown = [one.run for one in progress.runs if one.run.state not in LEFT_OUT]
        configs = [run.config for run in shown if run.config.train_size == size]
        _draw_curves(experiment, [(config, events[config.run_id]) for config in configs], counts)
    order = "in their order of work" if progress.is_done else "what trains now first"
    with card("Runs", f"{order}; test {METRIC_WORDS[experiment.headline_metric]} once finished"):
        _draw_table(experiment, progress, arm_names)


def _draw_curves(experiment: ExperimentConfig, runs: Runs, counts: Mapping[str, int]) -> None:
    has_energy = is_energy_known(learning_curve_points(runs))
    x, y = choose_axes(experiment.headline_metric, key="live", has_energy=has_energy)
    styles = partial(styles_of, experiment)
    shown = learning_curves.display_runs(runs, experiment, styles, x=x, y=y, label_counts=counts)
    draw_display(shown, key="live_figure")


def _draw_verdict(experiment: ExperimentConfig, states: States) -> None:
    if any(State(state).is_final for _, state in states):
        draw_verdict_so_far(results_of(experiment.experiment_id, states))


def _draw_damage(experiment: ExperimentConfig, runs: Sequence[RunRow], states: States) -> None:
    """Say what is damaged in the folders of finished runs, and which events of the others are."""
    if any(run.state is State.FINISHED for run in runs):
        draw_damage_of([results_of(experiment.experiment_id, states)])
    for run in runs:
        problem = "" if run.state is State.FINISHED else problem_with_events(run.run_id)
        if problem:
            words = workspace().run_folder(run.run_id).damage_to("events.jsonl", problem).message
            st.warning(literal(words), icon=":material/warning:")


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


def _choose_size(experiment: ExperimentConfig, progress: ExperimentProgress) -> int:
    """Let a train size be chosen; while something trains, its size is shown unless another is asked for."""
    sizes = experiment.train_sizes
    if len(sizes) == 1:
        return sizes[0]
    key, words = f"live_size_{experiment.experiment_id}", {str(size): f"{size:,}" for size in sizes}
    if not progress.is_done:
        key, words = f"{key}_now", {WHAT_TRAINS: "What trains now", **words}
    chosen: str = st.segmented_control(
        "Train examples",
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


def _draw_table(
    experiment: ExperimentConfig, progress: ExperimentProgress, arm_names: Mapping[str, str]
) -> None:
    states = states_of([one.run for one in progress.runs])
    has_finished = any(state == State.FINISHED.value for _, state in states)
    results = results_of(experiment.experiment_id, states) if has_finished else None
    metric = experiment.headline_metric
    finished = results.finished if results else ()
    values = {run.config.run_id: 100 * value_of(run.test, metric) for run in finished}
    unreadable = results.unreadable if results else {}
    rows = []
    for one in sorted(progress.runs, key=lambda one: one.run.state is not State.RUNNING):
        run, state = one.run, one.run.state
        damage = unreadable.get(run.run_id)
        rows.append(
            {
                "Arm": arm_names[run.config.arm.name],
                "Seed": run.config.seed,
                "State": DAMAGED if damage else one.phase or state.value,
                "Test": values.get(run.run_id),
                "Progress": 100 * (1.0 if state is State.FINISHED else one.fraction),
                "Train examples": run.config.train_size,
                "Train seconds": one.train_s or None,
                "Reason": damage or (run.error or "" if state is State.FAILED else ""),
            }
        )
    table = pd.DataFrame(rows)
    spare = ["Reason"] if not any(table["Reason"]) else []
    spare += ["Train examples"] if len(experiment.train_sizes) == 1 else []
    st.dataframe(
        table.drop(columns=spare),
        hide_index=True,
        placeholder="–",
        column_config={
            "Arm": st.column_config.TextColumn("Model", width=170),
            "Seed": st.column_config.NumberColumn(width=55),
            "State": st.column_config.TextColumn(width=80),
            "Test": st.column_config.NumberColumn(
                f"Test {METRIC_WORDS[metric]}, %", format="%.1f", width=110
            ),
            "Progress": st.column_config.ProgressColumn(
                min_value=0, max_value=100, format="%.0f%%", width=110
            ),
            "Train seconds": st.column_config.NumberColumn(format="%.1f"),
        },
        alt="Every run with its arm, seed, train size, state, progress, test value and training seconds.",
        key="live_table",
    )
