"""What an example is where it is a vector. No torch."""

from collections.abc import Iterator, Sequence

import numpy as np

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.findings import found, marked
from tl_core.modality import Content, Noun
from tl_core.schema import Finding, TextSource


class VectorContent(Content):
    noun = Noun("vector", "vectors", "numbers")
    columns = ("numbers",)

    def preview(self, parts: Sequence[str]) -> str:
        return f"from {parts[0].split()[0]} on"

    def checks(self, dataset: Dataset) -> Iterator[Finding]:
        flat = np.array([len(set(cell.split())) == 1 for cell in dataset.table["numbers"].to_pylist()])
        if flat.any():
            yield found(
                dataset,
                flat,
                code="flat_vector",
                severity="info",
                message=f"{marked(dataset, flat, 'repeats', 'repeat')} one number.",
                remedy="Check how they were measured.",
            )

    def questions(self, source: TextSource) -> list[str | tuple[str, str]]:
        return [" ".join([f"{number / 4:g}"] * 16) for number in range(8)]


CONTENT = VectorContent()
