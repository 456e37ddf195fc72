import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from tests.evaluation.arms import arm_of
from tl_core.evaluation.metrics import (
    ExampleValues,
    Limits,
    confusion_matrix,
    contributions,
    example_values,
    macro_f1,
    macro_f1_values,
)
from tl_core.schema import Metric, ScoringRule

ANSWERS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=25)


def sklearn_macro_f1(targets, predicted, labels):
    return f1_score(targets, predicted, labels=labels, average="macro", zero_division=0)


@settings(deadline=None, max_examples=50)
@given(ANSWERS)
def test_macro_f1_values_are_the_brute_force_jackknife(answers):
    targets, predicted = np.array(answers).T
    num_examples = len(targets)
    labels = np.unique(targets)
    theta = sklearn_macro_f1(targets, predicted, labels)
    kept = [np.arange(num_examples) != i for i in range(num_examples)]
    without = np.array([sklearn_macro_f1(targets[keep], predicted[keep], labels) for keep in kept])
    influence = (num_examples - 1) * (theta - without)
    expected = theta + influence - influence.mean()
    assert macro_f1_values(targets, predicted, 4) == pytest.approx(expected)


@settings(deadline=None)
@given(ANSWERS)
def test_the_mean_of_macro_f1_values_is_macro_f1(answers):
    targets, predicted = np.array(answers).T
    values = macro_f1_values(targets, predicted, 4)
    assert values.mean() == pytest.approx(macro_f1(confusion_matrix(targets, predicted, 4)))


def test_the_mean_of_the_contributions_is_the_metric():
    targets = np.array([0, 0, 0, 1, 1])
    logits = np.array([[0, -3], [0, -2], [0, -1], [0, -2], [0, 1]], dtype=np.float32)
    expected = {
        Metric.ACCURACY: 4 / 5,
        Metric.MACRO_F1: (6 / 7 + 2 / 3) / 2,
        Metric.BALANCED_ACCURACY: (1 + 1 / 2) / 2,
        Metric.AUROC: (1.5 / 3 + 1) / 2,
        Metric.QUADRATIC_KAPPA: (4 / 5 - 14 / 25) / (1 - 14 / 25),
    }
    found = {metric: contributions(targets, logits, metric).mean() for metric in Metric}
    assert found == pytest.approx(expected)


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


def arms_of_hits(*tables):
    """Make values of accuracy from tables (S, n) of right answers."""
    arms = (arm_of(np.where(table, 0, 1), [0] * np.shape(table)[1]) for table in tables)
    return [example_values(arm, Metric.ACCURACY) for arm in arms]


def test_the_skew_of_a_share_is_that_of_the_binomial():
    # (1 - 2p) / (p (1 - p)) far from the limits, which lie one example off.
    (values,) = arms_of_hits(np.arange(10_000)[None] < 9_000)
    assert values.skew == pytest.approx((1 - 1.8) / (0.9 * 0.1), rel=2e-3)


def test_an_arm_without_a_mistake_has_a_finite_skew():
    (values,) = arms_of_hits(np.ones((3, 50)))
    assert values.skew == pytest.approx(1 / 1.02 - 50)


def test_a_difference_leans_to_the_side_on_which_the_worse_arm_has_bad_seeds():
    steady = np.ones((3, 100))
    unsteady = np.stack([np.arange(100) >= misses for misses in (1, 2, 9)])
    a, b = arms_of_hits(steady, unsteady)
    assert a.minus(b).skew == pytest.approx(-b.skew)
    assert b.minus(a).skew == pytest.approx(b.skew)
    assert a.minus(b).skew > 0


def test_arms_that_vary_alike_around_one_accuracy_do_not_lean():
    a, b = arms_of_hits([[1, 1, 1, 0], [1, 0, 0, 1]], [[1, 0, 1, 0], [0, 1, 1, 1]])
    assert a.minus(b).skew == 0


def test_log_losses_have_the_largest_loss_as_their_limit():
    values = example_values(arm_of([[0, 1]], [0, 0], num_labels=2), ScoringRule.LOG_LOSS)
    # Logits 4 and 0: log(1 + e^-4) where right, log(1 + e^4) where wrong.
    assert values.values[0] == pytest.approx([np.log1p(np.exp(-4)), np.log1p(np.exp(4))])
    assert values.limits == Limits(low=0, high=values.values.max(), unit=np.log(2))


def test_the_brier_score_of_certain_answers_is_their_error_rate():
    arm = arm_of([[0, 1, 2]], [0, 0, 2], logits=1000 * np.eye(3, dtype=np.float32)[None])
    assert example_values(arm, ScoringRule.BRIER).values.tolist() == [[0, 1, 0]]


def test_limits_of_a_difference_are_as_wide_as_both_arms():
    a, b = (
        ExampleValues(values=np.zeros((1, 2)), limits=Limits(low=0, high=high, unit=unit), skew=0.0)
        for high, unit in ((3, 0.7), (5, 0.6))
    )
    assert a.minus(b).limits == Limits(low=-5, high=3, unit=0.7)
