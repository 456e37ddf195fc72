"""Whether the numbers of a model's configuration can be those of a model, before anything is built of them.

A configuration of a million layers is built layer by layer until memory ends, in a process that somebody has
queued and waits for. Its numbers say so at once.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from tl_core.errors import ModelError
from tl_core.words import quoted

MOST_LAYERS = 1_000
"""The deepest encoders of text have 48."""
MOST_WIDTH = 65_536
MOST_VOCABULARY = 4_000_000
"""The largest vocabulary in use, of XLM-V, has 900,000 tokens."""
MOST_POSITIONS = 1 << 20
LEAST_POSITIONS = 16
MOST_OTHER = 100_000_000
"""Of any number with another name."""
BYTES_A_WEIGHT = 4

LAYERS = ("num_hidden_layers", "n_layers", "n_layer", "num_layers", "encoder_layers")
WIDTHS = ("hidden_size", "dim", "d_model", "n_embd", "emb_dim")
INNER_WIDTHS = ("intermediate_size", "hidden_dim", "ffn_dim", "encoder_ffn_dim", "d_ff", "n_inner")
VOCABULARIES = ("vocab_size", "entity_vocab_size")
POSITIONS = ("max_position_embeddings", "n_positions", "n_ctx")
TYPES = ("type_vocab_size", "n_langs")
HEADS = ("num_attention_heads", "n_heads", "n_head", "encoder_attention_heads")
EXPERTS = ("num_experts", "num_local_experts")
GROUPS = ("num_hidden_groups", "inner_group_num")
EMBEDDINGS = ("embedding_size",)

_BOUNDS: dict[str, tuple[int, int]] = {
    **dict.fromkeys((*LAYERS, *GROUPS), (1, MOST_LAYERS)),
    **dict.fromkeys((*WIDTHS, *EMBEDDINGS, "head_dim"), (1, MOST_WIDTH)),
    **dict.fromkeys(INNER_WIDTHS, (1, 16 * MOST_WIDTH)),
    **dict.fromkeys(VOCABULARIES, (1, MOST_VOCABULARY)),
    **dict.fromkeys(POSITIONS, (LEAST_POSITIONS, MOST_POSITIONS)),
    **dict.fromkeys(TYPES, (0, MOST_WIDTH)),
    **dict.fromkeys(EXPERTS, (1, 1_024)),
    **dict.fromkeys(HEADS, (1, 4_096)),
    **dict.fromkeys(("depths", "hidden_sizes", "neck_hidden_sizes", "num_stages"), (1, MOST_WIDTH)),
    "num_labels": (1, 1_000_000),
    "pad_token_id": (0, MOST_VOCABULARY),
}
"""Least and most by the names that architectures of transformers have for the same thing.

An architecture takes the common names too, whichever is its own, so that the larger of two counts.
"""
_MAY_BE_NULL = ("pad_token_id", "num_labels", "n_inner", "head_dim", *EMBEDDINGS, *EXPERTS)


def require_possible(
    config: Mapping[str, Any], model: str, *, num_saved: int | None, memory_bytes: int
) -> None:
    """Refuse a configuration whose numbers no model has, that its weights do not fit, or that needs too much.

    Parameters
    ----------
    model
        What the model is called.
    num_saved
        Weights in its file; None if unknown.
    memory_bytes
        Of this machine, which has to hold the weights as float32 at the least.

    Raises
    ------
    ModelError
        Says which number it is.
    """
    for problem in _problems(config):
        raise _refusal(model, problem, "Choose another model.")
    described = estimate_weights(config)
    if BYTES_A_WEIGHT * described > memory_bytes:
        raise _refusal(
            model,
            f"it describes about {described / 1e9:,.1f} billion weights, which take "
            f"{BYTES_A_WEIGHT * described / 1e9:,.0f} GB of memory; this machine has "
            f"{memory_bytes / 1e9:,.0f} GB",
            "Choose a smaller model.",
        )
    # A rough count: architectures differ in what an attention layer and an embedding have.
    if num_saved is not None and described > 4 * num_saved + 1_000_000:
        raise _refusal(
            model,
            f"it describes about {described / 1e6:,.0f} million weights, but the file holds "
            f"{num_saved / 1e6:,.1f} million",
            "Put the configuration that belongs to the weights into the folder.",
        )


def _refusal(model: str, what: str, remedy: str) -> ModelError:
    return ModelError(f"The configuration of {quoted(model)} is refused: {what}.", remedy)


def _problems(config: Mapping[str, Any]) -> Iterator[str]:
    for name, value in _numbers(config):
        if name in _BOUNDS:
            least, most = _BOUNDS[name]
            if value is None and name in _MAY_BE_NULL:
                continue
            if not isinstance(value, int) or isinstance(value, bool):
                yield f"{name} is no whole number"
            elif not least <= value <= most:
                yield f"{name} is {_written(value)}, which is not from {least:,} to {most:,}"
        elif isinstance(value, float) and not math.isfinite(value):
            yield f"{name} is no finite number"
        elif isinstance(value, int | float) and abs(value) > MOST_OTHER and "theta" not in name:
            yield f"{name} is {_written(value)}, larger than any number of a model"


def _numbers(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what is in a configuration, however deep, each with the name that stands before it."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _numbers(inner, str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _numbers(inner, name)
    else:
        yield name, value


def _written(value: float) -> str:
    return f"{value:,}" if abs(value) < 1e15 else "a number of more than 15 digits"


def estimate_weights(config: Mapping[str, Any]) -> int:
    """Count about the weights of the network that a configuration describes, those of parts in it included.

    What it does not say is as in BERT base. A network for pictures has no vocabulary; of one whose stages
    differ in width, as those of convolutions do, nothing is known: it counts none.
    """
    is_of_pictures = "num_channels" in config
    if is_of_pictures and not ("hidden_size" in config and any(name in config for name in HEADS)):
        return 0
    parts = [part for part in config.values() if isinstance(part, Mapping)]
    within = sum(estimate_weights(part) for part in parts if any(name in part for name in (*LAYERS, *WIDTHS)))
    if within and not any(name in config for name in (*LAYERS, *WIDTHS, *VOCABULARIES)):
        return within

    def largest(names: tuple[str, ...], otherwise: int) -> int:
        return max((found for name in names if isinstance(found := config.get(name), int)), default=otherwise)

    width = largest(WIDTHS, 768)
    embedding = largest(EMBEDDINGS, width)
    shared = config.get("num_hidden_groups")  # as in ALBERT, where layers share their weights
    num_layers = largest(GROUPS, 1) if shared else largest(LAYERS, 12)
    tokens = (
        0 if is_of_pictures else largest(VOCABULARIES, 30_522) + largest(POSITIONS, 512) + largest(TYPES, 2)
    )
    inner = 2 * width * largest(INNER_WIDTHS, 4 * width) * largest(EXPERTS, 1)
    return within + tokens * embedding + embedding * width + num_layers * (4 * width**2 + inner)
