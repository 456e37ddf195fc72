"""How an experiment stands at this moment: tiles, what trains now, what is being downloaded."""

import contextlib
from collections import Counter
from collections.abc import Mapping

import streamlit as st

from pages.ui.formatting import about, after_queue, duration, kept_words, literal, plural
from pages.ui.session import workspace
from tl_core.errors import TlError
from tl_core.jobs.queue import Queue
from tl_core.planning.queue_time import Ahead
from tl_core.results.comparison import arm_titles
from tl_core.results.progress import ExperimentProgress, RunProgress, find_download
from tl_core.schema import BudgetRule, ExperimentConfig, Precision, RunRecord, State

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


def draw_status_tiles(
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
