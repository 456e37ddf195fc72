"""What an example is where it is a picture. No torch."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.datasets.dataset import Dataset
from tl_core.modality import Content, Noun
from tl_core.schema import Finding


class PictureContent(Content):
    """A picture, as `images.pictures` writes it into a cell."""

    noun = Noun("picture", "pictures", "pixels")
    columns = ("image",)
    hub_task = "image-classification"

    def holds(self, names: Sequence[str]) -> bool:
        """Whether there are pictures, or a table of them, and more than one file."""
        from tl_core.images.reading import is_clutter, is_picture_name  # Pillow is not needed for texts

        return any(is_picture_name(name) and not is_clutter(name) for name in names)

    def write_rows(
        self, path: Path, name: str, target: Path, *, needs_labels: bool
    ) -> tuple[list[str], list[Finding]] | None:
        """Decode pictures, whatever they come in."""
        from tl_core.images.reading import write_files, write_parquet

        with path.open("rb") if path.is_file() else open("/dev/null", "rb") as file:
            is_parquet = file.read(4) == b"PAR1"
        if is_parquet:
            return write_parquet(path, name, target)
        return write_files(path, name, target, needs_labels=needs_labels)

    def identity(self, parts: Sequence[str]) -> Iterator[bytes]:
        """Yield the hash of the file that the picture came from."""
        from tl_core.images.pictures import digest_of

        return (digest_of(part).encode() for part in parts)

    def is_missing(self, column: pa.ChunkedArray) -> pa.ChunkedArray:
        """Say which cells hold no picture."""
        return pc.invert(pc.starts_with(column, "data:image/"))

    def preview(self, parts: Sequence[str]) -> str:
        """Name the file."""
        from tl_core.images.pictures import name_of

        return name_of(parts[0])


CONTENT = PictureContent()
