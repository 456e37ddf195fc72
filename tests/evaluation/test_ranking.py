import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evaluation.arms import arm_of
from tl_core.evaluation.intervals import interval_of
from tl_core.evaluation.metrics import example_values
from tl_core.evaluation.ranking import (
    auroc,
    auroc_values,
    average_precision,
    average_precision_values,
    log_odds,
)
from tl_core.schema import Metric, OtherMetric

# Few different scores, so that there are ties within a class and between the two.
SCORED = st.lists(st.tuples(st.integers(0, 1), st.integers(-2, 2)), min_size=2, max_size=25)


def read(scored):
    targets, scores = np.array(scored).T
    return targets, scores.astype(np.float32)


@settings(deadline=None)
@given(SCORED)
def test_auroc_agrees_with_scikit_learn(scored):
    targets, scores = read(scored)
    if len(set(targets)) == 1:
        assert auroc(targets, scores) == 0.5
        return
    assert auroc(targets, scores) == pytest.approx(sklearn.metrics.roc_auc_score(targets, scores))


@settings(deadline=None)
@given(SCORED)
def test_average_precision_agrees_with_scikit_learn(scored):
    targets, scores = read(scored)
    if not targets.any():
        assert average_precision(targets, scores) == 0
        return
    reference = sklearn.metrics.average_precision_score(targets, scores)
    assert average_precision(targets, scores) == pytest.approx(reference)


def test_equal_scores_rank_nothing():
    targets, scores = np.array([0, 0, 0, 1]), np.zeros(4, dtype=np.float32)
    assert auroc(targets, scores) == 0.5
    assert average_precision(targets, scores) == 1 / 4


def test_it_does_not_matter_which_class_is_called_positive():
    rng = np.random.default_rng(0)
    targets, logits = rng.integers(2, size=40), rng.normal(size=(40, 2)).round(1)
    assert auroc(targets, log_odds(logits)) == pytest.approx(auroc(1 - targets, log_odds(logits[:, ::-1])))


@pytest.mark.parametrize(
    ("metric", "values"), [(auroc, auroc_values), (average_precision, average_precision_values)]
)
@settings(deadline=None, max_examples=60)
@given(scored=SCORED)
def test_values_are_the_brute_force_jackknife(metric, values, scored):
    targets, scores = read(scored)
    found, theta = values(targets, scores), metric(targets, scores)
    if metric is auroc and np.bincount(targets, minlength=2).min() < 2:
        assert found == pytest.approx(np.full(len(targets), theta))
        return
    kept = [np.arange(len(targets)) != i for i in range(len(targets))]
    without = np.array([metric(targets[keep], scores[keep]) for keep in kept])
    influence = (len(targets) - 1) * (theta - without)
    assert found == pytest.approx(theta + influence - influence.mean())


def test_the_variance_of_auroc_is_that_of_delong():
    """Sums of squared placements around the area, each class over its size and one less."""
    rng = np.random.default_rng(1)
    targets = np.repeat([0, 1], [70, 30])
    scores = rng.normal(size=100) + targets
    values = auroc_values(targets, scores)
    pairs = (scores[targets == 1][:, None] > scores[targets == 0]).astype(float)
    delong = pairs.mean(axis=1).var(ddof=1) / 30 + pairs.mean(axis=0).var(ddof=1) / 70
    assert values.mean() == pytest.approx(pairs.mean())
    assert values.var(ddof=1) / 100 == pytest.approx(delong, rel=0.03)


@pytest.mark.parametrize("metric", [Metric.AUROC, OtherMetric.AVERAGE_PRECISION])
@pytest.mark.parametrize("targets", [[0] * 6, [0] * 5 + [1]])
def test_fewer_than_two_examples_of_a_class_tell_nothing(metric, targets):
    values = example_values(arm_of([[0, 1, 0, 0, 1, 0]] * 2, targets, num_labels=2), metric)
    interval = interval_of(values)
    assert (interval.low, interval.high, interval.p_value) == (0, 1, 1)


def test_more_than_two_classes_have_none():
    arm = arm_of([[0, 1, 2]], [0, 1, 2])
    assert arm.log_odds is None
    with pytest.raises(ValueError, match="two classes"):
        example_values(arm, Metric.AUROC)


def test_log_odds_follow_seeds_and_order():
    arm = arm_of([[0, 1, 1], [1, 1, 0]], [0, 1, 1], num_labels=2, example_ids=np.array(["c", "a", "b"]))
    assert arm.for_seeds([1]).log_odds.tolist() == [[4, 4, -4]]
    assert arm.in_canonical_order().log_odds.tolist() == [[4, 4, -4], [4, -4, 4]]
    assert arm.for_seeds([0]).repeated_for((0, 1)).log_odds.tolist() == [[-4, 4, 4]] * 2
