"""What texts are to a network: token ids, and a folder that answers elsewhere as it does here."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, PreTrainedConfig

from tl_core.inference.predictor import Answers, Elsewhere, Predictor
from tl_core.models.classifiers import Classifier, Inputs
from tl_core.networks import TransformersNetworks
from tl_core.schema import TextSource
from tl_core.text.network.answers import answers_of
from tl_core.text.network.examples import TokenExamples
from tl_core.text.network.onnx import write_onnx
from tl_core.text.network.predictor import TextPredictor
from tl_core.text.network.saving import save_classifier
from tl_core.text.network.trimming import trimmed
from tl_core.text.tokens import tokenizer_hash
from tl_core.training.batching import Examples
from tl_core.training.compute import Compute

if TYPE_CHECKING:
    import pyarrow as pa

MADE_UP_TOKENS = 6


class TextNetworks(TransformersNetworks):
    """Networks of the BERT family."""

    own_head = AutoModelForSequenceClassification

    def input_hash(self, folder: Path) -> str:
        """Identify the tokenizer."""
        return tokenizer_hash(folder)

    def made_up_inputs(self, config: PreTrainedConfig) -> Inputs:
        """Make two texts of six tokens up."""
        ids = torch.arange(2 * MADE_UP_TOKENS).reshape(2, MADE_UP_TOKENS) % config.vocab_size
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}

    def prepare(self, rows: "pa.Table", folder: Path, limit: int, cache: Path | None) -> TokenExamples:
        """Turn texts into token ids, or read them if another run has done so."""
        from tl_core.text.network.encoding import token_path, tokenize  # brings pyarrow and datasets

        if cache is None:
            with TemporaryDirectory() as temporary:
                return self.prepare(rows, folder, limit, Path(temporary))
        return tokenize(rows, folder, limit, token_path(cache, self.input_hash(folder), limit))

    def narrowed(
        self, model: Classifier, train: Examples, validation: Examples
    ) -> AbstractContextManager[None]:
        """Keep the embeddings of the tokens that occur."""
        if not isinstance(train, TokenExamples) or not isinstance(validation, TokenExamples):
            return nullcontext()  # stored features
        return trimmed(model, np.concatenate([train.ids, validation.ids, [train.pad_id]]))

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
        """Write the tokenizer, ``predict.py`` and a README too."""
        save_classifier(
            model,
            folder,
            base_folder=base_folder,
            labels=labels,
            limit=limit,
            source=source,
            is_leaving=is_leaving,
        )

    def predictor(
        self,
        folder: Path,
        facts: Mapping[str, Any],
        source: TextSource,
        compute: Compute,
        elsewhere: Elsewhere,
    ) -> Predictor:
        """Tokenise without a dataset."""
        return TextPredictor(self, folder, facts, source, compute, elsewhere)

    def int8_predictor(self, folder: Path, facts: Mapping[str, Any], source: TextSource) -> Predictor:
        """Quantise the graph."""
        from tl_core.text.network.int8 import Int8Predictor

        return Int8Predictor(folder, facts, source)

    def answers(self, folder: Path) -> Answers:
        """Answer through ``predict.py``, or through the graph."""
        return answers_of(folder)

    def write_onnx(self, model: Path, folder: Path) -> None:
        """Write a graph that takes token ids."""
        write_onnx(model, folder)


NETWORKS = TextNetworks()
