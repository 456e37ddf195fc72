"""A finished run as a function from texts to probabilities."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax

from tl_core.catalogue.inspecting import require_possible_configurations
from tl_core.catalogue.layout import encoder_folder
from tl_core.errors import UserError
from tl_core.models.classical import load_classical
from tl_core.models.classifiers import load_saved
from tl_core.models.facts import loading, read_facts, text_source
from tl_core.outside import called, look_through
from tl_core.schema import TextSource
from tl_core.text.tokens import load_tokenizer, padding_id, takes_type_ids

Question = str | tuple[str, str]
"""A text, or a pair of texts for a model that was trained on pairs."""
Probabilities = NDArray[np.float64]
BATCH = 32
MIB = 2**20


class Predictor(Protocol):
    """What both kinds of saved classifier can do."""

    labels: tuple[str, ...]
    texts: TextSource
    memory_mib: float

    def predict(self, texts: Sequence[Question]) -> Probabilities:
        """Give probabilities ``(num_texts, num_labels)``; rows sum to 1.

        Raises
        ------
        UserError
            If a model of pairs is given single texts, or one of single texts pairs.
        """


class ClassicalPredictor:
    """A saved arm without a network."""

    def __init__(self, folder: Path, labels: tuple[str, ...], texts: TextSource) -> None:
        self.labels = labels
        self.texts = texts
        self.memory_mib = sum(path.stat().st_size for path in folder.iterdir()) / MIB
        self._classifier = load_classical(folder)

    def predict(self, texts: Sequence[Question]) -> Probabilities:
        """Give probabilities ``(num_texts, num_labels)``; the two texts of a pair are read as one."""
        _check_form(texts, self.texts)
        whole = [text if isinstance(text, str) else "\n".join(text) for text in texts]
        probabilities: Probabilities = softmax(self._classifier.logits(whole).astype(np.float64), axis=1)
        return probabilities


class NeuralPredictor:
    """A saved network, in float32."""

    def __init__(
        self,
        folder: Path,
        labels: tuple[str, ...],
        texts: TextSource,
        *,
        max_length: int,
        device: torch.device,
    ) -> None:
        self.labels = labels
        self.texts = texts
        self._device = device
        self._classifier = load_saved(folder).to(device)
        place = encoder_folder(folder)
        self.memory_mib = sum(w.numel() * w.element_size() for w in self._classifier.parameters()) / MIB
        self._tokenizer = load_tokenizer(place)
        self._tokenizer.enable_truncation(max_length)
        self._tokenizer.enable_padding(pad_id=padding_id(place))
        self._uses_type_ids = texts.is_pair and takes_type_ids(place)

    def predict(self, texts: Sequence[Question]) -> Probabilities:
        """Give probabilities ``(num_texts, num_labels)``; texts of like length are scored together."""
        _check_form(texts, self.texts)
        order = np.argsort([len("".join(text)) for text in texts], kind="stable")
        logits = np.empty((len(texts), len(self.labels)))
        for start in range(0, len(texts), BATCH):
            places = order[start : start + BATCH]
            logits[places] = self._score([texts[place] for place in places])
        probabilities: Probabilities = softmax(logits, axis=1)
        return probabilities

    def _score(self, texts: list[Question]) -> NDArray[np.float32]:
        encodings = self._tokenizer.encode_batch(texts)
        values = {
            "input_ids": [encoding.ids for encoding in encodings],
            "attention_mask": [encoding.attention_mask for encoding in encodings],
        }
        if self._uses_type_ids:
            values["token_type_ids"] = [encoding.type_ids for encoding in encodings]
        inputs = {name: torch.tensor(numbers, device=self._device) for name, numbers in values.items()}
        with torch.inference_mode():
            logits: NDArray[np.float32] = self._classifier(inputs).float().cpu().numpy()
        return logits


def load_predictor(folder: Path, device: torch.device | None = None) -> Predictor:
    """Load a run's ``model/`` folder, or an exported copy of it; on the CPU if no device is given.

    Raises
    ------
    NotFoundError
        If it is no such folder.
    OutsideError
        If it holds a link, a pipe or what else no model has.
    ModelError
        If its configuration describes no model.
    DamageError
        If a file of it is damaged; says which one, and of which run.
    """
    look_through(folder)
    facts = read_facts(folder)
    labels, texts = tuple(facts["labels"]), text_source(facts)
    predictor: Predictor
    with loading(folder):
        if facts["kind"] == "neural":
            require_possible_configurations(folder, called(folder))
            max_length, device = facts["max_length"], device or torch.device("cpu")
            predictor = NeuralPredictor(folder, labels, texts, max_length=max_length, device=device)
        else:
            predictor = ClassicalPredictor(folder, labels, texts)
        answer = predictor.predict([("", "") if texts.is_pair else ""])
        if answer.shape != (1, len(labels)) or not np.isfinite(answer).all():
            raise ValueError(f"it gives no probability for each of its {len(labels)} labels")
    return predictor


def _check_form(texts: Sequence[Question], source: TextSource) -> None:
    if all(isinstance(text, tuple) == source.is_pair for text in texts):
        return
    wanted, given = ("two texts", "one") if source.is_pair else ("one text", "two")
    raise UserError(
        f"Expected {wanted} for each answer, as this model was trained; got {given}.",
        f"Give it {wanted}, or choose another model.",
    )
