import time
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared_data import shared_data
from tl_core.errors import CancelledError, DataError
from tl_core.files.reading import read_table
from tl_core.text import near_duplicates
from tl_core.text.near_duplicates import band_size, find_groups, read_word_sets, word_set

WORDS = [f"word{number}" for number in range(12)]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join), max_size=30)


def jaccard(one: str, other: str) -> float:
    first, second = word_set(one), word_set(other)
    return len(first & second) / len(first | second)


def groups_of_all_pairs(texts: list[str], threshold: float) -> list[int]:
    """Compare every text with every other one."""
    group = list(range(len(texts)))
    for one, other in combinations(range(len(texts)), 2):
        if jaccard(texts[one], texts[other]) >= threshold:
            merged, gone = sorted((group[one], group[other]))
            group = [merged if label == gone else label for label in group]
    return near_duplicates.number_by_appearance(np.array(group, dtype=np.int64)).tolist()


def test_texts_with_most_words_in_common_are_one_group() -> None:
    found = find_groups(
        [
            "My card has not arrived and I ordered it two weeks ago",
            "How do I change my PIN at a cash machine abroad?",
            "my card has not arrived, and i ordered it three weeks ago",
            "I ordered two weeks ago and it has not arrived, my card!",
        ],
        0.8,
    )
    assert found.group.tolist() == [0, 1, 0, 0]
    assert (found.num_groups, found.largest_group) == (1, 3)
    assert found.pairs == ((2, 3, 11 / 13), (0, 3, 1.0))


def test_few_words_are_alike_if_their_letters_are() -> None:
    texts = ["where is my refund", "where is my refund?!", "where is my refunds", "when is my rent"]
    assert find_groups(texts, 0.8).group.tolist() == [0, 0, 0, 1]


def test_similarity_at_the_threshold_is_enough() -> None:
    texts = ["a b c d e f g h", "a b c d e f g h i j"]
    assert find_groups(texts, 0.8).group.tolist() == [0, 0]
    assert find_groups(texts, 0.801).group.tolist() == [0, 1]


def test_threshold_of_one_keeps_equal_sets_only() -> None:
    found = find_groups(["a b c d e", "E d c b a!", "a b c d e f"], 1)
    assert found.group.tolist() == [0, 0, 1]
    assert found.num_pairs_checked == 0


@pytest.mark.parametrize("texts", [[], ["one"], ["", ""], ["", "!", "?"]])
def test_hardly_any_texts_are_no_trouble(texts: list[str]) -> None:
    found = find_groups(texts, 0.8)
    assert found.group.tolist() == [texts.index(text) for text in texts]
    assert found.largest_group == max(map(texts.count, texts), default=0)


@pytest.mark.parametrize("threshold", [0.49, 0, -1, 1.01, float("nan")])
def test_threshold_out_of_range_is_refused(threshold: float) -> None:
    with pytest.raises(DataError, match=r"from 0\.5 to 1") as caught:
        find_groups(["text"], threshold)
    assert caught.value.remedy


@settings(deadline=None, max_examples=60)
@given(TEXTS, st.sampled_from([0.5, 0.6, 0.8, 0.9]))
def test_groups_never_hold_more_than_a_comparison_of_all_pairs_joins(
    texts: list[str], threshold: float
) -> None:
    exact = groups_of_all_pairs(texts, threshold)
    found = find_groups(texts, threshold)
    for one, other in combinations(range(len(texts)), 2):
        if found.group[one] == found.group[other]:
            assert exact[one] == exact[other]
    for one, other, similarity in found.pairs:
        assert one < other
        assert found.group[one] == found.group[other]
        assert similarity == jaccard(texts[one], texts[other]) >= threshold


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_order_of_the_texts_plays_no_part(data: st.DataObject) -> None:
    texts = data.draw(TEXTS)
    order = data.draw(st.permutations(range(len(texts))))
    found, moved = find_groups(texts, 0.6), find_groups([texts[row] for row in order], 0.6)
    np.testing.assert_array_equal(
        near_duplicates.number_by_appearance(found.group[order] if texts else found.group), moved.group
    )
    assert found.num_pairs_checked == moved.num_pairs_checked
    assert [similarity for *_, similarity in found.pairs] == [similarity for *_, similarity in moved.pairs]


