"""What every modality does with transformers' networks; what it does otherwise, it overrides."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from transformers import PreTrainedConfig

from tl_core.arms import ArmKind
from tl_core.catalogue.base_models import BaseModel, Pooling
from tl_core.catalogue.local_folders import encoder_folder
from tl_core.errors import UserError, is_out_of_memory
from tl_core.inference.predictor import (
    MIB,
    Answers,
    Elsewhere,
    Predictor,
    Probabilities,
    Question,
    Scored,
    check_form,
    ignore,
    load_predictor,
)
from tl_core.modality import Networks, content_of
from tl_core.models.bert_forward import hold, quicken
from tl_core.models.building import build_classifier
from tl_core.models.classifiers import Classifier, Inputs, OwnHeadClassifier, PooledClassifier, load_saved
from tl_core.models.facts import write_facts
from tl_core.schema import Precision, TextSource
from tl_core.training.batching import Examples, Indices
from tl_core.training.change import Representations, represent_layers
from tl_core.training.compute import Compute
from tl_core.training.fit import predict_logits


class TransformersNetworks(Networks):
    """Networks with an encoder of transformers.

    Attributes
    ----------
    own_head
        The auto class of an architecture with its own head.
    own_head_classifier
        What such an architecture becomes.
    """

    own_head: Any
    own_head_classifier: type[OwnHeadClassifier] = OwnHeadClassifier

    def input_hash(self, folder: Path) -> str:
        """Identify inputs by nothing: they are the same for every base model."""
        return "none"

    def precision(self, base: BaseModel, compute: Compute) -> Precision:
        """Take what the device is best at."""
        return compute.precision

    def made_up_inputs(self, config: PreTrainedConfig) -> Inputs:
        """Make the inputs of two examples up, which an architecture's own head is tried on."""
        raise NotImplementedError

    def build(
        self,
        kind: ArmKind,
        folder: Path,
        pooling: Pooling,
        labels: tuple[str, ...],
        *,
        init_seed: int,
        dropout: float | None = None,
        num_layers: int | None = None,
    ) -> Classifier:
        """Do what `build_classifier` does."""
        return build_classifier(
            kind,
            folder,
            pooling,
            labels,
            own_head=self.own_head,
            own_head_classifier=self.own_head_classifier,
            made_up=self.made_up_inputs,
            init_seed=init_seed,
            dropout=dropout,
            num_layers=num_layers,
        )

    def for_training(self, examples: Examples, seed: int) -> Examples:
        """Leave examples as they are."""
        return examples

    def narrowed(
        self, model: Classifier, train: Examples, validation: Examples
    ) -> AbstractContextManager[None]:
        """Leave nothing out."""
        return nullcontext()

    def represent(
        self, model: Classifier, examples: Examples, indices: Indices, compute: Compute
    ) -> Representations:
        """Average the hidden states of each layer."""
        return represent_layers(model, examples, indices, compute)

    def save(
        self,
        model: Classifier,
        folder: Path,
        *,
        base_folder: Path,
        labels: tuple[str, ...],
        limit: int,
        source: TextSource | None = None,
        is_leaving: bool = False,
    ) -> None:
        """Write the weights and what the folder is."""
        folder.mkdir(parents=True, exist_ok=True)
        model.save(folder)
        pooling = model.pooling if isinstance(model, PooledClassifier) else Pooling.OWN
        write_facts(folder, "neural", labels, source, pooling=pooling.value, max_length=limit)

    def load(self, folder: Path) -> Classifier:
        """Do what `load_saved` does; the network takes the same way as in its training."""
        classifier = load_saved(folder, self.own_head, self.own_head_classifier)
        quicken(classifier.encoder)
        return classifier

    def predictor(
        self,
        folder: Path,
        facts: Mapping[str, Any],
        source: TextSource,
        compute: Compute,
        elsewhere: Elsewhere,
    ) -> Predictor:
        """Prepare questions as a dataset's rows are prepared."""
        return NetworkPredictor(self, folder, facts, source, compute, elsewhere)

    def int8_predictor(self, folder: Path, facts: Mapping[str, Any], source: TextSource) -> Predictor:
        """Refuse: there is no graph that could be quantised."""
        raise UserError("This kind of model cannot be scored in int8.", "Choose another precision.")

    def answers(self, folder: Path) -> Answers:
        """Answer with the engine: no other way is documented."""
        return load_predictor(folder).predict

    def write_onnx(self, model: Path, folder: Path) -> None:
        """Refuse: how inputs are prepared outside of the engine is not written down."""
        raise UserError("This kind of model cannot be exported as ONNX.", "Export it with `--format hf`.")


class NetworkPredictor:
    """A saved network that reads questions as rows of a dataset."""

    def __init__(
        self,
        networks: Networks,
        folder: Path,
        facts: Mapping[str, Any],
        source: TextSource,
        compute: Compute,
        elsewhere: Elsewhere,
    ) -> None:
        self.labels: tuple[str, ...] = tuple(facts["labels"])
        self.texts = source
        self._networks, self._compute, self._elsewhere = networks, compute, elsewhere
        self._lock = threading.Lock()
        self._encoder_folder, self._limit = encoder_folder(folder), int(facts["max_length"])
        self._examples: Callable[[Sequence[Question]], Examples] = self._prepare
        self._classifier = networks.load(folder).to(compute.device)
        hold(self._classifier.encoder)
        # Twice: as they are, and as the quick way's products want them.
        self.memory_mib = 2 * sum(w.numel() * w.element_size() for w in self._classifier.parameters()) / MIB

    def predict(self, texts: Sequence[Question], scored: Scored = ignore) -> Probabilities:
        """Give probabilities ``(num_examples, num_labels)``; examples of like length are scored together."""
        check_form(texts, self.texts)
        if not texts:
            return np.empty((0, len(self.labels)))
        examples = self._examples(texts)
        with self._lock:
            logits = self._score_elsewhere(examples, scored)
            if logits is None:
                logits = self._score(examples, self._compute, scored)
        probabilities: Probabilities = softmax(logits.astype(np.float64), axis=1)
        return probabilities

    def _score_elsewhere(self, examples: Examples, scored: Scored) -> NDArray[np.float32] | None:
        """Use a device that is free; None without one, or if its memory is too small."""
        compute = self._elsewhere()
        if compute is None:
            return None
        try:
            return self._score(examples, compute, scored)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        return None

    def _score(self, examples: Examples, compute: Compute, scored: Scored) -> NDArray[np.float32]:
        self._classifier.to(compute.device)
        return predict_logits(self._classifier, examples, np.arange(len(examples.targets)), compute, scored)

    def _prepare(self, texts: Sequence[Question]) -> Examples:
        import pyarrow as pa  # here: what trains networks needs none

        from tl_core.datasets.selection import TARGET

        parts = zip(*((one,) if isinstance(one, str) else one for one in texts), strict=True)
        columns = dict(zip(content_of(self.texts.modality).columns, map(list, parts), strict=False))
        rows = pa.table({**columns, TARGET: np.zeros(len(texts), dtype=np.int32)})
        return self._networks.prepare(rows, self._encoder_folder, self._limit, None)
