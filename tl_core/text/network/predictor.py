"""A saved network that answers texts."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax

from tl_core.catalogue.local_folders import encoder_folder
from tl_core.inference.predictor import MIB, Probabilities, Question, check_form
from tl_core.models.classifiers import Classifier
from tl_core.schema import TextSource
from tl_core.text.tokens import load_tokenizer, padding_id, takes_type_ids

BATCH = 32


class TextPredictor:
    """A saved network, in float32."""

    def __init__(
        self,
        classifier: Classifier,
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
        self._classifier = classifier.to(device)
        place = encoder_folder(folder)
        self.memory_mib = sum(w.numel() * w.element_size() for w in self._classifier.parameters()) / MIB
        self._tokenizer = load_tokenizer(place)
        self._tokenizer.enable_truncation(max_length)
        self._tokenizer.enable_padding(pad_id=padding_id(place))
        self._uses_type_ids = texts.is_pair and takes_type_ids(place)

    def predict(self, texts: Sequence[Question]) -> Probabilities:
        """Give probabilities ``(num_texts, num_labels)``; texts of like length are scored together."""
        check_form(texts, self.texts)
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
