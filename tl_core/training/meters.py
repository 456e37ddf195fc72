"""What a training costs: the clock that stamps its events, and its energy, counted or estimated. No torch.

Counted are the processor and the GPU that trains, not memory, disks, cooling and what the power supply loses.
``docs/fairness_and_statistics.md`` says what each way of counting is worth.
"""

import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tl_core.evaluation.metrics import evaluate
from tl_core.schema import EvalFinished, Event, SplitName

POWERCAP = Path("/sys/class/powercap")
THREAD_W = 4.0
"""Watts of one busy hardware thread where nothing is known of the processor: an assumption."""
JOULES_A_WH = 3600.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Meter:
    """Adds up what some counters read.

    Attributes
    ----------
    method
        How the numbers come about, for a person to read.
    counters
        Each gives joules since some moment of its own.
    """

    method: str
    counters: Sequence[Callable[[], float]]

    def joules(self) -> float | None:
        """Read all counters; None if one cannot be read any more."""
        try:
            return sum(counter() for counter in self.counters)
        except Exception:  # whatever it is, a training does not end because its energy is unknown
            logger.exception("Energy cannot be read any more")
            return None


def find_meter(
    device: str = "cpu", *, gpu_uuid: str = "", cpu_watts: float | None = None, powercap: Path = POWERCAP
) -> Meter | None:
    """Find the best way to count the energy of a training; None where the device that trains cannot be read.

    Parameters
    ----------
    device
        Torch's name of the kind of device: ``cpu``, ``cuda`` or ``mps``.
    gpu_uuid
        Identity of a CUDA device, without the prefix ``GPU-``.
    cpu_watts
        What the whole processor takes at full load, if somebody knows (``TL_CPU_WATTS``).
    powercap
        Where Linux keeps the processor's counters.
    """
    if device == "cpu":
        return _processor(cpu_watts, powercap)
    gpu = _nvidia_counter(gpu_uuid) if device == "cuda" else None
    if gpu is None:
        return None
    processor = _processor(cpu_watts, powercap)
    return Meter(method=f"GPU measured: NVML; CPU {processor.method}", counters=(gpu, *processor.counters))


def _processor(cpu_watts: float | None, powercap: Path) -> Meter:
    """Count with the processor's own counters if they may be read, else by its load."""
    packages = _packages(powercap)
    if packages:
        return Meter(method="measured: RAPL", counters=packages)
    num_threads = os.cpu_count() or 1
    watts = cpu_watts / num_threads if cpu_watts else THREAD_W
    known = f"{cpu_watts:g} W" if cpu_watts else f"{THREAD_W:g} W a thread, assumed,"
    # The formula of Lannelongue, Grealey and Inouye (2021), Advanced Science 8, 2100707, for the processor:
    # time x threads x watts a thread x usage; a process's own seconds are time x threads x usage.
    return Meter(method=f"estimated: {known} × load", counters=(lambda: watts * time.process_time(),))


@dataclass
class Package:
    """The energy counter of one processor package, which starts anew when it is full.

    It has to be read at least once a round: 262 kJ are 20 minutes at 200 W.
    """

    path: Path
    range_uj: float
    _last_uj: float = field(default=0.0, init=False)
    _rounds_uj: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        """Raise OSError or ValueError if the counter cannot be read."""
        self._last_uj = self._read()

    def __call__(self) -> float:
        """Return joules, which never fall."""
        now = self._read()
        if now < self._last_uj:
            self._rounds_uj += self.range_uj
        self._last_uj = now
        return (self._rounds_uj + now) / 1e6

    def _read(self) -> float:
        return float((self.path / "energy_uj").read_text())


def _packages(powercap: Path) -> list[Package]:
    """Open the counters of all packages; none if a single one is closed, as it is to all but root by default.

    The driver serves AMD's processors too; zones below a package are parts of it.
    """
    try:
        return [
            Package(path=zone, range_uj=float((zone / "max_energy_range_uj").read_text()))
            for zone in sorted(powercap.glob("intel-rapl:*"))
            if (zone / "name").read_text().startswith("package")
        ]
    except (OSError, ValueError):
        return []


