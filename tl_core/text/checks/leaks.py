"""Texts that give their label away: its name stands in them."""

import re
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.findings import Mask, contents, found, percent
from tl_core.files.excerpts import MAX_EXAMPLES
from tl_core.schema import Finding
from tl_core.words import plural, quoted

MIN_SHARE = Fraction(3, 10)
"""Share of a class's texts that must name it; names of topics stand in far fewer of theirs by chance."""
MIN_TIMES = 3
"""How much more often than in the texts of the other classes."""
MIN_TEXTS = 5
_SHORTEST_NAME = 3
_NO_WORD = r"[^\p{L}\p{N}]+"


def label_in_text(dataset: Dataset) -> Iterator[Finding]:
    """Find classes whose name stands, as whole words, in many of their texts and in few of the others'."""
    labels, targets = dataset.info.columns.labels, dataset.targets()
    mask = np.zeros(dataset.num_examples, dtype=bool)
    shown = []
    for target, has_name in _named(dataset):
        is_own = targets == target
        own, others = _share(has_name, is_own), _share(has_name, ~is_own)
        if own > MIN_SHARE and own > MIN_TIMES * others and (has_name & is_own).sum() >= MIN_TEXTS:
            mask |= has_name & is_own
            shown.append(
                f"{quoted(labels[target])}: in {_told(own)} of the texts with this label, {_told(others)} of"
                " others"
            )
    if shown:
        yield found(
            dataset,
            mask,
            code="label_in_text",
            severity="warning",
            message=(
                f"{len(shown):,} of {len(labels):,} labels {'stands' if len(shown) == 1 else 'stand'} by"
                " name in"
                f" {plural(int(mask.sum()), 'text')} with that label. A model may only learn to find the"
                " name."
            ),
            remedy="Check that the text column does not repeat the label, and remove the names if it does.",
            examples=shown[:MAX_EXAMPLES],
        )


def _share(mask: Mask, of: Mask) -> Fraction:
    """Return an exact share; a class that a sample left out has 0."""
    return Fraction(int((mask & of).sum()), max(1, int(of.sum())))


def _told(share: Fraction) -> str:
    return percent(float(share))


def _named(dataset: Dataset) -> Iterator[tuple[int, Mask]]:
    """Yield each class whose name stands in a text, with the texts that it stands in, ``(num_examples,)``."""
    names = {
        target: " ".join(re.findall(r"[^\W_]+", label.lower()))
        for target, label in enumerate(dataset.info.columns.labels)
    }
    names = {
        target: name
        for target, name in names.items()
        if len(name) >= _SHORTEST_NAME and not name.replace(" ", "").isnumeric()
    }
    if not names:
        return
    texts = _padded_words(dataset)
    rows_of = _rows_by_word(texts, sorted({name.split(" ")[0] for name in names.values()}))
    for target, name in names.items():
        rows = rows_of.get(name.split(" ")[0])
        if rows is None:
            continue
        if " " in name:
            rows = rows[pc.match_substring(texts.take(rows), f" {name} ").to_numpy(zero_copy_only=False)]
        mask = np.zeros(dataset.num_examples, dtype=bool)
        mask[rows] = True
        yield target, mask


def _padded_words(dataset: Dataset) -> pa.Array:
    """Return every text in lower case with one space before, between and after its words."""
    columns = [column.combine_chunks() for column in contents(dataset)]
    joined = pc.binary_join_element_wise(*columns, " ") if len(columns) > 1 else columns[0]
    return pc.replace_substring_regex(
        pc.binary_join_element_wise("", pc.utf8_lower(joined), "", " "), _NO_WORD, " "
    )


def _rows_by_word(texts: pa.Array, words: list[str]) -> dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Return in which texts each word stands."""
    split = pc.split_pattern(texts, " ")
    which = pc.index_in(pc.list_flatten(split), value_set=pa.array(words))
    is_hit = pc.is_valid(which)
    hits = which.filter(is_hit).to_numpy()
    rows = pc.list_parent_indices(split).filter(is_hit).to_numpy()
    return {words[index]: rows[hits == index] for index in np.unique(hits).tolist()}
