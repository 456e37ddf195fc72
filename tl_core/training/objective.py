"""What the loop minimises: on which batches, with which loss, and what makes the head ready for a score."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from tl_core.datasets.weighting import Weights, relative_weights
from tl_core.models.classifiers import Classifier
from tl_core.training.batching import Examples, Indices, endless_batches, on_device
from tl_core.training.compute import Compute


class Objective(Protocol):
    """What tells the arms' steps apart; everything else of the loop is the same for all of them."""

    def batches(self, train: Examples, batch_size: int, order_seed: int) -> Iterator[Indices]:
        """Yield batches without end: examples ``(B,)``, or pairs of them ``(P, 2)``."""

    def loss(
        self,
        model: Classifier,
        train: Examples,
        rows: Indices,
        compute: Compute,
    ) -> Tensor:
        """Sum the loss over some rows of a batch."""

    def make_head(self, model: Classifier, train: Examples, *, is_end: bool) -> None:
        """Make the head ready to score: at the end on every train example, before it on some."""


@dataclass(frozen=True, kw_only=True)
class Classification:
    """Cross-entropy of the answers, for encoder and head at once.

    ``weights`` are those of all train examples, scaled to a mean of 1; None counts all alike.
    """

    weights: Weights | None

    @classmethod
    def of(cls, weights: Weights | None) -> "Classification":
        """Let the train examples count so much, whatever the unit."""
        return cls(weights=relative_weights(weights))

    def batches(self, train: Examples, batch_size: int, order_seed: int) -> Iterator[Indices]:
        """Yield epoch after epoch, in batches of similar length."""
        return endless_batches(train.lengths, batch_size, order_seed)

    def loss(
        self,
        model: Classifier,
        train: Examples,
        rows: Indices,
        compute: Compute,
    ) -> Tensor:
        """Sum the cross-entropy over some examples, each times its weight."""
        targets = torch.from_numpy(train.targets[rows]).to(compute.device)
        with compute.autocast():
            logits = score(model, train, rows, compute.device)
        if self.weights is None:
            return functional.cross_entropy(logits.float(), targets, reduction="sum")
        factors = torch.from_numpy(self.weights[rows]).to(logits.float())
        return (factors * functional.cross_entropy(logits.float(), targets, reduction="none")).sum()

    def make_head(self, model: Classifier, train: Examples, *, is_end: bool) -> None:
        """Do nothing: the steps train the head too."""


def score(model: Classifier, examples: Examples, indices: Indices, device: torch.device) -> Tensor:
    """Score some examples: inputs go through the whole network, stored features through the head."""
    collated = examples.collate(indices)
    if isinstance(collated, Tensor):
        return model.head(collated.to(device))
    logits: Tensor = model(on_device(collated, device))
    return logits
