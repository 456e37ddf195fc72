"""What texts hold that teaches nothing: hardly anything, ids alone, ends that are cut, words they share."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.findings import (
    Mask,
    contents,
    found,
    length_summary,
    marked,
    matches,
    percent,
    severity_of,
)
from tl_core.files.excerpts import shorten
from tl_core.schema import Finding

# A sign of these scripts can be a word; elsewhere one letter alone says nothing.
_READABLE = r"\p{L}[^\p{L}]*\p{L}|[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]"
_ADDRESS = r"(?:https?://|www\.)[!-~]+"
_ID = r"[!-~]*[0-9][!-~]*"
_ONLY_IDS = rf"^[\s\p{{P}}\p{{S}}]*(?:(?:{_ADDRESS}|{_ID})(?:\s[\s\p{{P}}\p{{S}}]*|$))+$"
NUM_SHARED_WORDS = 5
MIN_SHARE_ALIKE = 0.3
MIN_TEXTS_ALIKE = 10
_SHARED_WORDS = r"\S+(?:\s+\S+){4}"


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
            message=f"{marked(dataset, mask, 'has', 'have')} fewer than two letters.",
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
            message=f"{marked(dataset, mask, 'holds', 'hold')} only numbers, ids or web addresses.",
            remedy="Check that the right column is chosen as text.",
        )


def too_long(dataset: Dataset, token_lengths: npt.NDArray[np.integer], max_length: int) -> Iterator[Finding]:
    """Find texts of which a model does not read the end.

    Parameters
    ----------
    token_lengths
        Tokens of each text, or of both texts of a pair, without a limit, ``(num_examples,)``.
    max_length
        Tokens kept of each text.
    """
    mask = token_lengths > max_length
    if mask.any():
        summary = length_summary(token_lengths, max_length)
        yield found(
            dataset,
            mask,
            code="too_long",
            severity=severity_of(summary.cut_texts),
            message=(
                f"{marked(dataset, mask, 'is', 'are')} longer than {max_length:,} tokens (the longest has"
                f" {summary.longest:,}). The ends are cut off: {percent(summary.cut_tokens)} of all tokens."
            ),
            remedy="Keep more tokens of each text, which takes longer, or put what matters first.",
        )


def boilerplate(dataset: Dataset) -> Iterator[Finding]:
    """Find five words that more than 30% of the texts begin with, or end with."""
    column = contents(dataset)[0]
    for code, pattern, place in (
        ("constant_beginning", rf"^\s*(?P<words>{_SHARED_WORDS})(?:\s|$)", "begin"),
        ("constant_end", rf"(?:^|\s)(?P<words>{_SHARED_WORDS})\s*$", "end"),
    ):
        words = pc.struct_field(pc.extract_regex(column, pattern), "words").combine_chunks()
        mode = _most_frequent(words)
        if mode is None:
            continue
        mask = pc.fill_null(pc.equal(words, mode), False).to_numpy(zero_copy_only=False)
        if mask.sum() >= MIN_TEXTS_ALIKE and mask.mean() > MIN_SHARE_ALIKE:
            yield _boilerplate(dataset, mask, code, place, mode)


def _boilerplate(
    dataset: Dataset, mask: np.ndarray[tuple[int], np.dtype[np.bool_]], code: str, place: str, words: str
) -> Finding:
    return found(
        dataset,
        mask,
        code=code,
        severity="warning",
        message=f"{marked(dataset, mask, f'{place}s', place)} with the same {NUM_SHARED_WORDS} words.",
        remedy="Remove these words from the file: they cost tokens and say nothing.",
        examples=[shorten(words)],
    )


def _most_frequent(words: pa.Array) -> str | None:
    modes = pc.value_counts(words.drop_null())
    if not len(modes):
        return None
    best: str = modes[int(np.argmax(modes.field("counts").to_numpy()))]["values"].as_py()
    return best
