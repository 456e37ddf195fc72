"""What a model folder answers when it is loaded as its README says, without the engine's own predictor."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy.special import softmax
from tokenizers import Tokenizer

from tl_core.catalogue.inspecting import require_possible_configurations
from tl_core.errors import ModelError, NotFoundError
from tl_core.inference.predictor import Probabilities, Question, load_predictor
from tl_core.models.facts import is_of_former_layout, loading, read_facts
from tl_core.models.loading_words import WHY_AGAIN
from tl_core.models.standalone import load
from tl_core.outside import called, look_through

ONNX_FILE, LABELS_FILE = "model.onnx", "labels.json"
_ONNX_BATCH = 32
_ENCODED = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}

Answers = Callable[[Sequence[Question]], Probabilities]
"""Gives texts their probabilities ``(num_texts, num_labels)``."""


def answers_of(folder: Path) -> Answers:
    """Load an exported folder in the way that is documented for it.

    A network answers through ``predict.py``: the code of this version and not the folder's file, for nothing
    that comes from elsewhere is run. An ONNX graph answers through onnxruntime, and a classifier without a
    network through the engine, which alone reads it.

    Raises
    ------
    NotFoundError
        If it is no model folder.
    OutsideError
        If it holds a link, a pipe or what else no model has.
    ModelError
        If it has the layout of an earlier version.
    DamageError
        If a file of it is damaged.
    """
    look_through(folder)
    with loading(folder):
        if (folder / ONNX_FILE).exists():
            return _onnx_answers(folder)
        if read_facts(folder)["kind"] != "neural":
            return load_predictor(folder).predict
        if is_of_former_layout(folder):
            raise ModelError(
                f"The model in {folder.name!r} cannot be verified. {WHY_AGAIN}", "Export it again."
            )
        require_possible_configurations(folder, called(folder))
        answer = load(folder)
    return lambda texts: np.array([list(one.values()) for one in answer(texts)], dtype=np.float64)


def labels_in(folder: Path) -> list[str]:
    """Return the class names of an exported folder by id. Raises NotFoundError if it is none."""
    if (folder / LABELS_FILE).exists():
        return list(json.loads((folder / LABELS_FILE).read_text(encoding="utf-8")))
    return list(read_facts(folder)["labels"])


def _onnx_answers(folder: Path) -> Answers:
    try:
        import onnxruntime
    except ImportError:
        raise NotFoundError(
            "An ONNX graph is verified with onnxruntime, which is not installed.", "pip install onnxruntime"
        ) from None
    session = onnxruntime.InferenceSession(folder / ONNX_FILE, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    def answer(texts: Sequence[Question]) -> Probabilities:
        parts = []
        for start in range(0, len(texts), _ONNX_BATCH):
            encodings = tokenizer.encode_batch(list(texts[start : start + _ONNX_BATCH]))
            tensors = {
                one.name: np.array([getattr(e, _ENCODED[one.name]) for e in encodings], dtype=np.int64)
                for one in session.get_inputs()
            }
            parts.append(session.run(["logits"], tensors)[0])
        probabilities: Probabilities = softmax(np.concatenate(parts).astype(np.float64), axis=1)
        return probabilities

    return answer
