"""A saved network whose weights and products are 8-bit integers, scored by ONNX Runtime."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax

from tl_core.inference.predictor import MIB, PLAIN, Probabilities, Question, Scored, check_form, ignore
from tl_core.models.graph import ONNX_FILE, quiet
from tl_core.schema import TextSource
from tl_core.text.network.onnx import write_onnx
from tl_core.text.network.predictor import TextReader


class Int8Predictor:
    """Dynamic quantisation: weights once, what comes into a product each time.

    Probabilities are near those of the network, and it has to be measured how near: `accuracy_in_int8`.
    """

    def __init__(self, folder: Path, facts: Mapping[str, Any], source: TextSource) -> None:
        import onnxruntime

        self.labels: tuple[str, ...] = tuple(facts["labels"])
        self.texts = source
        self._reader = TextReader(folder, facts, source)
        with TemporaryDirectory(prefix="tl-int8-") as temporary:
            graph = _quantised(folder, Path(temporary))
            self.memory_mib = graph.stat().st_size / MIB
            self._session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])

    def predict(self, texts: Sequence[Question], scored: Scored = ignore) -> Probabilities:
        """Give probabilities ``(num_texts, num_labels)``; texts of like length are scored together."""
        check_form(texts, self.texts)
        examples = self._reader.read(texts)
        logits: NDArray[np.float64] = np.empty((len(texts), len(self.labels)))
        for places in PLAIN.scoring_batches(examples.lengths):
            inputs = {name: values.numpy() for name, values in examples.collate(places).items()}
            (logits[places],) = self._session.run(["logits"], inputs)
            scored(len(places))
        probabilities: Probabilities = softmax(logits, axis=1)
        return probabilities


def _quantised(model: Path, folder: Path) -> Path:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    write_onnx(model, folder / "exact")
    target = folder / "int8.onnx"
    with quiet():
        quantize_dynamic(
            folder / "exact" / ONNX_FILE,
            target,
            weight_type=QuantType.QInt8,
            reduce_range=not torch.cpu._is_vnni_supported(),  # sums of 16 bits overflow without these
        )
    return target
