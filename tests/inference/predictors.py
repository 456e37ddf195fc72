"""A predictor that needs no model."""

from collections.abc import Sequence

import numpy as np

from tl_core.inference.predictor import Probabilities, Scored, ignore
from tl_core.schema import TextSource


class ByLength:
    """Calls a text of an even number of characters the first label, else the second; 0.75 sure."""

    def __init__(self, labels: tuple[str, ...] = ("even", "odd"), memory_mib: float = 1.0) -> None:
        self.labels = labels
        self.texts = TextSource()
        self.memory_mib = memory_mib
        self.batches: list[list[str]] = []

    def predict(self, texts: Sequence[str], scored: Scored = ignore) -> Probabilities:
        self.batches.append(list(texts))
        scored(len(texts))
        is_odd = np.array([len(text) % 2 == 1 for text in texts])
        return np.where(is_odd[:, None], [0.25, 0.75], [0.75, 0.25])
