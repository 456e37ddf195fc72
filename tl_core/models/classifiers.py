"""The network of every neural arm: an encoder and one classification head."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoModel, PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPooling
from transformers.utils import logging

from tl_core.catalogue.base_models import Pooling
from tl_core.catalogue.local_folders import ENCODER, HEAD, MODULES_FILE, POOLING, encoder_folder
from tl_core.models.facts import loading, read_facts

logging.disable_progress_bar()
logging.set_verbosity_error()  # a new head's "some weights were not initialized" is what is wanted here

Inputs = dict[str, Tensor]
WEIGHTS_FILE = "model.safetensors"
FORMER_HEAD_FILE = "head.safetensors"
"""The head of a pooled classifier as an earlier version saved it, beside an encoder at the folder's root."""
USUAL_DROPOUT = 0.1
LOADING_OPTIONS: dict[str, Any] = {
    "local_files_only": True,
    "use_safetensors": True,
    "trust_remote_code": False,
    "dtype": torch.float32,
}
"""How any folder is loaded: nothing in it can run code, and weights are float32 whatever it says."""


class Classifier(nn.Module):
    """An encoder and a head. Forward takes the encoder's inputs, ``B`` of each, and gives logits ``(B, K)``.

    A *frozen* classifier is trained on stored features instead: `features` turns examples into vectors once,
    and `head` turns those into logits. ``redrawn`` names the encoder's parameters that start at random in an
    arm that keeps others; it is empty in all other arms.
    """

    redrawn: frozenset[str] = frozenset()

    @property
    def encoder(self) -> PreTrainedModel:
        """The network that the base model brings."""
        raise NotImplementedError

    def features(self, inputs: Inputs) -> Tensor:
        """Turn inputs into what `head` needs, ``(B, F)``."""
        raise NotImplementedError

    def head(self, features: Tensor) -> Tensor:
        """Turn features ``(B, F)`` into logits ``(B, K)``."""
        raise NotImplementedError

    def forward(self, inputs: Inputs) -> Tensor:
        """Turn inputs into logits ``(B, K)``."""
        return self.head(self.features(inputs))

    def head_parameters(self) -> Iterator[nn.Parameter]:
        """Yield the weights that are new for the task."""
        raise NotImplementedError

    def encoder_parameters(self) -> Iterator[nn.Parameter]:
        """Yield the weights that the base model brings."""
        head = {id(weight) for weight in self.head_parameters()}
        return (weight for weight in self.parameters() if id(weight) not in head)

    def reinitialised_parameters(self) -> Iterator[nn.Parameter]:
        """Yield the encoder's weights that start at random in an arm that keeps others."""
        return (weight for name, weight in self.encoder.named_parameters() if name in self.redrawn)

    def save(self, folder: Path) -> None:
        """Write the weights in the Hub's layout."""
        raise NotImplementedError


class PooledClassifier(Classifier):
    """Mean or [CLS] of the last hidden states, dropout, one linear layer."""

    def __init__(self, encoder: PreTrainedModel, pooling: Pooling, num_labels: int) -> None:
        super().__init__()
        config = encoder.config
        self.base = encoder
        self.pooling = pooling
        self.dropout = nn.Dropout(_dropout_of(config))
        self.linear = nn.Linear(config.hidden_size, num_labels)
        nn.init.normal_(self.linear.weight, std=getattr(config, "initializer_range", 0.02))
        nn.init.zeros_(self.linear.bias)

    @property
    def encoder(self) -> PreTrainedModel:
        """The network below the pooling."""
        return self.base

    def features(self, inputs: Inputs) -> Tensor:
        """Pool the last hidden states, padding left out: ``(B, D)``."""
        hidden: Tensor = self.encoder(**inputs).last_hidden_state  # (B, T, D)
        if self.pooling is Pooling.CLS:
            return hidden[:, 0]
        if "attention_mask" not in inputs:
            return hidden.mean(dim=1)
        mask = inputs["attention_mask"].unsqueeze(-1).to(hidden.dtype)  # (B, T, 1)
        return (hidden * mask).sum(dim=1) / mask.sum(dim=1)

    def head(self, features: Tensor) -> Tensor:
        """Dropout and the linear layer."""
        logits: Tensor = self.linear(self.dropout(features))
        return logits

    def head_parameters(self) -> Iterator[nn.Parameter]:
        """Yield the linear layer's weights."""
        return self.linear.parameters()

    def save(self, folder: Path) -> None:
        """Write encoder, pooling and head as modules of sentence-transformers.

        The root has no ``config.json``: with one, transformers' classes for classification would load the
        encoder and draw a head at random. For the same reason the encoder does not know the labels.
        """
        encoder, (out_features, in_features) = folder / ENCODER, self.linear.weight.shape
        config = copy.deepcopy(self.encoder.config)
        config.num_labels, config.problem_type = 2, None  # transformers' own defaults
        self.encoder.save_pretrained(encoder)
        config.architectures, config.dtype = [type(self.encoder).__name__], "float32"
        config.save_pretrained(encoder)
        _write_json(
            folder / POOLING / "config.json",
            {
                "word_embedding_dimension": in_features,
                "pooling_mode_cls_token": self.pooling is Pooling.CLS,
                "pooling_mode_mean_tokens": self.pooling is Pooling.MEAN,
            },
        )
        _write_json(
            folder / HEAD / "config.json",
            {
                "in_features": in_features,
                "out_features": out_features,
                "bias": True,
                "activation_function": "torch.nn.modules.linear.Identity",
            },
        )
        head = {f"linear.{name}": weight.contiguous() for name, weight in self.linear.state_dict().items()}
        save_file(head, folder / HEAD / WEIGHTS_FILE)
        _write_json(
            folder / MODULES_FILE,
            [
                {
                    "idx": place,
                    "name": str(place),
                    "path": path,
                    "type": f"sentence_transformers.models.{kind}",
                }
                for place, (path, kind) in enumerate(
                    ((ENCODER, "Transformer"), (POOLING, "Pooling"), (HEAD, "Dense"))
                )
            ],
        )


