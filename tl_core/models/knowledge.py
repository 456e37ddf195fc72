"""Networks that keep a part of what was pretrained: the steps of the knowledge ladder.

What an arm does not keep, it takes from the network that `scratch` starts from with the same seed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from tl_core.arms import ArmKind, Start
from tl_core.errors import ModelError

_WITHOUT_LADDER = "Leave out the models of the knowledge ladder, or choose another base model."
_ABOVE = ("pooler", "final_norm", "top_conv", "top_bn", "conv_1x1", "conv_1x1_exp")
_LAST_NORM = "layernorm"
"""Modules that lie above the layers, the last as a part of the network itself. All others outside of layers
(embeddings, their projection and norm, tables of relative positions) feed them and count as embeddings."""
_COUNTS = ("num_hidden_layers", "n_layers", "n_layer")


@dataclass(frozen=True, kw_only=True)
class LayerMap:
    """Where a network's encoder weights lie, as names of its parameters.

    Attributes
    ----------
    embeddings
        What feeds the layers.
    layers
        One entry a layer, from the bottom.
    above
        What lies above the last layer, such as a pooler; often empty.
    """

    embeddings: tuple[str, ...]
    layers: tuple[tuple[str, ...], ...]
    above: tuple[str, ...]


def find_layer_map(encoder: PreTrainedModel) -> LayerMap:
    """Tell embeddings, layers and what lies above apart; names are those of ``encoder``'s parameters.

    The layers are the one list of modules that is as long as the configuration says, the outermost first;
    where it does not say, as in convolutional networks, the longest of the outermost: stages or blocks.

    Raises
    ------
    ModelError
        If layers share their weights or cannot be found.
    """
    config = encoder.config
    if hasattr(config, "num_hidden_groups"):
        raise ModelError(
            f"All layers of {config.model_type} share one set of weights, so single layers cannot be"
            " drawn again.",
            _WITHOUT_LADDER,
        )
    count = next((getattr(config, name) for name in _COUNTS if hasattr(config, name)), None)
    lists = {name: len(one) for name, one in encoder.named_modules() if isinstance(one, nn.ModuleList)}
    found = {name: length for name, length in lists.items() if length == count}
    if not found and hasattr(config, "num_channels"):
        found = {name: length for name, length in lists.items() if length > 1}
    if not found:
        raise ModelError(
            f"The layers of {config.model_type} cannot be told apart.",
            _WITHOUT_LADDER,
        )
    name = min(found, key=lambda one: (one.count("."), -found[one]))
    return _sort(encoder, name, found[name])


def _sort(encoder: nn.Module, layers_at: str, count: int) -> LayerMap:
    names = [name for name, _ in encoder.named_parameters()]
    layers = tuple(
        tuple(name for name in names if name.startswith(f"{layers_at}.{layer}.")) for layer in range(count)
    )
    others = [name for name in names if not name.startswith(f"{layers_at}.")]
    above = tuple(
        name
        for name in others
        if name.startswith(f"{_LAST_NORM}.") or any(part in _ABOVE for part in name.split("."))
    )
    return LayerMap(
        embeddings=tuple(name for name in others if name not in above), layers=layers, above=above
    )


def reduce_knowledge(
    encoder: PreTrainedModel, drawn: PreTrainedModel, kind: ArmKind, *, seed: int, num_layers: int | None
) -> frozenset[str]:
    """Take away what a partial arm does not keep, in place.

    ``reinit_top`` loses its top layers and what lies above them (Zhang et al. 2021), ``embeddings_only`` all
    layers, ``encoder_only`` what feeds them. ``shuffled`` keeps every number, but those of a matrix in random
    places within it: the scale stays, and what they know is gone. Gains and biases stay where they are: they
    are scale, and a network whose norms are mixed up does not train.

    Parameters
    ----------
    encoder
        With the pretrained weights.
    drawn
        The same architecture with the weights that `scratch` starts from.
    seed
        Decides the places of ``shuffled``.
    num_layers
        Top layers that ``reinit_top`` draws anew.

    Returns
    -------
    The names of the encoder's parameters that no longer are what was pretrained.

    Raises
    ------
    ModelError
        As `find_layer_map` does, or if there are fewer layers than the arm draws anew.
    """
    weights = dict(encoder.named_parameters())
    if kind.spec.start is Start.SHUFFLED:
        return _shuffle(weights, seed)
    layer_map = find_layer_map(encoder)
    names = _reinitialised(layer_map, kind, num_layers)
    others = dict(drawn.named_parameters())
    with torch.no_grad():
        for name in names:
            weights[name].copy_(others[name])
    return frozenset(names)


def _reinitialised(layer_map: LayerMap, kind: ArmKind, num_layers: int | None) -> tuple[str, ...]:
    """Name what a partial arm draws anew."""
    if kind.spec.start is Start.LAYERS:
        return layer_map.embeddings
    count = len(layer_map.layers) if num_layers is None else num_layers
    if count > len(layer_map.layers):
        raise ModelError(
            f"The network has {len(layer_map.layers)} layers, so {count} cannot be drawn again.",
            "Choose fewer layers.",
        )
    kept = len(layer_map.layers) - count
    return tuple(name for layer in layer_map.layers[kept:] for name in layer) + layer_map.above


def _shuffle(weights: Mapping[str, Tensor], seed: int) -> frozenset[str]:
    """Permute the numbers of each matrix; return the names of those that were."""
    generator = torch.Generator().manual_seed(seed)
    matrices = {name: weight for name, weight in weights.items() if weight.ndim > 1}
    with torch.no_grad():
        for weight in matrices.values():
            order = torch.randperm(weight.numel(), generator=generator)
            weight.copy_(weight.flatten()[order].reshape(weight.shape))
    return frozenset(matrices)


def kept_share(encoder: nn.Module, redrawn: frozenset[str], kind: ArmKind) -> float:
    """Return the share of the encoder's weights that start as they were pretrained, 0 to 1."""
    if not kind.is_pretrained:
        return 0.0
    counts = {name: weight.numel() for name, weight in encoder.named_parameters()}
    return 1 - sum(counts[name] for name in redrawn) / sum(counts.values())
