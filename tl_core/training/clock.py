"""The clock that stamps a run's events, and the event of an evaluation. No torch."""

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tl_core.evaluation.metrics import evaluate
from tl_core.schema import EvalFinished, SplitName
from tl_core.training.energy import JOULES_A_WH, Meter


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
        predicted_class_counts=tuple(scores.confusion.sum(axis=0).tolist()),
        **clock.stamp(),
    )
