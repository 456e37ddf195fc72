"""With what a network is trained and scored."""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from tl_core.errors import CancelledError
from tl_core.schema import Precision, TrainingConfig
from tl_core.training.batching import Indices, sorted_batches
from tl_core.training.devices import autocast, choose_device, choose_precision

SCORING_FACTOR = 4
"""Scoring keeps nothing for a backward pass, so its batches may be this many micro-batches large."""
CACHED_UNITS = 2048
"""Units of a batch, tokens for one, whose hidden states stay near a processor while it is scored."""


def never() -> bool:
    """Go on to the end."""
    return False


@dataclass(frozen=True, kw_only=True)
class Compute:
    """The device, what fits it, and whether the work is still wanted.

    Attributes
    ----------
    micro_batch_size
        Examples of an effective batch that go through the network at once; their gradients are summed.
    should_stop
        Asked at every batch.
    """

    device: torch.device
    precision: Precision
    micro_batch_size: int
    should_stop: Callable[[], bool] = never

    @classmethod
    def choose(
        cls, training: TrainingConfig, *, memory_attempt: int = 0, should_stop: Callable[[], bool] = never
    ) -> "Compute":
        """Take the best device there is; ``memory_attempt`` halves the micro-batch so many times."""
        device = choose_device()
        return cls(
            device=device,
            precision=training.precision or choose_precision(device),
            micro_batch_size=max(1, training.batch_size >> memory_attempt),
            should_stop=should_stop,
        )

    def scoring_batches(self, lengths: NDArray[np.int64]) -> list[Indices]:
        """Cut examples of these lengths into what is scored at once: less after each time memory ran out."""
        max_units = CACHED_UNITS if self.device.type == "cpu" else math.inf
        return sorted_batches(lengths, SCORING_FACTOR * self.micro_batch_size, max_units)

    def autocast(self) -> AbstractContextManager[object]:
        """Run matrix products in the precision; weights, loss and optimizer stay float32."""
        return autocast(self.device, self.precision)

    def require_wanted(self) -> None:
        """Raise CancelledError if somebody asked for the end."""
        if self.should_stop():
            raise CancelledError
