"""The words with which people name the parts of a split."""

import re

from tl_core.schema import SplitName

_WORDS = {
    SplitName.TRAIN: ("train", "training", "trn", "tr", "0", "false", "no"),
    SplitName.VALIDATION: ("validation", "validate", "valid", "val", "vld", "dev", "development"),
    SplitName.TEST: ("test", "testing", "tst", "te", "heldout", "holdout", "1", "true", "yes"),
}
_PART_OF = {word: part for part, words in _WORDS.items() for word in words}
_BETWEEN_LETTERS = re.compile(r"(?<=[a-z])[-_\s]+(?=[a-z])")


def part_of(word: str) -> SplitName | None:
    """Return the part that a word of a person's own split column names, None if it names none.

    Case plays no part, nor do spaces, hyphens and underscores within a word. 1, true and yes flag the test
    part, 0, false and no the rest.

    >>> part_of("Held-out")
    <SplitName.TEST: 'test'>
    """
    return _PART_OF.get(_BETWEEN_LETTERS.sub("", word.strip().casefold()))
