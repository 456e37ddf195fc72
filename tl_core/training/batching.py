"""Examples as tensors, and the order in which every arm sees them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tl_core.models.classifiers import Inputs

Indices = NDArray[np.int64]
BUCKET_BATCHES = 32
"""Batches that are shuffled together before they are sorted by length: large enough to pad little."""


class Examples(Protocol):
    """What the loop trains on: token ids for a whole network, stored features for a frozen one."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each example, shape ``(num_examples,)``."""

    @property
    def targets(self) -> NDArray[np.int64]:
        """Class ids, shape ``(num_examples,)``."""

    @property
    def weights(self) -> NDArray[np.float64] | None:
        """How much each example counts in training, shape ``(num_examples,)``; None if all count alike."""

    def collate(self, indices: Indices) -> Inputs | Tensor:
        """Give the tensors of some examples, on the CPU."""


@dataclass(frozen=True, kw_only=True)
class TokenExamples:
    """Token ids of all examples in one flat array; example i owns ``ids[offsets[i]:offsets[i + 1]]``."""

    ids: NDArray[np.int32]
    type_ids: NDArray[np.int8]
    offsets: NDArray[np.int64]
    targets: NDArray[np.int64]
    pad_id: int
    uses_type_ids: bool
    weights: NDArray[np.float64] | None = None

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each example."""
        return np.diff(self.offsets)

    def select(self, indices: Indices) -> "TokenExamples":
        """Give the named examples, in that order."""
        lengths = self.lengths[indices]
        starts = self.offsets[indices]
        places = np.concatenate([np.arange(s, s + n) for s, n in zip(starts, lengths, strict=True)])
        return TokenExamples(
            ids=self.ids[places],
            type_ids=self.type_ids[places],
            offsets=np.concatenate([[0], np.cumsum(lengths)]),
            targets=self.targets[indices],
            pad_id=self.pad_id,
            uses_type_ids=self.uses_type_ids,
            weights=_select(self.weights, indices),
        )

    def collate(self, indices: Indices) -> Inputs:
        """Pad some examples to the longest of them: tensors ``(B, T)``."""
        lengths = torch.from_numpy(self.lengths[indices])
        width = int(lengths.max())
        mask = torch.arange(width) < lengths[:, None]  # (B, T)
        places = np.concatenate([np.arange(self.offsets[i], self.offsets[i + 1]) for i in indices])
        ids = torch.full(mask.shape, self.pad_id, dtype=torch.long)
        ids[mask] = torch.from_numpy(self.ids[places]).long()
        inputs = {"input_ids": ids, "attention_mask": mask.long()}
        if self.uses_type_ids:
            types = torch.zeros(mask.shape, dtype=torch.long)
            types[mask] = torch.from_numpy(self.type_ids[places]).long()
            inputs["token_type_ids"] = types
        return inputs


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
            weights=_select(self.weights, indices),
        )

    def collate(self, indices: Indices) -> Tensor:
        """Give some rows."""
        return self.features[indices]


def _select(weights: NDArray[np.float64] | None, indices: Indices) -> NDArray[np.float64] | None:
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


def sorted_batches(lengths: NDArray[np.int64], batch_size: int) -> list[Indices]:
    """Cut all examples into batches by length, for scoring, where order does not matter."""
    return _chunks(np.argsort(lengths, kind="stable"), batch_size)


def some_examples(examples: Examples, at_most: int) -> Indices:
    """Pick examples evenly over the split; the same ones at every evaluation of every run."""
    num = len(examples.targets)
    return np.unique(np.linspace(0, num - 1, min(num, at_most)).round().astype(np.int64))


def _chunks(indices: Indices, size: int) -> list[Indices]:
    return [indices[start : start + size] for start in range(0, len(indices), size)]


def micro_batches(batch: Indices, size: int) -> Sequence[Indices]:
    """Cut one effective batch into pieces that fit the device's memory."""
    return _chunks(batch, size)
