"""How fast this machine trains: read from the run that trains now, from finished runs and from checks."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from tl_core.errors import TlError
from tl_core.jobs.dry_run import all_passed_checks
from tl_core.jobs.pace import read_pace
from tl_core.planning.hardware import Hardware
from tl_core.schema import State
from tl_core.store.rows import RunRow
from tl_core.store.run_folder import RunFolder
from tl_core.store.workspace import Workspace

RECENT_RUNS = 20
NEWEST_RUNS = 3
"""Finished runs of one base model whose median counts: enough to outvote one that was disturbed."""


class Source(StrEnum):
    """What has measured a speed."""

    RUNNING = "running"
    FINISHED = "finished"
    CHECK = "check"


@dataclass(frozen=True, kw_only=True)
class Throughput:
    """What one run, or one arm's check, has measured.

    Attributes
    ----------
    device
        As in ``run.json``: ``cpu``, ``mps`` or ``cuda: NAME``.
    tokens_per_s
        Tokens trained on a second, evaluation, loading and saving left out.
    """

    base_model: str
    device: str
    tokens_per_s: float
    source: Source = Source.FINISHED


@dataclass(frozen=True, kw_only=True)
class Speed:
    """How fast one base model trains on this machine now.

    Attributes
    ----------
    num_runs
        Finished runs whose median it is.
    load
        By what the machine is slower now than in those runs, as the run that trains another base model shows;
        1 where none shows it.
    """

    tokens_per_s: float
    source: Source
    num_runs: int = 0
    load: float = 1.0


def device_of(hardware: Hardware) -> str:
    """Name the device that runs will take, as ``run.json`` does."""
    if hardware.gpu is None:
        return "cpu"
    return "mps" if "MPS" in hardware.gpu else f"cuda: {hardware.gpu}"


def newest_speed(history: Sequence[Throughput], base_model: str, device: str) -> Speed | None:
    """Return the newest that is known of a base model's speed; ``history`` has the newest first.

    The run that trains now knows best, then the newest finished runs, then a check. A run that now trains
    another base model still shows how busy the machine is.
    """
    here = [one for one in history if one.device == device]
    running = next((one for one in here if one.source is Source.RUNNING), None)
    if running and running.base_model == base_model:
        return Speed(tokens_per_s=running.tokens_per_s, source=Source.RUNNING)
    known = _speed_at_rest(here, base_model)
    rested = _speed_at_rest(here, running.base_model) if running else None
    if known is None or running is None or rested is None:
        return known
    load = rested.tokens_per_s / running.tokens_per_s
    return Speed(
        tokens_per_s=known.tokens_per_s / load, source=known.source, num_runs=known.num_runs, load=load
    )


def _speed_at_rest(here: Sequence[Throughput], base_model: str) -> Speed | None:
    of_base = [one for one in here if one.base_model == base_model]
    finished = [one.tokens_per_s for one in of_base if one.source is Source.FINISHED][:NEWEST_RUNS]
    if finished:
        return Speed(tokens_per_s=median(finished), source=Source.FINISHED, num_runs=len(finished))
    checks = [one.tokens_per_s for one in of_base if one.source is Source.CHECK]
    return Speed(tokens_per_s=median(checks), source=Source.CHECK) if checks else None


def read_finished(workspace: Workspace) -> tuple[Throughput, ...]:
    """Read the newest 20 runs that trained a whole network here, the newest first, and then the checks.

    An imported run was trained elsewhere: it has no job in this workspace and counts for nothing.
    """
    finished = [run for run in workspace.database.list_runs() if run.state is State.FINISHED]
    newest = sorted(filter(_counts, finished), key=lambda run: run.finished_at or "", reverse=True)
    measured = (_measure(workspace.run_folder(run.run_id), Source.FINISHED) for run in newest[:RECENT_RUNS])
    checked = (
        Throughput(
            base_model=check.base_model,
            device=check.device,
            tokens_per_s=check.tokens_per_s,
            source=Source.CHECK,
        )
        for check in all_passed_checks(workspace)
        if check.kind.is_whole
    )
    return (*(one for one in measured if one is not None), *checked)


def read_running(workspace: Workspace) -> tuple[Throughput, ...]:
    """Read how fast the runs that train now go; none before that can be told."""
    pending = workspace.database.list_pending_runs()
    running = [workspace.database.get_run(one.run_id) for one in pending if one.is_running]
    paces = (_measure(workspace.run_folder(run.run_id), Source.RUNNING) for run in filter(_counts, running))
    return tuple(one for one in paces if one is not None)


def _counts(run: RunRow) -> bool:
    return run.job_id is not None and run.config.arm.kind.is_whole


def _measure(folder: RunFolder, source: Source) -> Throughput | None:
    """Read one run; None if its folder is gone or damaged, or has measured nothing."""
    try:
        record, events = folder.read_record(), folder.read_events()
    except TlError:
        return None
    if source is Source.FINISHED:
        last = events[-1] if events else None
        tokens_per_s = last.tokens_seen / last.train_s if last and last.train_s > 0 else None
    else:
        pace = read_pace(events)
        tokens_per_s = pace.tokens_per_s if pace else None
    if not tokens_per_s:
        return None
    return Throughput(
        base_model=record.config.base_model or "",
        device=record.device or "",
        tokens_per_s=tokens_per_s,
        source=source,
    )
