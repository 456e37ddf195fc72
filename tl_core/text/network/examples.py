"""Texts as tensors."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from tl_core.models.classifiers import Inputs
from tl_core.training.batching import Indices, select_weights


@dataclass(frozen=True, kw_only=True)
class TokenExamples:
    """Token ids of all examples in one flat array; example i owns ``ids[offsets[i]:offsets[i + 1]]``."""

    ids: NDArray[np.int32]
    type_ids: NDArray[np.int8]
    offsets: NDArray[np.int64]
    targets: NDArray[np.int64]
    pad_id: int
    uses_type_ids: bool
    weights: NDArray[np.float64] | None = None

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each example."""
        return np.diff(self.offsets)

    def select(self, indices: Indices) -> "TokenExamples":
        """Give the named examples, in that order."""
        lengths = self.lengths[indices]
        starts = self.offsets[indices]
        places = np.concatenate([np.arange(s, s + n) for s, n in zip(starts, lengths, strict=True)])
        return TokenExamples(
            ids=self.ids[places],
            type_ids=self.type_ids[places],
            offsets=np.concatenate([[0], np.cumsum(lengths)]),
            targets=self.targets[indices],
            pad_id=self.pad_id,
            uses_type_ids=self.uses_type_ids,
            weights=select_weights(self.weights, indices),
        )

    def collate(self, indices: Indices) -> Inputs:
        """Pad some examples to the longest of them: tensors ``(B, T)``."""
        lengths = torch.from_numpy(self.lengths[indices])
        width = int(lengths.max())
        mask = torch.arange(width) < lengths[:, None]  # (B, T)
        places = np.concatenate([np.arange(self.offsets[i], self.offsets[i + 1]) for i in indices])
        ids = torch.full(mask.shape, self.pad_id, dtype=torch.long)
        ids[mask] = torch.from_numpy(self.ids[places]).long()
        inputs = {"input_ids": ids, "attention_mask": mask.long()}
        if self.uses_type_ids:
            types = torch.zeros(mask.shape, dtype=torch.long)
            types[mask] = torch.from_numpy(self.type_ids[places]).long()
            inputs["token_type_ids"] = types
        return inputs
