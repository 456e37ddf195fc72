"""What a folder of a text classifier answers when it is loaded as its README says."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.special import softmax
from tokenizers import Tokenizer

from tl_core.inference.predictor import Answers, Probabilities, Question
from tl_core.models.graph import ONNX_FILE, open_graph
from tl_core.text.network.standalone import load

_ONNX_BATCH = 32
_ENCODED = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}


def answers_of(folder: Path) -> Answers:
    """Answer through ``predict.py``: the code of this version and not the folder's file.

    Nothing that comes from elsewhere is run. An ONNX graph answers through onnxruntime.
    """
    if (folder / ONNX_FILE).exists():
        return _onnx_answers(folder)
    answer = load(folder)
    return lambda texts: np.array([list(one.values()) for one in answer(texts)], dtype=np.float64)


def _onnx_answers(folder: Path) -> Answers:
    session = open_graph(folder)
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
