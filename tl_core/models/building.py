"""From an arm's name to its network, with weights that the init seed alone decides."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModel, PreTrainedConfig, PreTrainedModel

from tl_core.catalogue.base_models import Pooling
from tl_core.errors import ModelError
from tl_core.models.bert_forward import quicken
from tl_core.models.classifiers import (
    LOADING_OPTIONS,
    Classifier,
    Inputs,
    OwnHeadClassifier,
    PooledClassifier,
)
from tl_core.models.knowledge import reduce_knowledge
from tl_core.schema import ArmKind
from tl_core.words import quoted


def build_classifier(
    kind: ArmKind,
    folder: Path,
    pooling: Pooling,
    labels: tuple[str, ...],
    *,
    own_head: Any,
    own_head_classifier: type[OwnHeadClassifier] = OwnHeadClassifier,
    made_up: Callable[[PreTrainedConfig], Inputs],
    init_seed: int,
    dropout: float | None = None,
    num_layers: int | None = None,
) -> Classifier:
    """Build the network of a neural arm.

    ``fine_tuned`` and ``frozen`` take the base model's weights; ``scratch`` and ``frozen_random`` take the
    same architecture with weights drawn by the model's own initialiser; partial arms take some of both
    (`reduce_knowledge`), ``reinit_top`` with its top ``num_layers`` drawn anew. The head is drawn from the
    same seed in all of them, so that arms with the same seed start from the same head. Frozen encoders ask
    for no gradient.

    Parameters
    ----------
    own_head
        The auto class of transformers for an architecture with its own head.
    own_head_classifier
        What its model becomes.
    made_up
        Gives the inputs of two examples, which a head is tried on.

    Raises
    ------
    ModelError
        If the architecture is unknown or would need code from outside, if the weights cannot be read or
        leave a part of the encoder without any, if a frozen arm's head needs more than stored features, or
        if a partial arm's layers cannot be told apart.
    """
    config = load_config(folder, labels, dropout)
    classifier: Classifier
    if pooling is Pooling.OWN:
        classifier = _with_own_head(own_head, own_head_classifier, kind, folder, config, init_seed)
    else:
        encoder = _make(AutoModel, folder, config, init_seed, is_pretrained=kind.is_pretrained)
        torch.manual_seed(init_seed + 1)
        classifier = PooledClassifier(encoder, pooling, len(labels))
    if kind.is_partial:
        auto = own_head if pooling is Pooling.OWN else AutoModel
        drawn = _make(auto, folder, config, init_seed, is_pretrained=False).base_model
        reduced = reduce_knowledge(classifier.encoder, drawn, kind, seed=init_seed, num_layers=num_layers)
        classifier.redrawn = reduced
    quicken(classifier.encoder)
    if kind.is_frozen:
        for weight in classifier.encoder_parameters():
            weight.requires_grad_(False)
        if pooling is Pooling.OWN:
            _require_head_on_features(classifier, made_up(config), folder)
    return classifier


def _with_own_head(
    auto: Any,
    make: type[OwnHeadClassifier],
    kind: ArmKind,
    folder: Path,
    config: PreTrainedConfig,
    init_seed: int,
) -> OwnHeadClassifier:
    """Build the architecture's own classifier; its head comes from a random twin with the head's seed."""
    twin = make(_make(auto, folder, config, init_seed + 1, is_pretrained=False))
    classifier = make(_make(auto, folder, config, init_seed, is_pretrained=kind.is_pretrained))
    with torch.no_grad():
        for weight, drawn in zip(classifier.head_parameters(), twin.head_parameters(), strict=True):
            weight.copy_(drawn)
    return classifier


def load_config(folder: Path, labels: tuple[str, ...], dropout: float | None) -> PreTrainedConfig:
    """Read a base model's configuration and set the labels; ``dropout`` replaces every rate if given.

    Raises
    ------
    ModelError
        If the architecture is unknown or would need code from outside.
    """
    try:
        config = AutoConfig.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            num_labels=len(labels),
            id2label=dict(enumerate(labels)),
            label2id={label: index for index, label in enumerate(labels)},
            problem_type="single_label_classification",
        )
    except (ValueError, OSError) as error:
        raise ModelError(
            f"The architecture of the model in {quoted(folder.name)} cannot be loaded: "
            f"{_first_line(error, folder)}",
            "Choose a model of the BERT family whose code is part of transformers.",
        ) from error
    if dropout is not None:
        for name in [name for name in vars(config) if "dropout" in name and "layer" not in name]:
            setattr(config, name, dropout)
    return config


def _make(
    auto: Any, folder: Path, config: PreTrainedConfig, seed: int, *, is_pretrained: bool
) -> PreTrainedModel:
    """Load the base model's weights, or draw new ones from the seed."""
    torch.manual_seed(seed)
    try:
        if is_pretrained:
            return _load(auto, folder, config)
        model: PreTrainedModel = auto.from_config(config, dtype=torch.float32)
        return model
    except (ValueError, OSError, RuntimeError, SafetensorError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        raise ModelError(
            f"The model in {quoted(folder.name)} cannot be loaded: {_first_line(error, folder)}",
            "Download or save it again, or choose another model.",
        ) from error


def _load(auto: Any, folder: Path, config: PreTrainedConfig) -> PreTrainedModel:
    """Load weights. A head that the folder brings may have other labels, for it is replaced anyway."""
    model, report = auto.from_pretrained(
        folder, config=config, ignore_mismatched_sizes=True, output_loading_info=True, **LOADING_OPTIONS
    )
    encoder = {id(weight) for weight in model.base_model.parameters()}
    own = {name for name, weight in model.named_parameters() if id(weight) in encoder}
    lacking = {*report["missing_keys"], *(name for name, *_ in report["mismatched_keys"])} & own
    # Poolers are not part of masked language modelling, so many pretrained models have none.
    lacking = {name for name in lacking if "pooler" not in name}
    if lacking:
        raise ValueError(f"{len(lacking)} weights are missing in the file, such as {min(lacking)}")
    return model


def _require_head_on_features(classifier: Classifier, inputs: Inputs, folder: Path) -> None:
    """Make sure that the head gives the same on stored features as in the whole network."""
    was_training = classifier.training
    classifier.eval()
    with torch.inference_mode():
        whole, by_features = classifier(inputs), classifier.head(classifier.features(inputs))
    classifier.train(was_training)
    if not torch.allclose(whole, by_features, atol=1e-4):
        raise ModelError(
            f"The head of the model in {quoted(folder.name)} reads more than the first token, so it cannot"
            " be trained on stored features.",
            "Leave out the frozen models of this base model.",
        )


def _first_line(error: Exception, folder: Path) -> str:
    """Give an error's first line, with the folder's name for its place: a run keeps the message."""
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return line.replace(str(folder), folder.name)