def random_text(rng: np.random.Generator, num_words: int) -> list[str]:
    return [f"w{number}" for number in rng.choice(1_000_000, num_words, replace=False)]


def pairs_at(similarity: float, num_pairs: int, rng: np.random.Generator) -> list[str]:
    """Return texts in pairs that have just this similarity, to within half a word of 40."""
    texts = []
    for _ in range(num_pairs):
        words = random_text(rng, 60)
        num_common = round(40 * 2 * similarity / (1 + similarity))
        texts += [" ".join(words[:40]), " ".join(words[40 - num_common : 80 - num_common])]
    return texts


@pytest.mark.parametrize("threshold", [0.5, 0.6, 0.7, 0.8, 0.9])
def test_nearly_all_pairs_above_the_threshold_are_found(threshold: float) -> None:
    texts = pairs_at(threshold + 0.05, 1_000, np.random.default_rng(0))
    group = find_groups(texts, threshold).group
    assert (group[::2] == group[1::2]).mean() >= 0.95
    assert len(np.unique(group)) >= 1_000


def test_bands_are_as_large_as_recall_allows() -> None:
    assert band_size(0.8) == 7
    assert 1 - (1 - 0.8**7) ** 18 >= 0.985
    assert 1 - (1 - 0.8**8) ** 16 < 0.95
    assert [band_size(threshold) for threshold in (0.5, 1)] == [3, 128]


def test_near_duplicates_in_a_crowded_bucket_are_found() -> None:
    rng = np.random.default_rng(1)
    shape = "dear customer your order {} has left our store in {} and will be with you on {} thank you"
    texts = [shape.format(*rng.integers(0, size)) for size in [(10_000, 30, 12)] * 3_000]
    exact = groups_of_all_pairs_fast(texts, 0.9)
    group = find_groups(texts, 0.9).group
    assert len(np.unique(exact)) < 0.5 * len(texts)
    assert len(np.unique(group)) <= 1.05 * len(np.unique(exact))


def groups_of_all_pairs_fast(texts: list[str], threshold: float) -> np.ndarray:
    sets = read_word_sets(texts, lambda share: None)
    matrix = sets.matrix.astype(np.int32)[sets.set_of]
    common, sizes = (matrix @ matrix.T).tocoo(), sets.sizes[sets.set_of]
    one, other = common.coords
    is_alike = common.data / (sizes[one] + sizes[other] - common.data) >= threshold
    return near_duplicates.connect(len(texts), one[is_alike], other[is_alike])


@pytest.mark.parametrize(
    "shape",
    ["the order number {} has arrived", "the one word that is different in this long text is {} alone"],
)
def test_many_texts_that_differ_in_one_word_take_no_quadratic_time(shape: str) -> None:
    texts = [shape.format(number) for number in range(20_000)]
    start = time.process_time()
    found = find_groups(texts, 0.8)
    assert time.process_time() - start < 30
    assert found.num_pairs_checked < 63 * 18 * len(texts)
    assert found.num_groups == (0 if "order" in shape else 1)


def test_search_can_be_stopped_and_tells_how_far_it_is() -> None:
    ticks: list[tuple[int, int]] = []
    texts = [f"text number {number} of quite a few that are alike" for number in range(1_500)]
    find_groups(texts, 0.8, tick=lambda done, total: ticks.append((done, total)))
    assert ticks == sorted(ticks)
    assert {total for _, total in ticks} == {4_500}
    assert {round(3 * done / total) for done, total in ticks} >= {0, 1, 2}

    def stop(done: int, total: int) -> None:
        if done > 1_600:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        find_groups(texts, 0.8, tick=stop)


@pytest.mark.acceptance
@pytest.mark.parametrize("name", ["trec6", "hwu64", "sms_spam", "tweeteval_emotion"])
@pytest.mark.parametrize("threshold", [0.6, 0.8])
def test_groups_of_real_texts_are_those_of_all_pairs(name: str, threshold: float) -> None:
    texts = read_table(shared_data(name, "train.csv")).columns["text"].to_pylist()
    exact = groups_of_all_pairs_fast(texts, threshold)
    found = find_groups(texts, threshold)
    assert len(np.unique(exact)) <= len(np.unique(found.group)) <= 1.002 * len(np.unique(exact))
    assert found.largest_group < 0.05 * len(texts)
