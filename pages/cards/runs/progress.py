"""How far the training has come: what trains now, a bar, the time left, and the machine's numbers."""

import contextlib
from collections.abc import Mapping

import streamlit as st

from pages.components.announcer import announce
from pages.ui.formatting import (
    about,
    after_queue,
    done_words,
    duration,
    kept_words,
    literal,
    not_done_words,
    plural,
)
from pages.ui.session import workspace
from tl_core.catalogue.locating import describe
from tl_core.charts.text import device_words
from tl_core.errors import TlError
from tl_core.jobs.queue import Queue
from tl_core.modality import noun_of
from tl_core.planning.estimate import Ahead
from tl_core.results.comparison import arm_titles
from tl_core.results.progress import ExperimentProgress, RunProgress, find_download
from tl_core.schema import BudgetRule, ExperimentConfig, Precision, RunRecord, State
from tl_core.words import capitalised

PRECISION_WORDS = {Precision.FLOAT32: "float32", Precision.BFLOAT16: "bfloat16"}
PHASE_WORDS = {
    "": "starting",
    "loading": "loading the base model",
    "tokenizing": "preparing the examples",
    "training": "training",
    "rates": "choosing the learning rate on validation",
    "features": "computing the frozen features",
    "predicting": "predicting validation and test",
    "measuring": "measuring what training has changed in the network",
    "saving": "saving the model",
}
ANNOUNCED_PERCENT = 25
"""Steps in which screen readers are told how much of the work is done."""
Tile = tuple[str, str, str]
"""Name, value, and what it is a value of."""


def draw_progress(
    experiment: ExperimentConfig, progress: ExperimentProgress, arm_names: Mapping[str, str], ahead: Ahead
) -> None:
    """Draw what trains now as a bar with its words, the way to stop it, and below it what is known."""
    states = [one.run.state for one in progress.runs]
    now = "" if progress.is_done else _name_what_trains(experiment, progress, arm_names, has_steps=False)
    announce(_announcement(progress, now), key="progress_announced")
    if progress.is_done:
        st.markdown(f"**{done_words(states)}.** {_kept(experiment)}")
        _draw_tiles(progress)
        return
    if ahead.num_runs:
        has_begun = any(one.run.started_at for one in progress.runs)
        st.markdown(f"**{after_queue(ahead, 'Goes on' if has_begun else 'Starts')}**")
    now = _name_what_trains(experiment, progress, arm_names)
    with st.container(horizontal=True, vertical_alignment="bottom", key="progress"):
        st.progress(progress.fraction, text=literal(now), width="stretch")
        with st.popover("Cancel remaining runs", icon=":material/cancel:"):
            st.markdown("Runs that are done stay and can be compared. You can run the cancelled ones later.")
            num_left = sum(not state.is_final for state in states)
            if st.button(f"Cancel {plural(num_left, 'run')}", type="primary", key="cancel_all"):
                Queue(workspace().database).cancel_experiment(experiment.experiment_id)
                st.rerun()
    for one in progress.runs:
        _draw_download(experiment, one)
    _draw_tiles(progress)


def _announcement(progress: ExperimentProgress, now: str) -> str:
    """Say in a sentence or two how far it is: no steps, which would never stop being said."""
    words = f"{done_words([one.run.state for one in progress.runs])}."
    if progress.is_done:
        return words
    percent = ANNOUNCED_PERCENT * int(100 * progress.fraction / ANNOUNCED_PERCENT)
    return f"{words} {percent}% of the work. {now}."


def _draw_tiles(progress: ExperimentProgress) -> None:
    """Draw the numbers that are known already, each with its name above and what it is of below."""
    tiles = [*_time(progress), *_machine(progress)]
    if not progress.is_done:  # afterwards a sentence counts them
        states = [one.run.state for one in progress.runs]
        done = f"{states.count(State.FINISHED):,} of {len(states):,}"
        tiles.insert(0, ("Done", done, not_done_words(states)))
    if not tiles:
        return
    with st.container(horizontal=True, gap="small"):
        for label, value, note in tiles:
            st.metric(
                label,
                literal(value),
                literal(note) or None,
                delta_color="off",
                delta_arrow="off",
                border=True,
                width="stretch",
                height="stretch",
            )


