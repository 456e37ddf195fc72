from itertools import pairwise

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.training.examples import make_examples
from tl_core.training.batching import (
    FeatureExamples,
    endless_batches,
    epoch_batches,
    micro_batches,
    sorted_batches,
)

LENGTHS = st.lists(st.integers(1, 128), min_size=1, max_size=300).map(np.array)
SIZES = st.integers(1, 20)
SEEDS = st.integers(0, 2**63 - 1)


@given(LENGTHS, SIZES, SEEDS, st.integers(0, 5))
def test_an_epoch_has_every_example_once_and_at_most_one_smaller_batch(
    lengths: NDArray[np.int64], size: int, seed: int, epoch: int
) -> None:
    batches = epoch_batches(lengths, size, seed, epoch)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    rest = len(lengths) % size
    assert sorted(map(len, batches)) == [rest] * bool(rest) + [size] * (len(lengths) // size)


@given(LENGTHS, SIZES)
def test_scoring_batches_have_every_example_once_by_length(lengths: NDArray[np.int64], size: int) -> None:
    order = np.concatenate(sorted_batches(lengths, size))
    assert sorted(order.tolist()) == list(range(len(lengths)))
    assert (np.diff(lengths[order]) >= 0).all()


@given(LENGTHS, SIZES, SEEDS)
def test_seed_and_epoch_decide_the_order(lengths: NDArray[np.int64], size: int, seed: int) -> None:
    one, again = epoch_batches(lengths, size, seed, 1), epoch_batches(lengths, size, seed, 1)
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))


def test_epochs_and_seeds_differ() -> None:
    lengths = np.arange(1, 101)
    orders = [
        np.concatenate(epoch_batches(lengths, 8, *which)).tolist() for which in ((1, 0), (1, 1), (2, 0))
    ]
    assert orders[0] != orders[1]
    assert orders[0] != orders[2]


def test_batches_go_on_epoch_after_epoch() -> None:
    lengths = np.arange(1, 11)
    endless = endless_batches(lengths, 4, 7)
    for epoch in range(3):
        for expected in epoch_batches(lengths, 4, 7, epoch):
            np.testing.assert_array_equal(next(endless), expected)


def _padding_share(lengths: NDArray[np.int64], batches: list[NDArray[np.int64]]) -> float:
    padded = sum(len(batch) * lengths[batch].max() for batch in batches)
    return float(1 - lengths.sum() / padded)


def test_batches_of_like_length_pad_far_less_than_random_ones() -> None:
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(3, 0.7, 5000).astype(np.int64), 3, 128)
    random = np.array_split(rng.permutation(5000), 5000 // 16)
    assert _padding_share(lengths, random) > 0.4
    assert _padding_share(lengths, epoch_batches(lengths, 16, 0, 0)) < 0.08


def test_batches_come_in_no_order_of_length() -> None:
    lengths = np.arange(1, 501)
    means = [lengths[batch].mean() for batch in epoch_batches(lengths, 10, 0, 0)]
    assert abs(np.corrcoef(means, range(len(means)))[0, 1]) < 0.4


def test_collated_examples_are_padded_to_the_longest_of_them() -> None:
    examples = make_examples(30)
    indices = np.array([4, 17, 2])
    inputs = examples.collate(indices)
    lengths = examples.lengths[indices]
    assert inputs["input_ids"].shape == (3, lengths.max())
    assert inputs["attention_mask"].sum(dim=1).tolist() == lengths.tolist()
    for row, index in enumerate(indices):
        own = examples.ids[examples.offsets[index] : examples.offsets[index + 1]]
        assert inputs["input_ids"][row].tolist() == [*own.tolist(), *[0] * (lengths.max() - len(own))]
    assert "token_type_ids" not in inputs


@given(st.lists(st.integers(0, 29), min_size=1, max_size=40))
def test_selected_examples_are_the_ones_named(chosen: list[int]) -> None:
    examples = make_examples(30)
    indices = np.array(chosen)
    selected = examples.select(indices)
    one, other = selected.collate(np.arange(len(chosen))), examples.collate(indices)
    assert all(torch.equal(one[name], other[name]) for name in other)
    assert selected.targets.tolist() == examples.targets[indices].tolist()


def test_selected_features_are_the_ones_named() -> None:
    features = FeatureExamples(
        features=torch.arange(12.0).reshape(4, 3),
        lengths=np.array([5, 6, 7, 8]),
        targets=np.array([0, 1, 1, 0]),
    )
    selected = features.select(np.array([3, 1]))
    assert selected.collate(np.array([1])).tolist() == [[3.0, 4.0, 5.0]]
    assert (selected.lengths.tolist(), selected.targets.tolist()) == ([8, 6], [0, 1])


def test_micro_batches_share_out_a_batch() -> None:
    assert [len(part) for part in micro_batches(np.arange(10), 4)] == [4, 4, 2]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=60), st.integers(1, 9), st.integers(1, 200))
def test_batches_for_scoring_hold_so_many_units_padding_included(
    lengths: list[int], size: int, max_units: int
) -> None:
    found = sorted_batches(np.array(lengths), size, max_units)
    assert sorted(np.concatenate(found).tolist()) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) <= size
        assert len(batch) == 1 or len(batch) * max(lengths[place] for place in batch) <= max_units
    for batch, following in pairwise(found):
        grown = [*batch, following[0]]
        assert len(grown) > size or len(grown) * max(lengths[place] for place in grown) > max_units
