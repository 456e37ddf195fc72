"""The machine: what it has, told without importing torch, and how fast it trains."""

import contextlib
import importlib.metadata
import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

import psutil

from tl_core.errors import TlError
from tl_core.jobs.dry_run import all_passed_checks
from tl_core.jobs.pace import read_pace
from tl_core.schema import State
from tl_core.store.rows import RunRow
from tl_core.store.run_folder import RunFolder
from tl_core.store.workspace import Workspace

GIB = 2**30
MINIMUM_DRIVERS = {"11": 450, "12": 525, "13": 580}
"""First driver branch that runs each major CUDA version, from NVIDIA's table of compatibility."""
RECENT_RUNS = 20
NEWEST_RUNS = 3
"""Finished runs of one base model whose median counts: enough to outvote one that was disturbed."""


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """The server's processor, memory and GPU.

    Attributes
    ----------
    num_cores
        Processor cores this process may use.
    memory_gib
        Main memory.
    gpu
        Name of the GPU that torch can use, or None.
    gpu_problem
        Why a GPU that is there cannot be used, as a sentence; empty otherwise.
    """

    num_cores: int
    memory_gib: float
    gpu: str | None
    gpu_memory_gib: float | None
    gpu_problem: str
    torch_version: str

    @property
    def sentence(self) -> str:
        """One line for the foot of a page."""
        place = self.gpu or f"CPU, {self.num_cores} cores"
        memory = self.gpu_memory_gib if self.gpu and self.gpu_memory_gib else self.memory_gib
        return f"{place} · {memory:.0f} GiB memory"


def inspect_hardware() -> Hardware:
    """Look at this machine: `nvidia-smi` for the driver's side, torch's version string for the other."""
    torch_version = importlib.metadata.version("torch")
    gpus = _nvidia_gpus()
    name, memory_mib, driver = gpus[0] if gpus else (None, None, None)
    problem = _gpu_problem(name, driver, torch_version) if name and driver else ""
    is_mps = platform.system() == "Darwin" and platform.machine() == "arm64"
    usable = "Apple GPU (MPS)" if is_mps else (name if name and not problem else None)
    return Hardware(
        num_cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_gib=psutil.virtual_memory().total / GIB,
        gpu=usable,
        gpu_memory_gib=memory_mib / 1024 if memory_mib and not problem else None,
        gpu_problem=problem,
        torch_version=torch_version,
    )


def _nvidia_gpus() -> list[tuple[str, float, str]]:
    """Return (name, memory in MiB, driver version) of each NVIDIA GPU; empty without a driver."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return []
    query = [command, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True)
    except (subprocess.SubprocessError, OSError):
        return []
    gpus = []
    for line in answer.stdout.splitlines():
        if line.count(", ") != 2:
            continue
        name, memory, driver = line.split(", ")
        try:
            memory_mib = float(memory)
        except ValueError:  # "[N/A]" where the GPU shares the main memory
            memory_mib = 0.0
        gpus.append((name, memory_mib, driver))
    return gpus


def _gpu_problem(name: str, driver: str, torch_version: str) -> str:
    """Say why torch cannot use the GPU, or nothing."""
    unusable = f"{name} is present but unusable"
    build = cuda_build(torch_version)
    if build is None:
        return f"{unusable}: torch {torch_version} is a build without CUDA."
    needed = MINIMUM_DRIVERS.get(build.removeprefix("cu")[:2], 0)
    if int(driver.split(".")[0]) < needed:
        return f"{unusable}: driver {driver}, torch {torch_version} needs {needed} or newer."
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return f"{unusable}: CUDA_VISIBLE_DEVICES hides it from torch {torch_version}."
    return ""


def cuda_build(torch_version: str) -> str | None:
    """Return the CUDA build of an installed torch, such as ``cu130``; None for a CPU build.

    Wheels from PyPI carry no suffix; then the CUDA runtime installed beside torch tells.
    """
    _, _, suffix = torch_version.partition("+")
    if suffix:
        return suffix if suffix.startswith("cu") else None
    for package in ("nvidia-cuda-runtime", "nvidia-cuda-runtime-cu12", "nvidia-cuda-runtime-cu11"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            return "cu" + "".join(importlib.metadata.version(package).split(".")[:2])
    return None


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
