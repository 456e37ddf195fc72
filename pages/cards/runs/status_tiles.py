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


def draw_pulse(
    experiment: ExperimentConfig, progress: ExperimentProgress, arm_names: Mapping[str, str], ahead: Ahead
) -> None:
    """Draw the tiles, and below them what is going on, in words and as bars."""
    _draw_tiles(progress)
    if progress.is_done:
        st.caption(f"{_how_they_ended(progress)}.{_how_promised(experiment)}")
        return
    if ahead.num_runs:
        has_begun = any(one.run.started_at for one in progress.runs)
        st.markdown(f"**{after_queue(ahead, 'Goes on' if has_begun else 'Starts')}**")
    st.progress(progress.fraction, text=literal(_now(experiment, progress, arm_names)))
    for one in progress.runs:
        _draw_download(experiment, one)


def _draw_tiles(progress: ExperimentProgress) -> None:
    num_waiting = sum(one.run.state is State.QUEUED for one in progress.runs)
    latest = progress.latest
    with st.container(horizontal=True, gap="small"):
        _tile(
            "Runs ended",
            f"{progress.num_ended} of {len(progress.runs)}",
            f"{num_waiting:,} waiting" if num_waiting else "none waiting",
        )
        _tile(*_time(progress))
        _tile("Tokens per second", *_throughput(latest))
        record = _record_of(latest)
        _tile("Device", *_device(record))
        _tile("Memory", *_memory(latest, record))


def _tile(label: str, value: str, note: str) -> None:
    """Draw one number with its name above and what it is a number of below."""
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


def _throughput(latest: RunProgress | None) -> tuple[str, str]:
    if latest is None or latest.tokens_per_s is None:
        return UNKNOWN, NOT_YET
    return f"{latest.tokens_per_s:,.0f}", f"mean of {_which(latest)}"


def _which(latest: RunProgress) -> str:
    return "this run" if latest.run.state is State.RUNNING else "the last run"


def _device(record: RunRecord | None) -> tuple[str, str]:
    """Name the device without its driver's prefix: "cuda: NVIDIA H200" is an NVIDIA H200."""
    if record is None or record.device is None:
        return UNKNOWN, NOT_YET
    name = record.device.removeprefix("cuda: ").removeprefix("NVIDIA ")
    return name.upper() if record.device in ("cpu", "mps") else name, (
        PRECISION_WORDS[record.precision] if record.precision else ""
    )


def _memory(latest: RunProgress | None, record: RunRecord | None) -> tuple[str, str]:
    if latest is None or latest.memory_mib is None:
        return UNKNOWN, NOT_YET
    is_gpu = record is not None and str(record.device).startswith("cuda")
    return f"{latest.memory_mib:,.0f} MiB", "GPU memory, peak" if is_gpu else f"process of {_which(latest)}"


def _record_of(latest: RunProgress | None) -> RunRecord | None:
    if latest is None:
        return None
    with contextlib.suppress(TlError):  # not written yet, or damaged, which is said elsewhere
        return workspace().run_folder(latest.run.run_id).read_record()
    return None


def _how_they_ended(progress: ExperimentProgress) -> str:
    counts = Counter(one.run.state for one in progress.runs)
    parts = [f"{counts[state]:,} {state.value}" for state in State if counts[state]]
    return f"All {plural(len(progress.runs), 'run')} have ended: {', '.join(parts)}"


def _how_promised(experiment: ExperimentConfig) -> str:
    """Say what was promised at the start and what it took, where every run has finished."""
    promises = {one.experiment_id: one for one in workspace().database.list_promises()}
    kept = promises.get(experiment.experiment_id)
    if kept is None or kept.took is None or not kept.took.is_whole:
        return ""
    return f" {kept_words(kept.promise, kept.took, 'The plan')}"


def _now(experiment: ExperimentConfig, progress: ExperimentProgress, arm_names: Mapping[str, str]) -> str:
    """Say what is being carried out, run by run."""
    running = [one for one in progress.runs if one.run.state is State.RUNNING]
    if running:
        words = [f"{_name(experiment, one, arm_names)}, {_doing(one)}" for one in running]
        return f"Training now: {'; '.join(words)}"
    waiting = next(one for one in progress.runs if one.run.state is State.QUEUED)
    return f"Waiting for its turn: {_name(experiment, waiting, arm_names)}"


def _name(experiment: ExperimentConfig, one: RunProgress, arm_names: Mapping[str, str]) -> str:
    config = one.run.config
    parts = [arm_names[config.arm.name], f"seed {config.seed} ({config.seed + 1} of {experiment.num_seeds})"]
    if len(experiment.train_sizes) > 1:
        parts.append(f"{config.train_size:,} train examples")
    return ", ".join(parts)


def _doing(one: RunProgress) -> str:
    if one.phase != "training":
        return PHASE_WORDS[one.phase]
    if one.num_steps is None:
        return "training"
    most = "at most " if one.run.config.training.budget is BudgetRule.PLATEAU else ""
    return f"step {one.step:,} of {most}{one.num_steps:,}"


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
