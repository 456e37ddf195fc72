import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from tl_core.evaluation.threshold import JUDGED_BY, choose_threshold, metric_of_threshold
from tl_core.schema import Metric

SCORED = st.lists(st.tuples(st.integers(0, 1), st.integers(-3, 3)), min_size=2, max_size=25)


def by_scikit_learn(metric, targets, answers):
    if metric is Metric.ACCURACY:
        return sklearn.metrics.accuracy_score(targets, answers)
    labels = np.unique(targets)
    score = sklearn.metrics.f1_score if metric is Metric.MACRO_F1 else sklearn.metrics.recall_score
    return score(targets, answers, labels=labels, average="macro", zero_division=0)


@pytest.mark.parametrize("metric", JUDGED_BY)
@settings(deadline=None, max_examples=60)
@given(scored=SCORED)
def test_no_other_cut_is_better_and_none_as_good_is_nearer_to_the_usual_one(metric, scored):
    targets, scores = np.array(scored).T
    scores = scores + 0.25  # none lies on the usual threshold
    chosen = choose_threshold(targets, scores, metric)
    cuts = [0.0, *(score + 0.5 for score in sorted(set(scores))[:-1])]
    values = [by_scikit_learn(metric, targets, (scores > cut).astype(int)) for cut in cuts]
    reached = by_scikit_learn(metric, targets, (scores > chosen).astype(int))
    assert reached == pytest.approx(max(values))
    if values[0] == pytest.approx(max(values)):
        assert chosen == 0


def test_it_lies_half_way_between_two_scores():
    targets, scores = np.array([0, 0, 0, 1, 1]), np.array([-4.0, -3.0, -2.0, -1.0, 2.0])
    assert choose_threshold(targets, scores, Metric.ACCURACY) == -1.5


def test_a_rare_class_is_answered_earlier_for_balanced_accuracy_than_for_accuracy():
    rng = np.random.default_rng(0)
    targets = np.repeat([0, 1], [900, 100])
    scores = rng.normal(size=1000) + 1.5 * targets - 2  # as a model that knows how rare it is
    balanced = choose_threshold(targets, scores, Metric.BALANCED_ACCURACY)
    assert balanced < choose_threshold(targets, scores, Metric.ACCURACY) - 0.5


def test_a_ranking_has_no_threshold_so_balanced_accuracy_judges():
    assert metric_of_threshold(Metric.AUROC) is Metric.BALANCED_ACCURACY
    assert all(metric_of_threshold(metric) is metric for metric in JUDGED_BY)
