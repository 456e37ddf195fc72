"""Tiny networks for pictures with random weights, of every architecture in the catalogue."""

import json
from pathlib import Path

import torch
from transformers import (
    AutoModel,
    ConvNextConfig,
    Dinov2Config,
    EfficientNetConfig,
    MobileViTConfig,
    RegNetConfig,
    ResNetConfig,
    ViTConfig,
)

from tl_core.images.network.efficientnet_lite import EfficientNetLiteConfig

SIZE = 32
CONFIGS = {
    "resnet": ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic"),
    "regnet": RegNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], groups_width=4),
    "convnext": ConvNextConfig(hidden_sizes=[8, 16], depths=[1, 2], num_stages=2),
    "vit": ViTConfig(hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
                     image_size=SIZE, patch_size=8),
    "dinov2": Dinov2Config(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, mlp_ratio=2,
                           image_size=SIZE, patch_size=8),
    "mobilevit": MobileViTConfig(hidden_sizes=[16, 16, 16], neck_hidden_sizes=[8, 8, 8, 16, 16, 16, 16],
                                 num_attention_heads=2, image_size=64, initializer_range=0.3),
    "efficientnet": EfficientNetConfig(hidden_dim=128, image_size=SIZE, width_coefficient=0.1,
                                       depth_coefficient=0.1, initializer_range=0.3),
    "efficientnet_lite": EfficientNetLiteConfig(stages=((3, 8, 1, 1, 1), (3, 8, 2, 2, 2)), stem_size=8,
                                                hidden_size=16),
}  # fmt: skip


def save_tiny(place: Path, name: str) -> Path:
    """Save a tiny network of an architecture as a base model's folder."""
    torch.manual_seed(0)
    model = AutoModel.from_config(CONFIGS[name])
    size = CONFIGS[name].image_size if name in ("vit", "dinov2", "mobilevit") else 64
    with torch.no_grad():  # batch norms know what they read, as if the network had been trained
        for _ in range(20):
            model.train()(pixel_values=torch.randn(8, 3, size, size))
    model.save_pretrained(place)
    facts = {
        "image_processor_type": "ViTImageProcessor",
        "do_normalize": True,
        "image_mean": [0.5] * 3,
        "image_std": [0.25] * 3,
        "rescale_factor": 1 / 255,
    }
    (place / "preprocessor_config.json").write_text(json.dumps(facts))
    return place
