"""Texts with hardly anything to read: near-empty ones, and those that are only numbers, ids or addresses."""

from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.findings import Mask, contents, found, matches, quantity, severity_of
from tl_core.schema import Finding

# A sign of these scripts can be a word; elsewhere one letter alone says nothing.
_READABLE = r"\p{L}[^\p{L}]*\p{L}|[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]"
_ADDRESS = r"(?:https?://|www\.)[!-~]+"
_ID = r"[!-~]*[0-9][!-~]*"
_ONLY_IDS = rf"^[\s\p{{P}}\p{{S}}]*(?:(?:{_ADDRESS}|{_ID})(?:\s[\s\p{{P}}\p{{S}}]*|$))+$"


def is_near_empty(dataset: Dataset) -> Mask:
    """Return which examples have a text with fewer than two letters, ``(num_examples,)``."""
    readable = [pc.match_substring_regex(column, _READABLE).to_numpy() for column in contents(dataset)]
    mask: Mask = ~np.logical_and.reduce(readable)
    return mask


def near_empty(dataset: Dataset) -> Iterator[Finding]:
    """Find texts that no model can learn from: digits, punctuation or a single letter."""
    mask = is_near_empty(dataset)
    if mask.any():
        yield found(
            dataset,
            mask,
            code="near_empty",
            severity=severity_of(mask.mean()),
            message=f"Texts with fewer than two letters: {quantity(mask)}.",
            remedy="Remove them, unless their digits or signs decide the label.",
            fix="drop_near_empty",
        )


def id_like_text(dataset: Dataset) -> Iterator[Finding]:
    """Find texts in which every word is a number, an id or an address."""
    mask = matches(dataset, _ONLY_IDS) & ~is_near_empty(dataset)
    if mask.any():
        yield found(
            dataset,
            mask,
            code="id_like_text",
            severity=severity_of(mask.mean()),
            message=f"Texts of nothing but numbers, ids or addresses: {quantity(mask)}.",
            remedy="Check that the right column is chosen as text.",
        )
