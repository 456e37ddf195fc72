"""Pictures as tensors."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from tl_core.images.augmentation import Augmentation
from tl_core.images.content import PATCH_PX
from tl_core.images.pictures import pixels_of, squared
from tl_core.models.classifiers import Inputs
from tl_core.store.files import replacing
from tl_core.training.batching import Indices, select_weights

RGB = (0, 1, 2)


@dataclass(frozen=True, kw_only=True)
class PictureExamples:
    """Pictures of one size, mapped from disk or in memory, and how a network wants its numbers.

    Attributes
    ----------
    pixels
        ``(num_pictures, size, size, 3)``, 0 to 255.
    rows
        Which of them are the examples, in their order.
    mean, scale
        What is taken from each channel, and what it is divided by then.
    order
        Which of red, green and blue the network reads first, second and third.
    augmentation
        Changes each picture whenever it is asked for; None leaves it as it is.
    """

    pixels: NDArray[np.uint8]
    rows: Indices
    targets: NDArray[np.int64]
    mean: tuple[float, float, float]
    scale: tuple[float, float, float]
    order: tuple[int, int, int] = RGB
    weights: NDArray[np.float64] | None = None
    augmentation: Augmentation | None = field(default=None, compare=False)

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """Patches of each picture, the same for all."""
        side = max(1, self.pixels.shape[1] // PATCH_PX)
        return np.full(len(self.targets), side * side, dtype=np.int64)

    def select(self, indices: Indices) -> "PictureExamples":
        """Give the named examples, in that order."""
        return replace(
            self,
            rows=self.rows[indices],
            targets=self.targets[indices],
            weights=select_weights(self.weights, indices),
        )

    def augmented(self, seed: int) -> "PictureExamples":
        """Give the same pictures, each changed whenever it is asked for as the seed says."""
        return replace(self, augmentation=Augmentation(seed))

    def collate(self, indices: Indices) -> Inputs:
        """Give some pictures as ``(B, 3, size, size)``."""
        found = np.ascontiguousarray(self.pixels[self.rows[indices]])
        if self.order != RGB:
            found = np.ascontiguousarray(found[..., self.order])
        pictures = torch.from_numpy(found).permute(0, 3, 1, 2).float()  # channels stay last in memory
        if self.augmentation is not None:
            pictures = self.augmentation(pictures)
        mean, scale = (torch.tensor(one).view(1, 3, 1, 1) for one in (self.mean, self.scale))
        normed: Tensor = pictures.sub_(mean).div_(scale)
        return {"pixel_values": normed.contiguous(memory_format=torch.channels_last)}


def decode(rows: pa.Table, size: int, cache: Path | None) -> NDArray[np.uint8]:
    """Decode a dataset's pictures and scale them to squares, once: mapped from the cache afterwards.

    Returns
    -------
    ``(num_pictures, size, size, 3)``.
    """
    if cache is None:
        with TemporaryDirectory() as folder:
            return np.array(decode(rows, size, Path(folder)))
    path = cache / "pictures" / f"{size}.npy"
    if not path.exists():
        with replacing(path) as file:
            _write(rows, size, file)
    mapped: NDArray[np.uint8] = np.load(path, mmap_mode="r")
    return mapped


def _write(rows: pa.Table, size: int, file: object) -> None:
    shape = (rows.num_rows, size, size, 3)
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)  # type: ignore[arg-type]
    for batch in rows.select(["image"]).to_batches(max_chunksize=256):
        for cell in batch.column(0).to_pylist():
            file.write(squared(pixels_of(cell), size).tobytes())  # type: ignore[attr-defined]
