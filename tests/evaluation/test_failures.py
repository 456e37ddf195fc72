import numpy as np
import pytest
from scipy import stats

from tests.evaluation.arms import arm_with_hits
from tl_core.evaluation.failures import (
    failure_rate_ends,
    find_failure_rate,
    pool_failure_rates,
    trainings_to_exclude,
)
from tl_core.evaluation.verdicts import compare
from tl_core.evaluation.wording import failure_rate_words, seeds_words
from tl_core.schema import FailureRate, Flag, Metric


def flag(seeds, arm="scratch", code="collapsed"):
    return Flag(
        code=code, arm=arm, phrase="gave every example one label", remedy="Train it again.", seeds=seeds
    )


def arms(num_seeds, **fields):
    rng = np.random.default_rng(0)
    return [
        arm_with_hits((rng.random((num_seeds, 60)) < rate).astype(float), arm=name, **fields)
        for name, rate in (("fine_tuned", 0.9), ("scratch", 0.6))
    ]


def test_none_of_five_leaves_up_to_45_percent():
    low, high = failure_rate_ends(0, 5)
    assert (low, high) == (0.0, pytest.approx(1 - 0.05**0.2))
    assert round(high, 2) == 0.45
    assert failure_rate_ends(5, 5) == (pytest.approx(0.05**0.2), 1.0)


@pytest.mark.parametrize(("failed", "trainings"), [(1, 5), (2, 5), (3, 40)])
def test_some_failures_have_clopper_and_pearsons_interval(failed, trainings):
    exact = stats.binomtest(failed, trainings).proportion_ci(0.95, method="exact")
    assert failure_rate_ends(failed, trainings) == pytest.approx((exact.low, exact.high))


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.3, 0.45])
def test_as_many_trainings_exclude_a_rate_as_its_bound_needs(rate):
    needed = trainings_to_exclude(rate)
    assert failure_rate_ends(0, needed)[1] <= rate < failure_rate_ends(0, needed - 1)[1]


def test_a_failure_is_counted_once_however_many_flags_tell_of_it():
    (arm, _) = arms(5)
    flags = [
        flag((0, 3), "fine_tuned"),
        flag((3,), "fine_tuned", "did_not_learn"),
        flag((1,), "fine_tuned", "still_improving"),
        flag((2,)),
    ]
    found = find_failure_rate(arm, flags)
    assert found is not None
    assert (found.num_failed, found.num_trainings) == (2, 5)
    assert failure_rate_words(found) == "2 of 5 (95% interval 5 to 85%)"


@pytest.mark.parametrize(("num_seeds", "possible"), [(3, "63%"), (5, "45%"), (10, "26%")])
def test_no_failure_says_what_remains_possible_at_any_number_of_seeds(num_seeds, possible):
    words = seeds_words(compare(*arms(num_seeds), metric=Metric.ACCURACY))
    assert f"No training failed in {num_seeds} seeds: a rate of up to {possible} remains possible; " in words
    assert "29 seeds would exclude 10%" in words


def test_enough_seeds_need_no_advice_and_one_seed_or_none_says_nothing():
    assert "would exclude" not in seeds_words(compare(*arms(29), metric=Metric.ACCURACY))
    assert seeds_words(compare(*arms(1), metric=Metric.ACCURACY)) == ""
    same = [
        arm_with_hits(np.ones((1, 60)), arm=name).repeated_for((0, 1, 2))
        for name in ("fine_tuned", "scratch")
    ]
    verdict = compare(*same, metric=Metric.ACCURACY)
    assert (verdict.failure_rates, seeds_words(verdict)) == ((), "")


def test_a_failure_brings_its_rate_with_it():
    verdict = compare(*arms(5), metric=Metric.ACCURACY, flags=[flag((1, 4))])
    assert verdict.status.code == "baseline_failed"
    assert verdict.status.evidence.endswith("; scratch failed in 2 of 5 (95% interval 5 to 85%)")
    assert "No training failed" not in seeds_words(verdict)


def test_trainings_on_all_splits_count_together() -> None:
    of_split = [
        (
            FailureRate(arm="fine_tuned", num_failed=0, num_trainings=3, ci95=failure_rate_ends(0, 3)),
            FailureRate(arm="scratch", num_failed=failed, num_trainings=3, ci95=failure_rate_ends(failed, 3)),
        )
        for failed in (0, 2, 0)
    ]
    tuned, scratch = pool_failure_rates(of_split)
    assert (tuned.arm, tuned.num_failed, tuned.num_trainings) == ("fine_tuned", 0, 9)
    assert tuned.ci95 == failure_rate_ends(0, 9)
    assert (scratch.arm, scratch.num_failed, scratch.num_trainings) == ("scratch", 2, 9)
    assert scratch.ci95 == failure_rate_ends(2, 9)
