import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from tests.evaluation.arms import arm_of
from tl_core.evaluation.example_values import example_values, macro_f1_values
from tl_core.evaluation.metrics import confusion_matrix, macro_f1
from tl_core.schema import Metric

ANSWERS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=25)


def sklearn_macro_f1(targets, predicted):
    return f1_score(targets, predicted, average="macro", zero_division=0)


@settings(deadline=None, max_examples=50)
@given(ANSWERS)
def test_macro_f1_values_are_the_brute_force_jackknife(answers):
    targets, predicted = np.array(answers).T
    num_examples = len(targets)
    theta = sklearn_macro_f1(targets, predicted)
    kept = [np.arange(num_examples) != i for i in range(num_examples)]
    without = np.array([sklearn_macro_f1(targets[keep], predicted[keep]) for keep in kept])
    influence = (num_examples - 1) * (theta - without)
    expected = theta + influence - influence.mean()
    assert macro_f1_values(targets, predicted, 4) == pytest.approx(expected)


@settings(deadline=None)
@given(ANSWERS)
def test_the_mean_of_macro_f1_values_is_macro_f1(answers):
    targets, predicted = np.array(answers).T
    values = macro_f1_values(targets, predicted, 4)
    assert values.mean() == pytest.approx(macro_f1(confusion_matrix(targets, predicted, 4)))


def test_accuracy_values_are_the_hits():
    values = example_values(arm_of([[0, 1, 1], [2, 2, 2]], [0, 1, 2]), Metric.ACCURACY)
    assert values.values.tolist() == [[1, 1, 0], [0, 0, 1]]
    assert values.limits.unit == 1


def test_the_unit_of_macro_f1_is_one_for_balanced_classes():
    limits = example_values(arm_of([[0, 1, 2, 0, 1, 2]], [0, 1, 2, 2, 1, 0]), Metric.MACRO_F1).limits
    assert limits.unit == pytest.approx(1)


def test_the_unit_of_macro_f1_grows_with_imbalance():
    # Weights 4/6, 4/6, 4/6 and 4/2: sqrt((3 * 4/9 + 4) / 4).
    limits = example_values(arm_of([[0, 0, 0, 1]], [0, 0, 0, 1]), Metric.MACRO_F1).limits
    assert limits.unit == pytest.approx(np.sqrt(4 / 3))


def test_a_difference_subtracts_values_and_widens_limits():
    a = example_values(arm_of([[0, 1]], [0, 1]), Metric.ACCURACY)
    b = example_values(arm_of([[0, 0]], [0, 1]), Metric.ACCURACY)
    difference = a.minus(b)
    assert difference.values.tolist() == [[0, 1]]
    assert (difference.limits.low, difference.limits.high) == (-1, 1)
