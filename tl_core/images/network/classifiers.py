"""The network of every neural arm on pictures: an architecture's own classification model."""

from typing import Self

import torch
from torch import Tensor, nn

from tl_core.images.network.standalone import any_size
from tl_core.models.classifiers import Inputs, OwnHeadClassifier


class PictureClassifier(OwnHeadClassifier):
    """Whatever its head pools, the last layer is linear: what that reads are the features.

    ``keeping`` names the batch norms that keep their statistics while the others follow the batches.
    """

    keeping: frozenset[str] = frozenset()

    def train(self, mode: bool = True) -> Self:
        """Switch to training, but for the batch norms that keep their statistics."""
        super().train(mode)
        for name in self.keeping:
            self.get_submodule(name).eval()
        return self

    def forward(self, inputs: Inputs) -> Tensor:
        """Run the whole model: ``(B, K)``."""
        logits: Tensor = self.model(**inputs, **any_size(self.model)).logits
        return logits

    @property
    def last_layer(self) -> nn.Linear:
        """The layer whose outputs are the logits."""
        head = {id(weight) for weight in self.head_parameters()}
        layers = [
            one for one in self.model.modules() if isinstance(one, nn.Linear) and id(one.weight) in head
        ]
        return layers[-1]

    def features(self, inputs: Inputs) -> Tensor:
        """Give what the last layer reads: ``(B, F)``."""
        seen: list[Tensor] = []
        hook = self.last_layer.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
        try:
            self.forward(inputs)
        finally:
            hook.remove()
        return torch.flatten(seen[0], 1)

    def head(self, features: Tensor) -> Tensor:
        """Run the last layer."""
        logits: Tensor = self.last_layer(features)
        return logits
