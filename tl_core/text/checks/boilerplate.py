"""Words that many texts begin or end with."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.findings import contents, found, quantity
from tl_core.files.excerpts import shorten
from tl_core.schema import Finding

NUM_WORDS = 5
MIN_SHARE = 0.3
MIN_TEXTS = 10
_WORDS = r"\S+(?:\s+\S+){4}"


def boilerplate(dataset: Dataset) -> Iterator[Finding]:
    """Find five words that more than 30 % of the texts begin with, or end with."""
    column = contents(dataset)[0]
    for code, pattern, place in (
        ("constant_beginning", rf"^\s*(?P<words>{_WORDS})(?:\s|$)", "begin"),
        ("constant_end", rf"(?:^|\s)(?P<words>{_WORDS})\s*$", "end"),
    ):
        words = pc.struct_field(pc.extract_regex(column, pattern), "words").combine_chunks()
        mode = _most_frequent(words)
        if mode is None:
            continue
        mask = pc.fill_null(pc.equal(words, mode), False).to_numpy(zero_copy_only=False)
        if mask.sum() >= MIN_TEXTS and mask.mean() > MIN_SHARE:
            yield _boilerplate(dataset, mask, code, place, mode)


def _boilerplate(
    dataset: Dataset, mask: np.ndarray[tuple[int], np.dtype[np.bool_]], code: str, place: str, words: str
) -> Finding:
    return found(
        dataset,
        mask,
        code=code,
        severity="warning",
        message=f"Texts that {place} with the same {NUM_WORDS} words: {quantity(mask)}.",
        remedy="Remove these words from the file: they cost tokens and tell nothing.",
        examples=[shorten(words)],
    )


def _most_frequent(words: pa.Array) -> str | None:
    modes = pc.value_counts(words.drop_null())
    if not len(modes):
        return None
    best: str = modes[int(np.argmax(modes.field("counts").to_numpy()))]["values"].as_py()
    return best
