"""Rows on their way to a file: what comes of each picture, and what was set aside."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from tl_core.errors import DataError
from tl_core.images.pictures import KEPT_PX, NotAPicture, read_picture
from tl_core.schema import Finding
from tl_core.words import plural, quoted

IMAGE, LABEL, SPLIT, FILE = "image", "label", "split", "file"
MOST_CELL_BYTES = 2_000_000_000
"""Cells that can be taken out of one column at once: 25,000 photos or more."""
_BATCH_BYTES = 32 << 20


@dataclass
class Rows:
    """Rows on their way to a file, and what was set aside.

    ``keeps_all`` leaves a row without a picture in the place of what was set aside.
    """

    target: Path
    names: Sequence[str]
    name: str
    keeps_all: bool = False
    broken: dict[str, str] = field(default_factory=dict)
    num_located: int = 0
    located: list[str] = field(default_factory=list)
    num_pictures: int = 0
    _num_bytes: int = 0
    _held_bytes: int = 0
    _held: list[Sequence[str]] = field(default_factory=list)

    def __enter__(self) -> "Rows":
        self._schema = pa.schema([(str(place), pa.string()) for place in range(len(self.names))])
        self._writer = pa.ipc.new_file(self.target, self._schema)
        return self

    def __exit__(self, *raised: object) -> None:
        self._flush()
        self._writer.close()

    def add(self, data: bytes, file: str, others: Sequence[str]) -> None:
        """Decode a picture into a row, or set it aside."""
        try:
            picture = read_picture(data, file)
        except NotAPicture as why:
            self.set_aside(file, str(why), others)
            return
        if picture.has_location:
            self.num_located += 1
            self.located += [file] if len(self.located) < 5 else []
        self.num_pictures += 1
        self._hold(picture.cell, others)

    def set_aside(self, file: str, why: str, others: Sequence[str]) -> None:
        """Remember a file that is no picture."""
        self.broken[file] = why
        if self.keeps_all:
            self._hold("", others)

    def _hold(self, cell: str, others: Sequence[str]) -> None:
        self._held.append((cell, *others))
        self._held_bytes += len(cell)
        if self._held_bytes > _BATCH_BYTES:
            self._flush()

    def _flush(self) -> None:
        if not self._held:
            return
        self._num_bytes += self._held_bytes
        if self._num_bytes > MOST_CELL_BYTES:
            raise DataError(
                f"The pictures of {quoted(self.name)} take more than {MOST_CELL_BYTES // 10**9} GB, scaled to"
                f" {KEPT_PX} pixels.",
                "Keep a random part of them.",
            )
        columns = [pa.array(column, pa.string()) for column in zip(*self._held, strict=True)]
        self._writer.write(pa.record_batch(columns, schema=self._schema))
        self._held, self._held_bytes = [], 0

    def findings(self) -> Iterator[Finding]:
        """Say what was set aside, and which pictures say where they were taken."""
        if self.broken:
            yield Finding(
                code="not_pictures",
                severity="warning",
                message=f"{plural(len(self.broken), 'file was', 'files were')} set aside: no picture that can"
                " be read.",
                count=len(self.broken),
                examples=tuple(f"{file}: {why}" for file, why in list(self.broken.items())[:5]),
                remedy="Save them again as JPEG or PNG, or leave them out.",
            )
        if self.num_located:
            yield Finding(
                code="picture_location",
                severity="warning",
                message=f"{plural(self.num_located, 'picture says', 'pictures say')} where it was taken."
                if self.num_located == 1
                else f"{self.num_located:,} pictures say where they were taken.",
                count=self.num_located,
                examples=tuple(self.located),
                remedy="Remove the places from your own files; none is kept, shown or exported.",
            )
