import contextlib
from types import SimpleNamespace

import pytest
import torch

from tl_core.schema import Precision
from tl_core.training import devices
from tl_core.training.devices import (
    autocast,
    choose_device,
    choose_precision,
    device_name,
    memory_mib,
)

CUDA, MPS, CPU = torch.device("cuda"), torch.device("mps"), torch.device("cpu")


@pytest.mark.parametrize(
    ("capability", "expected"), [((7, 5), "float32"), ((8, 0), "bfloat16"), ((9, 0), "bfloat16")]
)
def test_a_gpu_needs_compute_capability_8_for_bfloat16(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], expected: str
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert choose_precision(CUDA) == expected


@pytest.mark.parametrize(
    ("avx512_bf16", "amx", "expected"),
    [(True, False, "bfloat16"), (False, True, "bfloat16"), (False, False, "float32")],
)
def test_a_cpu_needs_native_instructions_for_bfloat16(
    monkeypatch: pytest.MonkeyPatch, avx512_bf16: bool, amx: bool, expected: str
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512_bf16)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert choose_precision(CPU) == expected


def test_apples_gpu_gets_float32() -> None:
    assert choose_precision(MPS) is Precision.FLOAT32


@pytest.mark.parametrize(
    ("has_cuda", "has_mps", "expected"), [(True, False, CUDA), (False, True, MPS), (False, False, CPU)]
)
def test_the_gpu_is_taken_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, has_cuda: bool, has_mps: bool, expected: torch.device
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: has_mps)
    assert choose_device() == expected


def test_float32_needs_no_autocast() -> None:
    assert isinstance(autocast(CPU, Precision.FLOAT32), contextlib.nullcontext)
    with autocast(CPU, Precision.BFLOAT16):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype is torch.bfloat16


def test_memory_on_a_cpu_is_that_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def process(pid: int) -> SimpleNamespace:
        return SimpleNamespace(memory_info=lambda: SimpleNamespace(rss=3 * 2**20))

    monkeypatch.setattr(devices.psutil, "Process", process)
    assert memory_mib(CPU) == 3.0


def test_names_tell_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA H200")
    assert device_name(CUDA) == "cuda: NVIDIA H200"
    assert device_name(CPU) == "cpu"
