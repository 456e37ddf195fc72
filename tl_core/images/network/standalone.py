"""Answers of this model, with nothing but torch, transformers, safetensors, NumPy and Pillow.

>>> from predict import load  # doctest: +SKIP
>>> load()(["photo.jpg"])  # doctest: +SKIP
[{'ant': 0.07, 'bee': 0.93}]
"""

import inspect
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForImageClassification

from tl_core.images.network import efficientnet_lite  # noqa: F401  # makes its architecture known
from tl_core.images.pictures import prepared

PREPROCESSOR = "preprocessor_config.json"


def load(
    folder: str | Path = Path(__file__).parent, batch_size: int = 32
) -> Callable[[Sequence[str | bytes | Path]], list[dict[str, float]]]:
    """Load the model of a folder and return what gives pictures their probabilities by label, in float32.

    A picture is the path of a file, or what the file holds.

    Raises
    ------
    ValueError
        If weights are missing.
    """
    folder = Path(folder)
    facts = json.loads((folder / "classifier.json").read_text(encoding="utf-8"))
    options: dict[str, Any] = {"local_files_only": True, "use_safetensors": True, "dtype": torch.float32}
    network, report = AutoModelForImageClassification.from_pretrained(
        folder, output_loading_info=True, **options
    )
    if report["missing_keys"] or report["mismatched_keys"]:
        raise ValueError(f"Weights are missing in {folder.name}, so the answers would be wrong.")
    network.eval()
    mean, scale = (torch.tensor(one).view(1, 3, 1, 1) for one in normalisation(folder))
    order = list(channel_order(folder))

    def answer(pictures: Sequence[str | bytes | Path]) -> list[dict[str, float]]:
        answers: list[dict[str, float]] = []
        for start in range(0, len(pictures), batch_size):
            squares = np.stack(
                [prepared(one, facts["max_length"]) for one in pictures[start : start + batch_size]]
            )
            pixels = torch.from_numpy(squares[..., order]).permute(0, 3, 1, 2).float()
            with torch.inference_mode():
                logits = network(pixel_values=(pixels - mean) / scale, **any_size(network)).logits
            rows = logits.softmax(-1).tolist()
            answers += [dict(zip(facts["labels"], row, strict=True)) for row in rows]
        return answers

    return answer


def any_size(network: torch.nn.Module) -> dict[str, bool]:
    """Name what an architecture has to be told, so that it reads pictures of another size than its own."""
    name = "interpolate_pos_encoding"  # positions were learned for one number of patches
    return {name: True} if name in inspect.signature(network.forward).parameters else {}


def normalisation(folder: Path) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Return what a base model takes from each of its channels of 0 to 255, and what it divides by."""
    facts = json.loads((folder / PREPROCESSOR).read_text(encoding="utf-8"))
    factor = float(facts.get("rescale_factor", 1 / 255)) if facts.get("do_rescale", True) else 1.0
    if not facts.get("do_normalize", "image_mean" in facts):
        return (0.0, 0.0, 0.0), (1 / factor,) * 3
    mean, std = (tuple(float(one) / factor for one in facts[name]) for name in ("image_mean", "image_std"))
    return mean, std  # type: ignore[return-value]


def channel_order(folder: Path) -> tuple[int, int, int]:
    """Return which of red, green and blue a base model reads first, second and third."""
    facts = json.loads((folder / PREPROCESSOR).read_text(encoding="utf-8"))
    return (2, 1, 0) if facts.get("do_flip_channel_order", False) else (0, 1, 2)
