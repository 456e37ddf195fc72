import subprocess
from types import SimpleNamespace
from typing import Any

import pytest

from tl_core.planning import machine as planning_machine
from tl_core.planning.machine import cuda_build, inspect_hardware


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Pretend to have this `nvidia-smi` and this torch."""

    def pretend(smi: str | Exception | None, torch: str = "2.13.0+cu130", system: str = "Linux") -> None:
        def run(*_: Any, **__: Any) -> SimpleNamespace:
            if isinstance(smi, Exception):
                raise smi
            return SimpleNamespace(stdout=smi)

        monkeypatch.setattr(planning_machine.shutil, "which", lambda name: None if smi is None else name)
        monkeypatch.setattr(planning_machine.subprocess, "run", run)
        monkeypatch.setattr(planning_machine.importlib.metadata, "version", lambda name: torch)
        monkeypatch.setattr(planning_machine.platform, "system", lambda: system)
        monkeypatch.setattr(
            planning_machine.platform, "machine", lambda: "arm64" if system == "Darwin" else "x86_64"
        )
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    return pretend


def test_a_gpu_that_torch_can_use_is_named_with_its_memory(machine: Any) -> None:
    machine("NVIDIA H200, 143771, 580.95.05\n")
    found = inspect_hardware()
    assert (found.gpu, found.gpu_problem) == ("NVIDIA H200", "")
    assert found.sentence == "NVIDIA H200 · 140 GiB memory"


@pytest.mark.parametrize(
    ("driver", "torch", "said"),
    [
        ("535.10", "2.13.0+cu130", "driver 535.10, torch 2.13.0+cu130 needs 580 or newer"),
        ("470.82", "2.11.0+cu126", "driver 470.82, torch 2.11.0+cu126 needs 525 or newer"),
        ("580.95", "2.13.0+cpu", "torch 2.13.0+cpu is a build without CUDA"),
    ],
)
def test_a_gpu_that_torch_cannot_use_says_why(machine: Any, driver: str, torch: str, said: str) -> None:
    machine(f"Tesla T4, 15360, {driver}\n", torch)
    found = inspect_hardware()
    assert found.gpu is None
    assert found.gpu_problem == f"Tesla T4 is present but unusable: {said}."
    assert found.sentence.startswith("CPU, ")


def test_a_hidden_gpu_says_so(machine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    machine("NVIDIA H200, 143771, 580.95.05\n")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert "CUDA_VISIBLE_DEVICES hides it" in inspect_hardware().gpu_problem


def test_a_gpu_that_shares_the_main_memory_is_found_too(machine: Any) -> None:
    machine("NVIDIA GB10, [N/A], 580.95.05\n")
    found = inspect_hardware()
    assert (found.gpu, found.gpu_memory_gib) == ("NVIDIA GB10", None)
    assert found.sentence == f"NVIDIA GB10 · {found.memory_gib:.0f} GiB memory"


@pytest.mark.parametrize(
    "smi", [None, "", "No devices were found\n", subprocess.TimeoutExpired("nvidia-smi", 10), OSError("gone")]
)
def test_without_a_gpu_there_is_the_cpu(machine: Any, smi: str | Exception | None) -> None:
    machine(smi)
    found = inspect_hardware()
    assert (found.gpu, found.gpu_problem) == (None, "")
    assert found.num_cores >= 1
    assert found.memory_gib > 0


def test_apples_gpu_is_found(machine: Any) -> None:
    machine(None, "2.13.0", "Darwin")
    assert inspect_hardware().gpu == "Apple GPU (MPS)"


@pytest.mark.parametrize(
    ("torch", "installed", "expected"),
    [
        ("2.13.0+cu130", {}, "cu130"),
        ("2.13.0+cpu", {"nvidia-cuda-runtime": "13.0.96"}, None),
        ("2.13.0+rocm7", {}, None),
        ("2.13.0", {"nvidia-cuda-runtime": "13.0.96"}, "cu130"),
        ("2.11.0", {"nvidia-cuda-runtime-cu12": "12.8.90"}, "cu128"),
        ("2.13.0", {}, None),
    ],
)
def test_the_cuda_build_is_told_by_suffix_or_runtime(
    monkeypatch: pytest.MonkeyPatch, torch: str, installed: dict[str, str], expected: str | None
) -> None:
    def version(name: str) -> str:
        if name not in installed:
            raise planning_machine.importlib.metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(planning_machine.importlib.metadata, "version", version)
    assert cuda_build(torch) == expected
