"""A running average of a network's weights, which answers as if the rate had decayed."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

ETA = 7.0
"""The larger, the shorter the memory: about the last eighth of the steps so far carries the average."""
AVERAGES = 20
"""Times that the average is taken in a stretch of equal steps: often enough, and cheap."""


class WeightAverage:
    """The average of the trained weights with a memory that grows with the training.

    With t averages taken, the newest weights count (eta + 1) / (t + eta): polynomial-decay averaging (Shamir
    and Zhang 2013, ICML, section 4). At a steady rate weights are thrown about what they have learned; their
    average lies in the middle, where a decayed rate would lead, at every step and without further training
    (Izmailov et al. 2018, UAI). The statistics of batch norm are averaged alike: they belong to the weights.
    """

    def __init__(self, model: nn.Module) -> None:
        trained = [weight for weight in model.parameters() if weight.requires_grad]
        self._weights = [*trained, *(one for one in model.buffers() if one.is_floating_point())]
        self._means = [weight.detach().clone() for weight in self._weights]
        self._count = 0

    @torch.no_grad()
    def update(self) -> None:
        """Take the weights as they are into the average."""
        self._count += 1
        share = (ETA + 1) / (self._count + ETA)
        torch._foreach_lerp_(self._means, [weight.detach() for weight in self._weights], share)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Let the network have the average for a while."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def _swap(self) -> None:
        for place, weight in enumerate(self._weights):
            weight.data, self._means[place] = self._means[place], weight.data
