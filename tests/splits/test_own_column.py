import pytest

from tests.files.tables import dataset
from tl_core.datasets.roles import part_of
from tl_core.errors import SplitError
from tl_core.schema import SplitName
from tl_core.splits.own_column import own_parts, read_parts


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (SplitName.TRAIN, "train Training TRAIN 0 False no"),
        (SplitName.VALIDATION, "validation valid val Dev DEVELOPMENT"),
        (SplitName.TEST, "test Testing held-out Held_Out holdout 1 TRUE yes"),
        (None, "eval 2 unknown trainer testset? -1"),
    ],
)
def test_usual_words_name_the_parts(part: SplitName | None, words: str) -> None:
    assert {part_of(word) for word in words.split()} == {part}
    assert part_of(f" {words.split()[0]}\t") is part


def test_unknown_words_are_named_with_their_count() -> None:
    words = ["train", "", None, "eval", "eval", "eval", *"abcd"]
    with pytest.raises(SplitError) as caught:
        read_parts(words)
    assert (
        "“eval” (3 rows), nothing (2 rows), “a” (1 row), “b” (1 row), “c” (1 row) and 1 more."
        in caught.value.message
    )
    assert caught.value.remedy


def test_missing_split_column_is_told() -> None:
    with pytest.raises(SplitError, match="The dataset has no ") as caught:
        own_parts(dataset({"x": 4, "y": 4}))
    assert caught.value.remedy
