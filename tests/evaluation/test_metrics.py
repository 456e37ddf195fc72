import numpy as np
import pytest
import scipy.special
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from tl_core.evaluation.metrics import (
    brier_scores,
    confusion_matrix,
    evaluate,
    log_loss,
    macro_f1,
    per_class,
)

NUM_LABELS = 4
ANSWERS = st.lists(
    st.tuples(st.integers(0, NUM_LABELS - 1), st.integers(0, NUM_LABELS - 1)), min_size=1, max_size=30
)


def test_confusion_has_targets_as_rows():
    confusion = confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 3)
    assert confusion.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]


def test_macro_f1_by_hand_leaves_out_a_class_that_never_occurs():
    # Class 0: 2/3, class 1: 2/3, class 2 in neither targets nor predictions.
    assert macro_f1(np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0]])) == pytest.approx(2 / 3)


def test_macro_f1_leaves_out_a_class_that_is_only_predicted():
    assert macro_f1(np.array([[1, 1], [0, 0]])) == pytest.approx(2 / 3)


def test_macro_f1_of_two_arms_is_over_the_same_classes():
    """A class without a test example, which one arm never names, made 30 points of equal accuracies."""
    targets = np.repeat([0, 1], 100)
    one, other = targets.copy(), targets.copy()
    one[:5], other[:5] = 1, 2
    values = [macro_f1(confusion_matrix(targets, predicted, 3)) for predicted in (one, other)]
    assert values[0] == pytest.approx(values[1], abs=0.015)


@settings(deadline=None)
@given(ANSWERS)
def test_metrics_agree_with_scikit_learn(answers):
    targets, predicted = np.array(answers).T
    ours = evaluate(targets, np.eye(NUM_LABELS, dtype=np.float32)[predicted])
    assert ours.num_examples == len(answers)
    assert ours.accuracy == pytest.approx(sklearn.metrics.accuracy_score(targets, predicted))
    assert ours.macro_f1 == pytest.approx(
        sklearn.metrics.f1_score(
            targets, predicted, labels=np.unique(targets), average="macro", zero_division=0
        )
    )
    reference = sklearn.metrics.confusion_matrix(targets, predicted, labels=range(NUM_LABELS))
    assert ours.confusion.tolist() == reference.tolist()


@settings(deadline=None)
@given(ANSWERS)
def test_per_class_agrees_with_scikit_learn(answers):
    targets, predicted = np.array(answers).T
    ours = per_class(confusion_matrix(targets, predicted, NUM_LABELS))
    reference = sklearn.metrics.precision_recall_fscore_support(
        targets, predicted, labels=range(NUM_LABELS), zero_division=0
    )
    for mine, theirs in zip((ours.precision, ours.recall, ours.f1, ours.support), reference, strict=True):
        assert mine == pytest.approx(theirs)


def test_log_loss_agrees_with_scikit_learn():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(50, 3)).astype(np.float32)
    targets = rng.integers(3, size=50)
    odds = np.exp(logits.astype(np.float64))
    reference = sklearn.metrics.log_loss(targets, odds / odds.sum(axis=1, keepdims=True), labels=range(3))
    assert log_loss(targets, logits) == pytest.approx(reference)


def test_log_loss_stays_finite_for_extreme_scores():
    assert log_loss(np.array([0]), np.array([[-500.0, 500.0]], dtype=np.float32)) == pytest.approx(1000)


@pytest.mark.parametrize("num_labels", [2, 5])
def test_brier_scores_agree_with_scikit_learn(num_labels):
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(60, num_labels)).astype(np.float32)
    targets = rng.integers(num_labels, size=60)
    probabilities = scipy.special.softmax(logits.astype(np.float64), axis=1)
    reference = sklearn.metrics.brier_score_loss(
        targets, probabilities, labels=range(num_labels), scale_by_half=True
    )
    assert brier_scores(targets, logits).mean() == pytest.approx(reference)
