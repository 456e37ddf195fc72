"""A finished run as a function from texts to probabilities."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax

from tl_core.catalogue.tokens import load_tokenizer, padding_id
from tl_core.models.classical import load_classical
from tl_core.models.classifiers import load_saved
from tl_core.models.saving import read_facts

Probabilities = NDArray[np.float64]
BATCH = 32
MIB = 2**20


class Predictor(Protocol):
    """What both kinds of saved classifier can do."""

    labels: tuple[str, ...]
    memory_mib: float

    def predict(self, texts: Sequence[str]) -> Probabilities:
        """Give probabilities ``(num_texts, num_labels)``; rows sum to 1."""


class ClassicalPredictor:
    """A saved arm without a network."""

    def __init__(self, folder: Path, labels: tuple[str, ...]) -> None:
        self.labels = labels
        self.memory_mib = sum(path.stat().st_size for path in folder.iterdir()) / MIB
        self._classifier = load_classical(folder)

    def predict(self, texts: Sequence[str]) -> Probabilities:
        """Give probabilities ``(num_texts, num_labels)``."""
        probabilities: Probabilities = softmax(self._classifier.logits(texts).astype(np.float64), axis=1)
        return probabilities


class NeuralPredictor:
    """A saved network, in float32."""

    def __init__(self, folder: Path, labels: tuple[str, ...], max_length: int, device: torch.device) -> None:
        self.labels = labels
        self._device = device
        self._classifier = load_saved(folder).to(device)
        self.memory_mib = sum(w.numel() * w.element_size() for w in self._classifier.parameters()) / MIB
        self._tokenizer = load_tokenizer(folder)
        self._tokenizer.enable_truncation(max_length)
        self._tokenizer.enable_padding(pad_id=padding_id(folder))

    def predict(self, texts: Sequence[str]) -> Probabilities:
        """Give probabilities ``(num_texts, num_labels)``; texts of like length are scored together."""
        order = np.argsort([len(text) for text in texts], kind="stable")
        logits = np.empty((len(texts), len(self.labels)))
        for start in range(0, len(texts), BATCH):
            places = order[start : start + BATCH]
            logits[places] = self._score([texts[place] for place in places])
        probabilities: Probabilities = softmax(logits, axis=1)
        return probabilities

    def _score(self, texts: list[str]) -> NDArray[np.float32]:
        encodings = self._tokenizer.encode_batch(texts)
        inputs = {
            "input_ids": torch.tensor([encoding.ids for encoding in encodings], device=self._device),
            "attention_mask": torch.tensor(
                [encoding.attention_mask for encoding in encodings], device=self._device
            ),
        }
        with torch.inference_mode():
            logits: NDArray[np.float32] = self._classifier(inputs).float().cpu().numpy()
        return logits


def load_predictor(folder: Path, device: torch.device | None = None) -> Predictor:
    """Load a run's ``model/`` folder, or an exported copy of it; on the CPU if no device is given.

    Raises
    ------
    NotFoundError
        If it is no such folder.
    """
    facts = read_facts(folder)
    labels = tuple(facts["labels"])
    if facts["kind"] != "neural":
        return ClassicalPredictor(folder, labels)
    return NeuralPredictor(folder, labels, facts["max_length"], device or torch.device("cpu"))
