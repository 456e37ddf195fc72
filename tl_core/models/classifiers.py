"""The network of every neural arm: an encoder and one classification head."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoModel, AutoModelForSequenceClassification, PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPooling

from tl_core.catalogue.base_models import Pooling

Inputs = dict[str, Tensor]
HEAD_FILE = "head.safetensors"
USUAL_DROPOUT = 0.1
LOADING_OPTIONS: dict[str, Any] = {
    "local_files_only": True,
    "use_safetensors": True,
    "trust_remote_code": False,
    "dtype": torch.float32,
}
"""How any folder is loaded: nothing in it can run code, and weights are float32 whatever it says."""


class TextClassifier(nn.Module):
    """An encoder and a head. Forward takes the tokenizer's tensors ``(B, T)`` and gives logits ``(B, K)``.

    A *frozen* classifier is trained on stored features instead: `features` turns texts into vectors once,
    and `head` turns those into logits. ``redrawn`` names the encoder's parameters that start at random in an
    arm that keeps others; it is empty in all other arms.
    """

    redrawn: frozenset[str] = frozenset()

    @property
    def encoder(self) -> PreTrainedModel:
        """The network that the base model brings."""
        raise NotImplementedError

    def features(self, inputs: Inputs) -> Tensor:
        """Turn token ids ``(B, T)`` into what `head` needs, ``(B, F)``."""
        raise NotImplementedError

    def head(self, features: Tensor) -> Tensor:
        """Turn features ``(B, F)`` into logits ``(B, K)``."""
        raise NotImplementedError

    def forward(self, inputs: Inputs) -> Tensor:
        """Turn token ids ``(B, T)`` into logits ``(B, K)``."""
        return self.head(self.features(inputs))

    def head_parameters(self) -> Iterator[nn.Parameter]:
        """Yield the weights that are new for the task."""
        raise NotImplementedError

    def encoder_parameters(self) -> Iterator[nn.Parameter]:
        """Yield the weights that the base model brings."""
        head = {id(weight) for weight in self.head_parameters()}
        return (weight for weight in self.parameters() if id(weight) not in head)

    def redrawn_parameters(self) -> Iterator[nn.Parameter]:
        """Yield the encoder's weights that start at random in an arm that keeps others."""
        return (weight for name, weight in self.encoder.named_parameters() if name in self.redrawn)

    def save(self, folder: Path) -> None:
        """Write the weights in the Hub's layout."""
        raise NotImplementedError


class PooledClassifier(TextClassifier):
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
        """Write the encoder as `AutoModel` reads it, and the head beside it."""
        self.encoder.save_pretrained(folder)
        head = {name: weight.contiguous() for name, weight in self.linear.state_dict().items()}
        save_file(head, folder / HEAD_FILE)


class OwnHeadClassifier(TextClassifier):
    """The architecture's own sequence classification model, head included."""

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
        """Run the model's own head: its encoder is set aside and answers with the stored features.

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
        """Write the model as `AutoModelForSequenceClassification` reads it."""
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


def load_saved(folder: Path) -> TextClassifier:
    """Load what `TextClassifier.save` wrote, with ``classifier.json`` beside it. In evaluation mode."""
    facts = json.loads((folder / "classifier.json").read_text())
    pooling = Pooling(facts["pooling"])
    classifier: TextClassifier
    if pooling is Pooling.OWN:
        classifier = OwnHeadClassifier(
            AutoModelForSequenceClassification.from_pretrained(folder, **LOADING_OPTIONS)
        )
    else:
        encoder = AutoModel.from_pretrained(folder, **LOADING_OPTIONS)
        classifier = PooledClassifier(encoder, pooling, len(facts["labels"]))
        classifier.linear.load_state_dict(load_file(folder / HEAD_FILE))
    return classifier.eval()
