"""Frozen features of examples, worked out once and shared between runs."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from safetensors.torch import save as to_safetensors

from tl_core.models.bert_forward import held
from tl_core.models.classifiers import Classifier
from tl_core.store.files import replacing
from tl_core.training.batching import Examples, FeatureExamples, network_inputs
from tl_core.training.compute import Compute
from tl_core.training.devices import synchronize
from tl_core.training.meters import Clock, Meter


@dataclass(frozen=True, kw_only=True)
class Features:
    """Frozen features of some examples and what one of them cost.

    Attributes
    ----------
    examples
        Features in the order asked for.
    seconds_an_example
        Measured when they were computed: what a train example costs a frozen arm, cached or not.
    joules_an_example
        The same in energy; None if it was not measured then.
    """

    examples: FeatureExamples
    seconds_an_example: float
    joules_an_example: float | None


def features_key(*parts: object) -> str:
    """Name the features of one encoder by everything that decides their values."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:24]


def compute_features(
    model: Classifier,
    examples: Examples,
    compute: Compute,
    cache: Path,
    meter: Meter | None = None,
) -> Features:
    """Run every example once through the frozen encoder, or read what another run has kept.

    Dropout is off, as the encoder does not learn. The features are float32, shape ``(num_examples, ...)``.
    """
    if not cache.exists():
        clock = Clock()
        clock.measure_with(meter)
        clock.resume()
        features = encode_all(model, examples, compute)
        clock.pause()
        cost = {"seconds_an_example": clock.train_s, "joules_an_example": clock.energy_j}
        known = {name: spent / len(examples.targets) for name, spent in cost.items() if spent is not None}
        scalars = {name: torch.tensor([spent], dtype=torch.float64) for name, spent in known.items()}
        with replacing(cache) as file:
            file.write(to_safetensors({"features": features, **scalars}))
    stored = load_file(cache)
    joules = stored.get("joules_an_example")
    return Features(
        examples=FeatureExamples(
            features=stored["features"],
            lengths=examples.lengths,
            targets=examples.targets,
            weights=examples.weights,
        ),
        seconds_an_example=float(stored["seconds_an_example"]),
        joules_an_example=None if joules is None else float(joules),
    )


def encode_all(model: Classifier, examples: Examples, compute: Compute) -> torch.Tensor:
    """Turn examples into features ``(num_examples, ...)``, float32 on the CPU; leaves dropout off.

    Raises
    ------
    CancelledError
        If it is wanted no more.
    """
    model.to(compute.device).eval()
    order = compute.scoring_batches(examples.lengths)
    parts = []
    with held(model.encoder), torch.inference_mode(), compute.autocast():
        for batch in order:
            compute.require_wanted()
            inputs = network_inputs(examples, batch, compute.device)
            parts.append(model.features(inputs).float().cpu())
    synchronize(compute.device)
    scored = torch.cat(parts)
    features = torch.empty_like(scored)
    features[torch.from_numpy(np.concatenate(order))] = scored
    return features
