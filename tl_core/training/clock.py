"""The clock that stamps a run's events, and the event of an evaluation. No torch."""

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tl_core.evaluation.metrics import evaluate
from tl_core.schema import EvalFinished, SplitName


@dataclass(kw_only=True)
class Clock:
    """Counts what the events carry. Training time stops while anything else is done.

    ``train_s`` may start above zero: a frozen arm pays for the features of its train examples.
    """

    step: int = 0
    examples_seen: int = 0
    tokens_seen: int = 0
    train_s: float = 0.0
    seq: int = 0
    _started: float = field(default_factory=time.perf_counter)

    def stamp(self) -> dict[str, Any]:
        """Give the common fields of the next event."""
        self.seq += 1
        return {
            "seq": self.seq - 1,
            "step": self.step,
            "examples_seen": self.examples_seen,
            "tokens_seen": self.tokens_seen,
            "train_s": self.train_s,
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
