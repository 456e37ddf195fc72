"""From an arm's name to its network, with weights that the init seed alone decides."""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification, PreTrainedConfig
from transformers.utils import logging

from tl_core.catalogue.base_models import Pooling
from tl_core.errors import ModelError
from tl_core.models.classifiers import OwnHeadClassifier, PooledClassifier, TextClassifier
from tl_core.schema import ArmKind

logging.disable_progress_bar()
logging.set_verbosity_error()  # a new head's "some weights were not initialized" is what is wanted here


def build_classifier(
    kind: ArmKind,
    folder: Path,
    pooling: Pooling,
    labels: tuple[str, ...],
    *,
    init_seed: int,
    dropout: float | None = None,
) -> TextClassifier:
    """Build the network of a neural arm.

    ``fine_tuned`` and ``frozen`` take the base model's weights; ``scratch`` and ``frozen_random`` take the
    same architecture with weights drawn by the model's own initialiser. The head is drawn from the same
    seed in all of them, so that arms with the same seed start from the same head. Frozen encoders ask for
    no gradient.

    Raises
    ------
    ModelError
        If the architecture is unknown or would need code from outside.
    """
    config = load_config(folder, labels, dropout)
    classifier: TextClassifier
    torch.manual_seed(init_seed)
    if pooling is Pooling.OWN:
        classifier = _with_own_head(kind, folder, config, init_seed)
    else:
        encoder = _load(AutoModel, folder, config) if kind.is_pretrained else AutoModel.from_config(config)
        torch.manual_seed(init_seed + 1)
        classifier = PooledClassifier(encoder, pooling, len(labels))
    if kind in (ArmKind.FROZEN, ArmKind.FROZEN_RANDOM):
        for weight in classifier.encoder_parameters():
            weight.requires_grad_(False)
    return classifier


def _with_own_head(
    kind: ArmKind, folder: Path, config: PreTrainedConfig, init_seed: int
) -> OwnHeadClassifier:
    """Build the architecture's own classifier; its head comes from a random twin with the head's seed."""
    torch.manual_seed(init_seed + 1)
    twin = OwnHeadClassifier(AutoModelForSequenceClassification.from_config(config))
    torch.manual_seed(init_seed)
    model = (
        _load(AutoModelForSequenceClassification, folder, config)
        if kind.is_pretrained
        else AutoModelForSequenceClassification.from_config(config)
    )
    classifier = OwnHeadClassifier(model)
    with torch.no_grad():
        for weight, drawn in zip(classifier.head_parameters(), twin.head_parameters(), strict=True):
            weight.copy_(drawn)
    return classifier


def load_config(folder: Path, labels: tuple[str, ...], dropout: float | None) -> PreTrainedConfig:
    """Read a base model's configuration and set the labels; ``dropout`` replaces every rate if given."""
    overrides: dict[str, Any] = {
        "num_labels": len(labels),
        "id2label": dict(enumerate(labels)),
        "label2id": {label: index for index, label in enumerate(labels)},
    }
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False, **overrides)
    except (ValueError, OSError) as error:
        raise ModelError(
            f"The model in {folder.name!r} has an architecture that cannot be loaded here: {error}",
            "Choose a model of the BERT family whose code is part of transformers.",
        ) from error
    if dropout is not None:
        for name in [name for name in vars(config) if "dropout" in name and "layer" not in name]:
            setattr(config, name, dropout)
    return config


def _load(auto: Any, folder: Path, config: PreTrainedConfig) -> Any:
    return auto.from_pretrained(
        folder,
        config=config,
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
        dtype=torch.float32,
    )
