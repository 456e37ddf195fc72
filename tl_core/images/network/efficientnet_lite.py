"""EfficientNet-Lite0, which no class of transformers is: the network that the built-in weights belong to.

The stages are those of EfficientNet-B0 (Tan and Le 2019, ICML, table 1) without squeeze-and-excitation, with
ReLU6 in the place of swish, and with stem and head of fixed width: the changes that make a Lite of it
(tensorflow/tpu, models/official/efficientnet/lite). The weights were trained in TensorFlow, whose padding
puts the odd row and column at the end.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForImageClassification,
    PreTrainedConfig,
    PreTrainedModel,
)
from transformers.modeling_outputs import (
    BaseModelOutputWithPoolingAndNoAttention,
    ImageClassifierOutputWithNoAttention,
)

STAGES = (
    (3, 16, 1, 1, 1), (3, 24, 2, 2, 6), (5, 40, 2, 2, 6), (3, 80, 3, 2, 6),
    (5, 112, 3, 1, 6), (5, 192, 4, 2, 6), (3, 320, 1, 1, 6),
)  # fmt: skip
"""Kernel, width, repeats, stride of the first block, expansion."""
MOST_BLOCKS, MOST_WIDTH = 200, 8192


class EfficientNetLiteConfig(PreTrainedConfig):  # type: ignore[misc]
    """Widths and depths of the family's smallest network."""

    model_type = "efficientnet_lite"

    def __init__(
        self,
        stages: tuple[tuple[int, int, int, int, int], ...] = STAGES,
        stem_size: int = 32,
        hidden_size: int = 1280,
        num_channels: int = 3,
        image_size: int = 224,
        dropout: float = 0.2,
        batch_norm_eps: float = 1e-3,
        batch_norm_momentum: float = 0.1,
        **others: Any,
    ) -> None:
        self.stages = tuple(tuple(stage) for stage in stages)
        self.depths = tuple(repeats for _, _, repeats, _, _ in self.stages)
        if sum(self.depths) > MOST_BLOCKS or max(stem_size, hidden_size, *map(max, self.stages)) > MOST_WIDTH:
            raise ValueError("no EfficientNet has so many blocks or channels")
        self.stem_size, self.hidden_size = stem_size, hidden_size
        self.num_channels, self.image_size, self.dropout = num_channels, image_size, dropout
        self.batch_norm_eps, self.batch_norm_momentum = batch_norm_eps, batch_norm_momentum
        self.num_hidden_layers = sum(self.depths)
        others.pop("num_hidden_layers", None)
        others.pop("depths", None)
        super().__init__(**others)