def _nvidia_counter(uuid: str) -> Callable[[], float] | None:
    """Open the counter that NVIDIA's driver keeps since it was loaded, in millijoules; from Volta on."""
    try:
        import pynvml

        pynvml.nvmlInit()
        handle: Any = pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}")
        pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)
    except Exception as error:  # no driver, an older GPU, a part of one: NVML has an error class for each
        logger.warning("The GPU's energy cannot be read: %s", error)
        return None
    return lambda: pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1e3


@dataclass(kw_only=True)
class Clock:
    """Counts what the events carry. Training time and energy stop while anything else is done.

    Both may start above zero: a frozen arm pays for the features of its train examples. ``energy_j`` is None
    without a meter, and from the moment on that a reading has failed. ``kept_step`` is that of the weights
    which a network keeps, None before its training has ended.
    """

    step: int = 0
    kept_step: int | None = None
    examples_seen: int = 0
    tokens_seen: int = 0
    train_s: float = 0.0
    energy_j: float | None = None
    seq: int = 0
    meter: Meter | None = None
    _started: float = field(default_factory=time.perf_counter)
    _resumed_s: float = 0.0
    _resumed_j: float | None = None

    def measure_with(self, meter: Meter | None) -> None:
        """Count energy too, from zero; without a meter it stays unknown."""
        self.meter, self.energy_j = meter, 0.0 if meter else None

    def resume(self) -> None:
        """Let training time and energy run on."""
        self._resumed_j = self.meter.joules() if self.meter else None
        self._resumed_s = time.perf_counter()  # last, so that looking at a meter is no training time

    def pause(self) -> None:
        """Stop training time and energy."""
        seconds = time.perf_counter() - self._resumed_s
        before, now = self._resumed_j, self.meter.joules() if self.meter else None
        self.charge(seconds, None if before is None or now is None else now - before)

    def charge(self, seconds: float, joules: float | None) -> None:
        """Add training time and energy that were spent; None is unknown, and so is the sum from then on."""
        self.train_s += seconds
        before = self.energy_j
        self.energy_j = None if before is None or joules is None else before + joules

    @property
    def energy_wh(self) -> float | None:
        """Energy of the training so far, in watt-hours."""
        return None if self.energy_j is None else self.energy_j / JOULES_A_WH

    def stamp(self) -> dict[str, Any]:
        """Give the common fields of the next event."""
        self.seq += 1
        return {
            "seq": self.seq - 1,
            "step": self.step,
            "examples_seen": self.examples_seen,
            "tokens_seen": self.tokens_seen,
            "train_s": self.train_s,
            "energy_wh": self.energy_wh,
            "wall_s": time.perf_counter() - self._started,
        }


def whole_look(
    events: Sequence[Event], targets: NDArray[np.integer[Any]], logits: NDArray[np.float32], clock: Clock
) -> EvalFinished:
    """Put the scores of the whole of validation ``(n, num_labels)`` into an event, by the weights of the end.

    Parameters
    ----------
    events
        Those of the training that has ended, which say what these weights had seen.
    """
    looks = [one for one in events if isinstance(one, EvalFinished) and one.split is SplitName.VALIDATION]
    kept = [one for one in looks if one.step == clock.kept_step]
    seen = {name: getattr(one, name) for one in kept for name in ("step", "examples_seen", "tokens_seen")}
    whole = scored_event(SplitName.VALIDATION, targets, logits, clock)
    return whole.model_copy(update={"is_whole": True, **seen})


def scored_event(
    split: SplitName, targets: NDArray[np.integer[Any]], logits: NDArray[np.float32], clock: Clock
) -> EvalFinished:
    """Put the metrics of scores ``(n, num_labels)`` into an event."""
    scores = evaluate(targets, logits)
    return EvalFinished(
        split=split,
        num_examples=scores.num_examples,
        loss=scores.log_loss,
        accuracy=scores.accuracy,
        macro_f1=scores.macro_f1,
        balanced_accuracy=scores.balanced_accuracy,
        auroc=scores.auroc,
        quadratic_kappa=scores.quadratic_kappa,
        predicted_class_counts=tuple(scores.confusion.sum(axis=0).tolist()),
        **clock.stamp(),
    )
