import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evaluation.arms import arm_of
from tl_core.evaluation.class_metrics import balanced_accuracy, matthews, quadratic_kappa
from tl_core.evaluation.intervals import interval_of
from tl_core.evaluation.metrics import chance_unit, confusion_matrix, example_values
from tl_core.schema import Metric, OtherMetric

NUM_LABELS = 4
ANSWERS = st.lists(
    st.tuples(st.integers(0, NUM_LABELS - 1), st.integers(0, NUM_LABELS - 1)), min_size=2, max_size=25
)
BY_NAME = {
    Metric.BALANCED_ACCURACY: balanced_accuracy,
    Metric.QUADRATIC_KAPPA: quadratic_kappa,
    OtherMetric.MATTHEWS: matthews,
}


def confusion_of(targets, predicted):
    return confusion_matrix(np.asarray(targets), np.asarray(predicted), NUM_LABELS)


@settings(deadline=None)
@given(ANSWERS)
def test_matthews_agrees_with_scikit_learn(answers):
    targets, predicted = np.array(answers).T
    ours = matthews(confusion_of(targets, predicted))
    if len({*targets, *predicted}) == 1:
        assert ours == 0
        return
    assert ours == pytest.approx(sklearn.metrics.matthews_corrcoef(targets, predicted))


@settings(deadline=None)
@given(ANSWERS)
def test_balanced_accuracy_is_the_mean_recall_of_scikit_learn(answers):
    targets, predicted = np.array(answers).T
    classes = np.unique(targets)
    reference = sklearn.metrics.recall_score(targets, predicted, labels=classes, average="macro")
    assert balanced_accuracy(confusion_of(targets, predicted)) == pytest.approx(reference)


@settings(deadline=None)
@given(ANSWERS)
def test_quadratic_kappa_agrees_with_scikit_learn(answers):
    targets, predicted = np.array(answers).T
    ours = quadratic_kappa(confusion_of(targets, predicted))
    if len({*targets, *predicted}) == 1:
        assert ours == 0  # nothing that chance could get wrong
        return
    reference = sklearn.metrics.cohen_kappa_score(
        targets, predicted, labels=range(NUM_LABELS), weights="quadratic"
    )
    assert ours == pytest.approx(reference)


def test_a_class_that_is_missing_from_test_counts_nowhere():
    confusion = np.array([[8, 2, 0], [5, 5, 0], [0, 0, 0]])
    assert balanced_accuracy(confusion) == pytest.approx((0.8 + 0.5) / 2)
    assert quadratic_kappa(confusion) == pytest.approx(quadratic_kappa(confusion[:2, :2]))


@pytest.mark.parametrize("always", range(NUM_LABELS))
def test_one_class_for_all_is_worth_nothing_beyond_chance(always):
    targets = np.array([0, 0, 0, 1, 1, 2, 3])
    confusion = confusion_of(targets, np.full(7, always))
    assert quadratic_kappa(confusion) == matthews(confusion) == 0
    assert balanced_accuracy(confusion) == 1 / 4


def test_kappa_of_two_balanced_classes_is_twice_the_accuracy_less_one():
    confusion = np.array([[40, 10], [10, 40]])
    assert quadratic_kappa(confusion) == pytest.approx(2 * 0.8 - 1)
    assert chance_unit(np.repeat([0, 1], 50)) == 2


@pytest.mark.parametrize("metric", list(BY_NAME))
@settings(deadline=None, max_examples=60)
@given(answers=ANSWERS)
def test_values_are_the_brute_force_jackknife(metric, answers):
    targets, predicted = np.array(answers).T
    num_examples = len(targets)
    theta = BY_NAME[metric](confusion_of(targets, predicted))
    without = []
    for i in range(num_examples):
        left = np.arange(num_examples) != i
        one = BY_NAME[metric](confusion_of(targets[left], predicted[left]))
        if metric is Metric.BALANCED_ACCURACY:  # of the classes that have a target now
            one *= len(np.unique(targets[left])) / len(np.unique(targets))
        without.append(one)
    influence = (num_examples - 1) * (theta - np.array(without))
    found = example_values(arm_of(predicted, targets, num_labels=NUM_LABELS), metric)
    assert found.values[0] == pytest.approx(theta + influence - influence.mean())


def test_mean_absolute_error_counts_classes():
    found = example_values(arm_of([0, 3, 1], [0, 1, 2], num_labels=4), OtherMetric.MEAN_ABSOLUTE_ERROR)
    assert found.values.tolist() == [[0, 2, 1]]
    assert (found.limits.low, found.limits.high) == (0, 3)


def test_kappa_of_targets_of_one_class_could_be_anything():
    interval = interval_of(example_values(arm_of([[0, 1, 0, 0]], [0] * 4), Metric.QUADRATIC_KAPPA))
    assert (interval.low, interval.high, interval.p_value) == (-1, 1, 1)
