"""What vectors are to a network."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from torch import Tensor, tensor
from transformers import AutoModelForImageClassification

from tl_core.models.classifiers import Inputs
from tl_core.networks import TransformersNetworks
from tl_core.training.batching import Indices


@dataclass(frozen=True)
class VectorExamples:
    values: Tensor
    targets: NDArray[np.int64]
    weights: None = None

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.ones(len(self.targets), dtype=np.int64)

    def select(self, indices: Indices) -> "VectorExamples":
        return VectorExamples(self.values[indices], self.targets[indices])

    def collate(self, indices: Indices) -> Inputs:
        return {"pixel_values": self.values[indices]}


class VectorNetworks(TransformersNetworks):
    own_head = AutoModelForImageClassification

    def prepare(self, rows: pa.Table, folder: Path, limit: int, cache: Path | None) -> VectorExamples:
        values = [[float(number) for number in cell.split()] for cell in rows["numbers"].to_pylist()]
        return VectorExamples(tensor(values).reshape(-1, 1, 4, 4), rows["target"].to_numpy().astype(np.int64))


NETWORKS = VectorNetworks()
