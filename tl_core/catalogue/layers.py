"""How many layers a base model has, read from its configuration alone."""

from pathlib import Path
from typing import Any

from tl_core.catalogue.locating import find_on_disk
from tl_core.outside import read_json

_LAYER_COUNTS = ("num_hidden_layers", "n_layers", "n_layer")
"""What architectures call the number of their layers; DistilBERT has its own word."""


def num_layers(base_model: str) -> int | None:
    """Count a base model's layers; None if it is not on disk or its configuration does not say."""
    config = _config(find_on_disk(base_model))
    found = next((config[name] for name in _LAYER_COUNTS if name in config), None)
    return found if isinstance(found, int) and found > 0 else None


def shares_layers(base_model: str) -> bool:
    """Whether all layers have the same weights, as in ALBERT; False while it is not on disk."""
    return "num_hidden_groups" in _config(find_on_disk(base_model))


def _config(folder: Path | None) -> dict[str, Any]:
    if folder is None:
        return {}
    try:
        return read_json(folder / "config.json")
    except (OSError, ValueError):  # whoever loads it says what is wrong
        return {}
