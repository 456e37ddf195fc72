"""A person's own parts: the words that name them, and which example is in which."""

import re
from collections import Counter
from collections.abc import Sequence

from tl_core.data.dataset import Dataset
from tl_core.errors import SplitError
from tl_core.schema import SplitName

_WORDS = {
    SplitName.TRAIN: ("train", "training", "trn", "tr", "0", "false", "no"),
    SplitName.VALIDATION: ("validation", "validate", "valid", "val", "vld", "dev", "development"),
    SplitName.TEST: ("test", "testing", "tst", "te", "heldout", "holdout", "1", "true", "yes"),
}
_PART_OF = {word: part for part, words in _WORDS.items() for word in words}
_BETWEEN_LETTERS = re.compile(r"(?<=[a-z])[-_\s]+(?=[a-z])")
_SHOWN = 5


def part_of(word: str) -> SplitName | None:
    """Return the part that a word of a person's own split column names, None if it names none.

    Case plays no part, nor do spaces, hyphens and underscores within a word. 1, true and yes flag the test
    part, 0, false and no the rest.

    >>> part_of("Held-out")
    <SplitName.TEST: 'test'>
    """
    return _PART_OF.get(_BETWEEN_LETTERS.sub("", word.strip().casefold()))


def read_parts(words: Sequence[str | None]) -> list[SplitName]:
    """Return the part that each word names.

    Raises
    ------
    SplitError
        If words are empty or unknown; shows the most frequent of them.
    """
    known = {word: part_of(word) for word in set(words) if word}
    unknown = Counter(word or "" for word in words if not word or known[word] is None)
    if unknown:
        shown = ", ".join(f"'{word}' ({count:,})" for word, count in unknown.most_common(_SHOWN))
        others = f" and {len(unknown) - _SHOWN:,} others" if len(unknown) > _SHOWN else ""
        raise SplitError(
            f"Expected train, validation or test in the split column; got {shown}{others}.",
            "Write one of the three words for every example, or choose another split column.",
        )
    return [part for word in words if word and (part := known[word])]


def own_parts(dataset: Dataset) -> list[SplitName]:
    """Return the part of every example that the person gave; rows of an own test file are the test part's.

    Raises
    ------
    SplitError
        If the dataset has no split column, or words in it are empty or unknown.
    """
    if "part" not in dataset.table.column_names:
        raise SplitError(
            "Expected a column that says which part each example belongs to; the dataset has none.",
            "Choose the split column, or have the split made here.",
        )
    words = dataset.table["part"].to_pylist()
    is_own_test = dataset.is_own_test().tolist()
    return read_parts(
        [SplitName.TEST.value if is_test else word for word, is_test in zip(words, is_own_test, strict=True)]
    )
