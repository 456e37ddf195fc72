"""What pictures are to a network: squares of pixels, normalised as its base model wants them."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from transformers import AutoModelForImageClassification, PreTrainedConfig

from tl_core.arms import ArmKind, Start
from tl_core.catalogue.base_models import BaseModel, Pooling
from tl_core.datasets.selection import TARGET
from tl_core.images.network.classifiers import PictureClassifier
from tl_core.images.network.examples import PictureExamples, decode
from tl_core.images.network.onnx import write_onnx
from tl_core.images.network.portable import answers_of, write_portable
from tl_core.images.network.standalone import PREPROCESSOR, any_size, channel_order, normalisation
from tl_core.inference.predictor import Answers
from tl_core.models.classifiers import Classifier, Inputs
from tl_core.networks import TransformersNetworks
from tl_core.schema import Precision, TextSource
from tl_core.training.batching import Examples, Indices, network_inputs
from tl_core.training.change import Representations
from tl_core.training.compute import Compute

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_NORM_MOMENTUM = 0.1
KEEPS_STATISTICS = (Start.PRETRAINED, Start.LOWER_LAYERS, Start.EMBEDDINGS)
"""Starts with which all that lies below a pretrained batch norm is pretrained too: what it counted on a
million pictures still holds, and a batch of 16 knows it less well."""
_MADE_UP_PX = 64


class PictureNetworks(TransformersNetworks):
    """Networks that classify pictures."""

    own_head = AutoModelForImageClassification
    own_head_classifier = PictureClassifier

    def input_hash(self, folder: Path) -> str:
        """Identify how numbers are normalised."""
        return hashlib.sha256((folder / PREPROCESSOR).read_bytes()).hexdigest()

    def precision(self, base: BaseModel, compute: Compute) -> Precision:
        """Train convolutions in float32 on a processor: their gradients take longer in bfloat16."""
        if compute.device.type == "cpu" and not base.reads_patches:
            return Precision.FLOAT32
        return compute.precision

    def made_up_inputs(self, config: PreTrainedConfig) -> Inputs:
        """Make two pictures up."""
        size = getattr(config, "image_size", _MADE_UP_PX)
        shape = (2, getattr(config, "num_channels", 3), *([size, size] if isinstance(size, int) else size))
        return {"pixel_values": torch.linspace(-1, 1, int(np.prod(shape))).reshape(shape)}

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
        """Build a network whose batch norms keep what pretraining counted, or follow the batches.

        Those that follow look back about ten batches, whatever its folder says: one says 0.99 and means what
        torch calls 0.01, with which a short training would be judged by the statistics that it began with.
        """
        model = super().build(
            kind, folder, pooling, labels, init_seed=init_seed, dropout=dropout, num_layers=num_layers
        )
        norms = {name: one for name, one in model.named_modules() if isinstance(one, nn.BatchNorm2d)}
        for norm in norms.values():
            norm.momentum = BATCH_NORM_MOMENTUM
        if kind.spec.start in KEEPS_STATISTICS and isinstance(model, PictureClassifier):
            drawn = {id(weight) for weight in model.reinitialised_parameters()}
            model.keeping = frozenset(name for name, norm in norms.items() if id(norm.weight) not in drawn)
        return model

    def prepare(self, rows: "pa.Table", folder: Path, limit: int, cache: Path | None) -> PictureExamples:
        """Decode pictures once for all base models that read this size."""
        mean, scale = normalisation(folder)
        return PictureExamples(
            pixels=decode(rows, limit, cache),
            rows=np.arange(rows.num_rows),
            targets=rows[TARGET].to_numpy().astype(np.int64),
            mean=mean,
            scale=scale,
            order=channel_order(folder),
            weights=rows["weight"].to_numpy() if "weight" in rows.column_names else None,
        )

    def for_training(self, examples: Examples, seed: int) -> Examples:
        """Augment pictures; stored features stay."""
        return examples.augmented(seed) if isinstance(examples, PictureExamples) else examples

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
        """Write how pictures are prepared, and the files that answer without the engine."""
        super().save(model, folder, base_folder=base_folder, labels=labels, limit=limit, source=source)
        write_portable(base_folder, folder)

    def represent(
        self, model: Classifier, examples: Examples, indices: Indices, compute: Compute
    ) -> Representations:
        """Average what the stem and each block give over the places of a picture."""
        model.to(compute.device).eval()
        parts: list[list[torch.Tensor]] = []
        order = compute.scoring_batches(examples.lengths[indices])
        with torch.inference_mode(), compute.autocast():
            for places in order:
                compute.require_wanted()
                inputs = network_inputs(examples, indices[places], compute.device)
                states = model.encoder(
                    **inputs, output_hidden_states=True, **any_size(model.encoder)
                ).hidden_states
                parts.append([_pooled(state.float()).cpu() for state in states])
        back = np.argsort(np.concatenate(order))
        return [torch.cat(list(states)).numpy()[back] for states in zip(*parts, strict=True)]

    def answers(self, folder: Path) -> Answers:
        """Answer through ``predict.py``, the code of this version, or through the graph."""
        return answers_of(folder)

    def write_onnx(self, model: Path, folder: Path) -> None:
        """Write a graph that takes pixels."""
        write_onnx(self.load(model), model, folder)


def _pooled(state: torch.Tensor) -> torch.Tensor:
    """Average over the places: of maps ``(B, D, H, W)``, or of patches ``(B, T, D)``."""
    return state.mean((2, 3)) if state.ndim == 4 else state.mean(1)


NETWORKS = PictureNetworks()