class _Convolution(nn.Module):
    """A convolution with TensorFlow's SAME padding, batch norm and, but for projections, ReLU6."""

    def __init__(
        self, config: EfficientNetLiteConfig, width: int, out: int, kernel: int = 1, stride: int = 1,
        *, groups: int = 1, is_linear: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.conv = nn.Conv2d(width, out, kernel, stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(out, eps=config.batch_norm_eps, momentum=config.batch_norm_momentum)
        self.kernel, self.stride, self.is_linear = kernel, stride, is_linear

    def forward(self, pixels: Tensor) -> Tensor:
        height, width = (self._lacking(size) for size in pixels.shape[-2:])
        if height % 2 or width % 2:
            pixels = functional.pad(
                pixels, (width // 2, width - width // 2, height // 2, height - height // 2)
            )
            height = width = 0
        seen = functional.conv2d(  # pads both sides alike without a copy
            pixels,
            self.conv.weight,
            stride=self.conv.stride,
            padding=(height // 2, width // 2),
            groups=self.conv.groups,
        )
        normed: Tensor = self.norm(seen)
        return normed if self.is_linear else functional.relu6(normed)

    def _lacking(self, size: int) -> int:
        """Rows or columns that the last window lacks."""
        return max((-(-size // self.stride) - 1) * self.stride + self.kernel - size, 0)


class _Block(nn.Module):
    """A mobile inverted bottleneck: widen, convolve each channel, narrow; add what came in if it fits."""

    def __init__(
        self, config: EfficientNetLiteConfig, width: int, out: int, kernel: int, stride: int, expansion: int
    ) -> None:
        super().__init__()
        wide = width * expansion
        self.expand = _Convolution(config, width, wide) if expansion > 1 else nn.Identity()
        self.depthwise = _Convolution(config, wide, wide, kernel, stride, groups=wide)
        self.project = _Convolution(config, wide, out, is_linear=True)
        self.adds = stride == 1 and width == out

    def forward(self, pixels: Tensor) -> Tensor:
        found: Tensor = self.project(self.depthwise(self.expand(pixels)))
        return pixels + found if self.adds else found


class EfficientNetLitePreTrainedModel(PreTrainedModel):  # type: ignore[misc]
    """How weights are drawn: convolutions as He et al. 2015 (fan out, of one group), the rest as usual."""

    config_class = EfficientNetLiteConfig
    base_model_prefix = "efficientnet_lite"
    main_input_name = "pixel_values"
    input_modalities = ("image",)
    _no_split_modules = ["_Block"]

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Conv2d):
            fan_out = module.out_channels // module.groups * math.prod(module.kernel_size)
            nn.init.normal_(module.weight, std=math.sqrt(2 / fan_out))
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
            module.reset_running_stats()
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.01)
            nn.init.zeros_(module.bias)


class EfficientNetLiteModel(EfficientNetLitePreTrainedModel):
    """Stem, blocks and the last convolution, whose mean over the places is the ``pooler_output`` (B, D)."""

    def __init__(self, config: EfficientNetLiteConfig) -> None:
        super().__init__(config)
        self.stem = _Convolution(config, config.num_channels, config.stem_size, 3, 2)
        blocks, width = list[_Block](), config.stem_size
        for kernel, out, repeats, stride, expansion in config.stages:
            for place in range(repeats):
                blocks.append(_Block(config, width, out, kernel, stride if place == 0 else 1, expansion))
                width = out
        self.blocks = nn.ModuleList(blocks)
        self.pooler = _Convolution(config, width, config.hidden_size)
        self.post_init()

    def forward(
        self, pixel_values: Tensor, output_hidden_states: bool = False, **others: Any
    ) -> BaseModelOutputWithPoolingAndNoAttention:
        """Read pictures ``(B, 3, H, W)``; hidden states are those of the stem and of each block."""
        states = [self.stem(pixel_values)]
        for block in self.blocks:
            states.append(block(states[-1]))
        last = self.pooler(states[-1])
        return BaseModelOutputWithPoolingAndNoAttention(
            last_hidden_state=last,
            pooler_output=last.mean((2, 3)),
            hidden_states=tuple(states) if output_hidden_states else None,
        )


class EfficientNetLiteForImageClassification(EfficientNetLitePreTrainedModel):
    """The network with dropout and one linear layer."""

    def __init__(self, config: EfficientNetLiteConfig) -> None:
        super().__init__(config)
        self.num_labels = config.num_labels
        self.efficientnet_lite = EfficientNetLiteModel(config)
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(config.hidden_size, config.num_labels)
        self.post_init()

    def forward(self, pixel_values: Tensor, **others: Any) -> ImageClassifierOutputWithNoAttention:
        """Give logits ``(B, num_labels)``."""
        pooled = self.efficientnet_lite(pixel_values, **others).pooler_output
        return ImageClassifierOutputWithNoAttention(logits=self.classifier(self.dropout(pooled)))


AutoConfig.register(EfficientNetLiteConfig.model_type, EfficientNetLiteConfig, exist_ok=True)
AutoModel.register(EfficientNetLiteConfig, EfficientNetLiteModel, exist_ok=True)
AutoModelForImageClassification.register(
    EfficientNetLiteConfig, EfficientNetLiteForImageClassification, exist_ok=True
)


def from_published(published: dict[str, Tensor]) -> dict[str, Tensor]:
    """Name the published weights as the network for classification does. Raises KeyError for others.

    Parameters
    ----------
    published
        Of ``efficientnet-lite0-57934424.pth``.
    """
    names = {
        "_conv_stem": "stem.conv",
        "_bn0": "stem.norm",
        "_conv_head": "pooler.conv",
        "_bn1": "pooler.norm",
    }
    parts = {
        "_expand_conv": "expand.conv", "_bn0": "expand.norm", "_depthwise_conv": "depthwise.conv",
        "_bn1": "depthwise.norm", "_project_conv": "project.conv", "_bn2": "project.norm",
    }  # fmt: skip
    found = {}
    for key, weight in published.items():
        first, *others = key.split(".")
        if first == "_fc":
            name = f"classifier.{others[-1]}"
        elif first == "_blocks":
            name = f"efficientnet_lite.blocks.{others[0]}.{parts[others[1]]}.{others[2]}"
        else:
            name = f"efficientnet_lite.{names[first]}.{others[-1]}"
        found[name] = weight
    return found
