"""With what a network is trained and scored."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch

from tl_core.errors import CancelledError
from tl_core.schema import Precision, TrainingConfig
from tl_core.training.devices import autocast, choose_device, choose_precision

SCORING_FACTOR = 4
"""Scoring keeps nothing for a backward pass, so its batches may be this many micro-batches large."""


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

    @property
    def scoring_batch_size(self) -> int:
        """Examples that are scored at once: fewer after each time that memory ran out."""
        return SCORING_FACTOR * self.micro_batch_size

    def autocast(self) -> AbstractContextManager[object]:
        """Run matrix products in the precision; weights, loss and optimizer stay float32."""
        return autocast(self.device, self.precision)

    def require_wanted(self) -> None:
        """Raise CancelledError if somebody asked for the end."""
        if self.should_stop():
            raise CancelledError
