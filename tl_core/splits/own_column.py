"""A person's own parts: which example is in which."""

from collections import Counter
from collections.abc import Sequence

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.roles import part_of
from tl_core.errors import SplitError
from tl_core.schema import SplitName
from tl_core.words import plural, quoted

_SHOWN = 5


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
        shown = ", ".join(
            f"{quoted(word) if word else 'nothing'} ({plural(count, 'row')})"
            for word, count in unknown.most_common(_SHOWN)
        )
        others = f" and {len(unknown) - _SHOWN:,} more" if len(unknown) > _SHOWN else ""
        raise SplitError(
            f"The split column holds {shown}{others}.",
            "Write train, validation or test for every example, or choose another split column.",
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
            "The dataset has no column that says which part each example belongs to.",
            "Choose the split column, or split by another rule.",
        )
    words = dataset.table["part"].to_pylist()
    is_own_test = dataset.is_own_test().tolist()
    return read_parts(
        [SplitName.TEST.value if is_test else word for word, is_test in zip(words, is_own_test, strict=True)]
    )
