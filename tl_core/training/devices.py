"""Which device, which number format, how much memory: the differences between CUDA, MPS and CPU."""

import contextlib
import os
from contextlib import AbstractContextManager

import psutil
import torch

from tl_core.schema import Precision

MIB = 2**20


def choose_device() -> torch.device:
    """Take the GPU if torch can use one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def choose_precision(device: torch.device) -> Precision:
    """Take bfloat16 only where it is native: AVX512-BF16 or AMX, compute capability 8.0 and above."""
    if device.type == "cuda":
        is_native = torch.cuda.get_device_capability(device) >= (8, 0)
    elif device.type == "cpu":
        is_native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    else:
        is_native = False
    return Precision.BFLOAT16 if is_native else Precision.FLOAT32


def autocast(device: torch.device, precision: Precision) -> AbstractContextManager[object]:
    """Run matrix products in the precision; weights, loss and optimizer stay float32."""
    if precision is Precision.FLOAT32:
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


def synchronize(device: torch.device) -> None:
    """Wait until the device has done what it was given, so that a clock tells the truth."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def memory_mib(device: torch.device) -> float:
    """Peak memory of a CUDA device so far; on MPS and CPU what is in use now; in MiB."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / MIB
    if device.type == "mps":
        return torch.mps.driver_allocated_memory() / MIB
    return float(psutil.Process(os.getpid()).memory_info().rss / MIB)


def device_name(device: torch.device) -> str:
    """Name the device for a reader: "cuda: NVIDIA H200", "mps", "cpu"."""
    return f"cuda: {torch.cuda.get_device_name(device)}" if device.type == "cuda" else device.type


def gpu_uuid(device: torch.device) -> str:
    """Identify a CUDA device towards NVIDIA's own tools, whose order of devices is another; else empty."""
    return str(torch.cuda.get_device_properties(device).uuid) if device.type == "cuda" else ""