class OwnHeadClassifier(Classifier):
    """The architecture's own classification model, head included."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    @property
    def encoder(self) -> PreTrainedModel:
        """The model without its head."""
        encoder: PreTrainedModel = self.model.base_model
        return encoder

    def features(self, inputs: Inputs) -> Tensor:
        """Give the first token's last hidden state, and the pooler's output if any: ``(B, 1 or 2, D)``."""
        output = self.encoder(**inputs)
        parts = [output.last_hidden_state[:, 0], getattr(output, "pooler_output", None)]
        return torch.stack([part for part in parts if part is not None], dim=1)

    def head(self, features: Tensor) -> Tensor:
        """Run the model's own head: its encoder is left out and answers with the stored features.

        Heads of the BERT family read the first token or the pooler's output and nothing else.
        """
        prefix, encoder = self.model.base_model_prefix, self.encoder
        setattr(self.model, prefix, _Replay(features))
        try:
            logits: Tensor = self.model(attention_mask=features.new_ones(features.shape[0], 1)).logits
        finally:
            setattr(self.model, prefix, encoder)
        return logits

    def forward(self, inputs: Inputs) -> Tensor:
        """Run the whole model: ``(B, K)``."""
        logits: Tensor = self.model(**inputs).logits
        return logits

    def head_parameters(self) -> Iterator[nn.Parameter]:
        """Yield the weights outside the base model."""
        encoder = {id(weight) for weight in self.encoder.parameters()}
        return (weight for weight in self.model.parameters() if id(weight) not in encoder)

    def save(self, folder: Path) -> None:
        """Write the model as transformers reads it."""
        self.model.save_pretrained(folder)


class _Replay(nn.Module):
    """Stands in for an encoder and answers with stored features ``(B, 1 or 2, D)``."""

    def __init__(self, features: Tensor) -> None:
        super().__init__()
        self.features = features

    def forward(self, *args: Any, **kwargs: Any) -> BaseModelOutputWithPooling:
        pooled = self.features[:, 1] if self.features.shape[1] > 1 else None
        return BaseModelOutputWithPooling(last_hidden_state=self.features[:, :1], pooler_output=pooled)


def _dropout_of(config: PreTrainedConfig) -> float:
    """Return the head's dropout as the architecture has it."""
    for name in ("classifier_dropout", "hidden_dropout_prob", "dropout", "mlp_dropout"):
        value = getattr(config, name, None)
        if value is not None:
            return float(value)
    return USUAL_DROPOUT


def _write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2), encoding="utf-8")


def load_saved(
    folder: Path, own_head: Any, own_head_classifier: type[OwnHeadClassifier] = OwnHeadClassifier
) -> Classifier:
    """Load what `Classifier.save` wrote, with ``classifier.json`` beside it. In evaluation mode.

    Folders of an earlier version, which had a pooled classifier's encoder at their root, are read as well.

    Parameters
    ----------
    own_head
        The auto class of transformers for an architecture with its own head.
    own_head_classifier
        What its model becomes.

    Raises
    ------
    NotFoundError
        If it is no model folder.
    DamageError
        If weights are missing or damaged: no weight is ever drawn in the place of one that is not there.
    """
    facts = read_facts(folder)
    classifier: Classifier
    with loading(folder):
        pooling = Pooling(facts["pooling"])
        if pooling is Pooling.OWN:
            classifier = own_head_classifier(_load_whole(own_head, folder))
        else:
            encoder = _load_whole(AutoModel, encoder_folder(folder))
            classifier = PooledClassifier(encoder, pooling, len(facts["labels"]))
            former = folder / FORMER_HEAD_FILE
            head = load_file(former if former.exists() else folder / HEAD / WEIGHTS_FILE)
            weights = {name.removeprefix("linear."): weight for name, weight in head.items()}
            classifier.linear.load_state_dict(weights)
    return classifier.eval()


def _load_whole(auto: Any, folder: Path) -> PreTrainedModel:
    model, report = auto.from_pretrained(folder, output_loading_info=True, **LOADING_OPTIONS)
    lacking = {*report["missing_keys"], *(name for name, *_ in report["mismatched_keys"])}
    if lacking:
        raise ValueError(f"{len(lacking)} weights are missing in the file, such as {min(lacking)}")
    return cast(PreTrainedModel, model)
