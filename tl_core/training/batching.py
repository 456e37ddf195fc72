"""Examples as tensors, and the order in which every arm sees them."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tl_core.models.classifiers import Inputs

Indices = NDArray[np.int64]
BUCKET_BATCHES = 32
"""Batches that are shuffled together before they are sorted by length: large enough to pad little."""


class Examples(Protocol):
    """What the loop trains on: a network's inputs, token ids for one, or stored features if it is frozen."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Units of each example, tokens of a text, shape ``(num_examples,)``; batches have similar ones."""

    @property
    def targets(self) -> NDArray[np.int64]:
        """Class ids, shape ``(num_examples,)``."""

    @property
    def weights(self) -> NDArray[np.float64] | None:
        """How much each example counts in training, shape ``(num_examples,)``; None if all count alike."""

    def select(self, indices: Indices) -> Self:
        """Give the named examples, in that order."""

    def collate(self, indices: Indices) -> Inputs | Tensor:
        """Give the tensors of some examples, on the CPU."""


@dataclass(frozen=True, kw_only=True)
class FeatureExamples:
    """Stored features of a frozen encoder, shape ``(num_examples, ...)``, with the lengths they came from."""

    features: Tensor
    lengths: NDArray[np.int64]
    targets: NDArray[np.int64]
    weights: NDArray[np.float64] | None = None

    def select(self, indices: Indices) -> "FeatureExamples":
        """Give the named examples, in that order."""
        return FeatureExamples(
            features=self.features[indices],
            lengths=self.lengths[indices],
            targets=self.targets[indices],
            weights=select_weights(self.weights, indices),
        )

    def collate(self, indices: Indices) -> Tensor:
        """Give some rows."""
        return self.features[indices]


def network_inputs(examples: Examples, indices: Indices, device: torch.device) -> Inputs:
    """Send what a network reads of some examples to the device. Raises TypeError for stored features."""
    collated = examples.collate(indices)
    if isinstance(collated, Tensor):
        raise TypeError("an encoder reads a network's inputs, not features that are stored")
    return on_device(collated, device)


def on_device(inputs: Inputs, device: torch.device) -> Inputs:
    """Send a network's inputs to the device."""
    return {name: tensor.to(device, non_blocking=True) for name, tensor in inputs.items()}


def select_weights(weights: NDArray[np.float64] | None, indices: Indices) -> NDArray[np.float64] | None:
    """Give the weights of the named examples, if there are any."""
    return None if weights is None else weights[indices]


def epoch_batches(lengths: NDArray[np.int64], batch_size: int, order_seed: int, epoch: int) -> list[Indices]:
    """Cut one epoch into batches of similar length, in an order that seed and epoch alone decide.

    Examples are shuffled, cut into buckets of `BUCKET_BATCHES` batches, sorted by length inside each, cut
    into batches, and the batches are shuffled. Every example comes once; only one batch may be smaller.
    """
    rng = np.random.Generator(np.random.PCG64([order_seed, epoch]))
    order = rng.permutation(len(lengths))
    batches: list[Indices] = []
    for bucket in _chunks(order, BUCKET_BATCHES * batch_size):
        by_length = bucket[np.argsort(lengths[bucket], kind="stable")]
        batches += _chunks(by_length, batch_size)
    return [batches[i] for i in rng.permutation(len(batches))]


def endless_batches(lengths: NDArray[np.int64], batch_size: int, order_seed: int) -> Iterator[Indices]:
    """Yield epoch after epoch."""
    epoch = 0
    while True:
        yield from epoch_batches(lengths, batch_size, order_seed, epoch)
        epoch += 1


def sorted_batches(lengths: NDArray[np.int64], batch_size: int, max_units: float = math.inf) -> list[Indices]:
    """Cut all examples into batches by length, for scoring, where order does not matter.

    A batch of more than one example has at most ``max_units``, padding included.
    """
    order, batches, start = np.argsort(lengths, kind="stable"), list[Indices](), 0
    while start < len(order):
        widths = lengths[order[start : start + batch_size]]
        fits = widths * np.arange(1, len(widths) + 1) <= max_units  # widths ascend, so this turns once
        end = start + max(1, int(fits.sum()))
        batches.append(order[start:end])
        start = end
    return batches


def some_examples(examples: Examples, at_most: int) -> Indices:
    """Pick examples evenly over the split; the same ones at every evaluation of every run."""
    num = len(examples.targets)
    return np.unique(np.linspace(0, num - 1, min(num, at_most)).round().astype(np.int64))


def _chunks(indices: Indices, size: int) -> list[Indices]:
    return [indices[start : start + size] for start in range(0, len(indices), size)]


def micro_batches(batch: Indices, size: int) -> Sequence[Indices]:
    """Cut one effective batch into pieces that fit the device's memory."""
    return _chunks(batch, size)
