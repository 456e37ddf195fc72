"""Arms without a network: the largest class, and what the modality brings. No torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from tl_core.modality import content_of
from tl_core.models.facts import read_facts, text_source, write_facts
from tl_core.schema import TextSource

Logits = NDArray[np.float32]

NEVER_SEEN = -20.0
"""Log-probability of a class without a train example, finite so that one such class spoils no metric."""


class ClassicalClassifier(Protocol):
    """A saved classifier without a network."""

    def logits(self, texts: Sequence[Any]) -> Logits:
        """Give log-probabilities ``(num_examples, num_labels)``."""


class Majority:
    """Always answers the class of its training labels with the most weight (the first of equals)."""

    def __init__(self, log_prior: Logits) -> None:
        self.log_prior = log_prior

    @classmethod
    def fit(
        cls, targets: NDArray[np.integer], num_labels: int, weights: NDArray[np.float64] | None = None
    ) -> Self:
        """Count the labels by weight; one is added to each so that no class is impossible."""
        counts = np.bincount(targets, weights, minlength=num_labels) + 1.0
        return cls(np.log(counts / counts.sum()).astype(np.float32))

    def logits(self, texts: Sequence[Any]) -> Logits:
        """Give the same log-prior for every example."""
        return np.tile(self.log_prior, (len(texts), 1))

    def save(self, folder: Path, labels: tuple[str, ...], texts: TextSource | None = None) -> None:
        """Write the log-prior."""
        folder.mkdir(parents=True, exist_ok=True)
        write_facts(folder, "majority", labels, texts, log_prior=self.log_prior.tolist())


def load_classical(folder: Path) -> ClassicalClassifier:
    """Load a saved classifier without a network."""
    facts = read_facts(folder)
    if facts["kind"] == "majority":
        return Majority(np.array(facts["log_prior"], dtype=np.float32))
    return content_of(text_source(facts).modality).baseline().load(folder, len(facts["labels"]))