def _time(progress: ExperimentProgress) -> list[Tile]:
    so_far = duration(progress.elapsed_s)
    if not progress.elapsed_s and progress.left is None:
        return []
    if progress.is_done:
        return [("Time taken", so_far, "first start to last end")] if progress.elapsed_s else []
    if progress.left is None:
        return [("Time so far", so_far, "")]
    words = about(progress.left, is_short=True)
    left = words.removeprefix("about ").replace("less than", "<")
    note = f"{so_far} so far" if progress.elapsed_s else ""
    return [("Time left, about" if left != words else "Time left", left, note)]


def _machine(progress: ExperimentProgress) -> list[Tile]:
    """Read speed, device and memory of the run that trains, or of the last one that has."""
    latest, record = progress.latest, None
    if latest is None:
        return []
    which = "this run" if latest.run.state is State.RUNNING else "the last run"
    with contextlib.suppress(TlError):  # not written yet, or damaged, which is said elsewhere
        record = workspace().run_folder(latest.run.run_id).read_record()
    tiles = []
    if latest.tokens_per_s is not None:
        units = capitalised(noun_of(describe(latest.run.config.base_model or "").modality).unit)
        tiles.append((f"{units} per second", f"{latest.tokens_per_s:,.0f}", f"mean of {which}"))
    if record is not None and record.device is not None:
        tiles.append(("Device", *_device(record)))
    if latest.memory_mib is not None:
        is_gpu = record is not None and str(record.device).startswith("cuda")
        note = "GPU memory, peak" if is_gpu else f"process of {which}"
        tiles.append(("Memory", f"{latest.memory_mib:,.0f} MiB", note))
    return tiles


def _device(record: RunRecord) -> tuple[str, str]:
    """Name the device, and the precision of its calculations where that is known."""
    return device_words(record.device), PRECISION_WORDS[record.precision] if record.precision else ""


def _kept(experiment: ExperimentConfig) -> str:
    """Say what was promised and what it took, where every run has finished."""
    promises = {one.experiment_id: one for one in workspace().database.list_promises()}
    kept = promises.get(experiment.experiment_id)
    if kept is None or kept.took is None or not kept.took.is_whole:
        return ""
    return kept_words(kept.promise, kept.took, "The plan")


def _name_what_trains(
    experiment: ExperimentConfig,
    progress: ExperimentProgress,
    arm_names: Mapping[str, str],
    *,
    has_steps: bool = True,
) -> str:
    """Say what is being carried out, run by run, or what comes next; not escaped."""
    running = [one for one in progress.runs if one.run.state is State.RUNNING]
    if not running:
        waiting = next(one for one in progress.runs if one.run.state is State.QUEUED)
        return f"Next: {_name(experiment, waiting, arm_names)}"
    words = []
    for one in running:
        doing = PHASE_WORDS[one.phase]
        if has_steps and one.phase == "training" and one.num_steps is not None:
            most = "at most " if one.run.config.training.budget is BudgetRule.PLATEAU else ""
            doing = f"step {one.step:,} of {most}{one.num_steps:,}"
        name = _name(experiment, one, arm_names)
        words.append(name if one.phase == "training" and not has_steps else f"{name}, {doing}")
    return f"Training now: {'; '.join(words)}"


def _name(experiment: ExperimentConfig, one: RunProgress, arm_names: Mapping[str, str]) -> str:
    config = one.run.config
    parts = [arm_names[config.arm.name], f"seed {config.seed} ({config.seed + 1} of {experiment.num_seeds})"]
    if len(experiment.train_sizes) > 1:
        parts.append(f"{config.train_size:,} training examples")
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
