"""How much each example counts in training."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tl_core.datasets.dataset import rows_that_teach
from tl_core.datasets.weighting import balanced_weights, relative_weights
from tl_core.errors import DataError


@given(st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=30), st.floats(1e-6, 1e6))
def test_only_the_ratios_count_and_their_mean_is_one(values: list[float], unit: float) -> None:
    weights = np.array([*values, 2e3])
    scaled, in_another_unit = relative_weights(weights), relative_weights(weights * unit)
    assert scaled is not None
    assert in_another_unit is not None
    assert scaled.mean() == pytest.approx(1)
    np.testing.assert_allclose(scaled / scaled[0], weights / weights[0])
    np.testing.assert_allclose(scaled, in_another_unit)


def test_numbers_near_the_largest_there_are_do_not_overflow() -> None:
    np.testing.assert_allclose(relative_weights(np.array([1e308, 1e308, 0.5e308])), [1.2, 1.2, 0.6])


@pytest.mark.parametrize("weights", [None, np.full(7, 0.1), np.array([3.0])])
def test_weights_that_are_all_equal_are_none(weights: np.ndarray | None) -> None:
    assert relative_weights(weights) is None


def test_rows_with_a_weight_of_zero_do_not_teach() -> None:
    rows = np.array([1, 2, 4])
    assert rows_that_teach(rows, np.array([0.0, 0.0, 3.0, 0.0, 1.0])).tolist() == [2, 4]
    assert rows_that_teach(rows, None).tolist() == [1, 2, 4]
    with pytest.raises(DataError, match="All 3 training examples have a weight of 0"):
        rows_that_teach(rows, np.zeros(5))


def test_balanced_every_class_counts_the_same_in_all_and_the_mean_stays() -> None:
    targets = np.array([0, 0, 0, 2, 2, 1])
    weights = balanced_weights(targets)
    assert np.bincount(targets, weights).tolist() == [2.0, 2.0, 2.0]
    assert weights.mean() == 1.0
    own = np.array([1.0, 1.0, 4.0, 2.0, 1.0, 3.0])
    both = balanced_weights(targets, own)
    assert np.bincount(targets, both) == pytest.approx([4.0, 4.0, 4.0])
    assert both[2] == pytest.approx(4 * both[0]), "within a class the examples keep their ratio"
    assert balanced_weights(targets, both) == pytest.approx(both), "twice is once"


def test_balancing_leaves_a_class_out_whose_examples_count_nothing() -> None:
    weights = balanced_weights(np.array([0, 0, 1]), np.array([1.0, 1.0, 0.0]))
    assert weights.tolist() == [1.0, 1.0, 0.0]
