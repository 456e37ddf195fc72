"""What this server has, told without importing torch."""

import contextlib
import importlib.metadata
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass

import psutil

GIB = 2**30


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


MINIMUM_DRIVERS = {"11": 450, "12": 525, "13": 580}
"""First driver branch that runs each major CUDA version, from NVIDIA's table of compatibility."""


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
