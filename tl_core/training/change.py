"""What training has changed in a network: how far each part moved, and what it makes of the same examples."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tl_core.catalogue.base_models import Pooling
from tl_core.errors import ModelError
from tl_core.evaluation.similarity import linear_cka
from tl_core.models.bert_forward import held
from tl_core.models.classifiers import Classifier, PooledClassifier
from tl_core.models.knowledge import find_layer_map
from tl_core.schema import LayerChange, LayerChanges
from tl_core.training.batching import Examples, Indices, network_inputs
from tl_core.training.compute import Compute

MAX_EXAMPLES = 256
EMBEDDINGS, POOLER, HEAD, ENCODER = "embeddings", "pooler", "head", "encoder"

Representations = list[NDArray[np.float32]]
"""Mean-pooled hidden states ``(n, width)`` of the embeddings and of each layer."""
Represent = Callable[[Classifier, Examples, Indices, Compute], Representations]


def measure_change(
    start: Classifier,
    end: Classifier,
    examples: Examples,
    indices: Indices,
    compute: Compute,
    represent: Represent,
) -> LayerChanges:
    """Compare a network before and after its training, part by part.

    Parameters
    ----------
    start, end
        The same architecture with the weights before and after; both are moved to the device.
    examples, indices
        What representations are compared on.
    represent
        Gives a network's representations, as `represent_layers` does.

    Raises
    ------
    CancelledError
        If it is wanted no more.
    """
    moved = movement(start, end)
    before = represent(start, examples, indices, compute)
    after = represent(end, examples, indices, compute)
    similar: dict[str, float | None] = {}
    if len(before) == len(after):
        names = [EMBEDDINGS, *(_layer(place) for place in range(1, len(before)))]
        similar = {name: linear_cka(a, b) for name, a, b in zip(names, before, after, strict=True)}
    parts = [LayerChange(part=name, moved=far, similarity=similar.get(name)) for name, far in moved.items()]
    return LayerChanges(num_texts=len(indices), parts=tuple(parts))


def movement(start: Classifier, end: Classifier) -> dict[str, float]:
    """Return each part's ‖w_end − w_start‖ / ‖w_start‖ over all its weights, from the bottom to the head."""
    first = dict(start.encoder.named_parameters())
    last = dict(end.encoder.named_parameters())
    parts = {name: [(first[one], last[one]) for one in names] for name, names in _parts(end).items()}
    parts[HEAD] = list(zip(start.head_parameters(), end.head_parameters(), strict=True))
    return {name: _distance(pairs) for name, pairs in parts.items() if pairs}


def _parts(model: Classifier) -> Mapping[str, Iterable[str]]:
    """Name the encoder's parameters by part; a pooler that the head does not read is left out."""
    try:
        layer_map = find_layer_map(model.encoder)
    except ModelError:
        return {ENCODER: [name for name, _ in model.encoder.named_parameters()]}
    layers = {_layer(place): names for place, names in enumerate(layer_map.layers, start=1)}
    is_read = not isinstance(model, PooledClassifier) or model.pooling is Pooling.OWN
    return {EMBEDDINGS: layer_map.embeddings, **layers, POOLER: layer_map.above if is_read else ()}


def _layer(place: int) -> str:
    return f"layer {place}"


def _distance(pairs: Iterable[tuple[Tensor, Tensor]]) -> float:
    gone = norm = 0.0
    for before, after in pairs:
        origin = before.detach().to("cpu", torch.float64)
        gone += float((after.detach().to("cpu", torch.float64) - origin).square().sum())
        norm += float(origin.square().sum())
    return float(np.sqrt(gone / norm)) if norm else 0.0


def represent_layers(
    model: Classifier, examples: Examples, indices: Indices, compute: Compute
) -> Representations:
    """Give what the embeddings and each layer make of some examples, averaged over their positions.

    Padding is left out where there is a mask.

    Returns
    -------
    One array ``(len(indices), width)`` for the embeddings and one a layer, rows in the order of ``indices``.
    """
    model.to(compute.device).eval()
    parts: list[list[Tensor]] = []
    order = compute.scoring_batches(examples.lengths[indices])
    with held(model.encoder), torch.inference_mode(), compute.autocast():
        for places in order:
            compute.require_wanted()
            inputs = network_inputs(examples, indices[places], compute.device)
            states = model.encoder(**inputs, output_hidden_states=True).hidden_states
            ones = torch.ones(states[0].shape[:2], device=compute.device)
            mask = inputs.get("attention_mask", ones).unsqueeze(-1).float()  # (B, T, 1)
            parts.append([((state.float() * mask).sum(1) / mask.sum(1)).cpu() for state in states])
    back = np.argsort(np.concatenate(order))
    return [torch.cat(list(states)).numpy()[back] for states in zip(*parts, strict=True)]
