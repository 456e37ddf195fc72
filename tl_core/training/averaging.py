"""A running average of a network's weights, which answers as if the rate had decayed."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from tl_core.models.classifiers import Classifier
from tl_core.training.batching import Examples, network_inputs, some_examples
from tl_core.training.compute import Compute

ETA = 7.0
"""The larger, the shorter the memory: about the last eighth of the steps so far carries the average."""
AVERAGES = 20
"""Times that the average is taken in a stretch of equal steps: often enough, and cheap."""
COUNTED = 64
"""Most examples that the statistics of averaged weights are counted on, each with its many places."""


class WeightAverage:
    """The average of the trained weights with a memory that grows with the training.

    With t averages taken, the newest weights count (eta + 1) / (t + eta): polynomial-decay averaging (Shamir
    and Zhang 2013, ICML, section 4). At a steady rate weights are thrown about what they have learned; their
    average lies in the middle, where a decayed rate would lead, at every step and without further training
    (Izmailov et al. 2018, UAI).
    """

    def __init__(self, model: nn.Module) -> None:
        self._weights = [weight for weight in model.parameters() if weight.requires_grad]
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


@torch.no_grad()
def count_statistics(model: Classifier, train: Examples, compute: Compute) -> None:
    """Let batch norms that follow their batches count anew what the present weights give.

    The statistics of an average are no average of statistics (Izmailov et al. 2018, section 3.3): with these,
    a network that changes fast is judged by what it never was. Without such norms nothing is done.
    """
    norms = [one for one in model.modules() if isinstance(one, nn.BatchNorm2d) and one.training]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    model.eval()
    for norm in norms:
        norm.train().reset_running_stats()
        norm.momentum = None  # the plain mean over the batches
    seen = some_examples(train, COUNTED)
    num_batches = math.ceil(len(seen) / compute.micro_batch_size)
    for first in range(num_batches):  # from all over, however examples are sorted
        compute.require_wanted()
        with compute.autocast():
            model(network_inputs(train, seen[first::num_batches], compute.device))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    model.train()
