"""Test examples that belong together: rows of one customer, near duplicates."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols

from tests.evaluation.arms import arm_with_hits
from tl_core.evaluation.data_efficiency import data_efficiency
from tl_core.evaluation.data_efficiency_words import worth_headline, worth_sentence
from tl_core.evaluation.intervals import effective_groups, mean_interval, variance_parts
from tl_core.evaluation.mcnemar import exact_mcnemar
from tl_core.evaluation.metrics import Limits
from tl_core.evaluation.verdicts import compare, summarise
from tl_core.schema import FEWEST_GROUPS, Metric

DIFFERENCE = Limits(low=-1, high=1)


def groups_of(num_groups, size):
    return np.repeat(np.arange(num_groups), size)


def differences(num_seeds, groups, key=0):
    """Differences of two equal arms, each of which suits some groups."""
    rng = np.random.default_rng(key)
    suits = rng.normal(size=groups.max() + 1)[groups]
    scores = suits + rng.normal(size=(num_seeds, len(groups)))
    return np.sign(scores) * (np.abs(scores) > 0.8)


@pytest.mark.parametrize("num_seeds", [2, 5])
def test_examples_that_each_stand_alone_are_groups_of_one(num_seeds):
    values, groups = differences(num_seeds, groups_of(10, 4)), np.arange(40)[::-1] * 3
    of_groups, plain = mean_interval(values, DIFFERENCE, groups=groups), mean_interval(values, DIFFERENCE)
    assert (of_groups.low, of_groups.high, of_groups.p_value) == pytest.approx(
        (plain.low, plain.high, plain.p_value)
    )


def test_the_variance_between_groups_is_the_cluster_robust_one():
    groups = np.repeat(np.arange(25), np.random.default_rng(2).integers(1, 9, 25))
    values = differences(1, groups)
    table = pd.DataFrame({"y": values[0], "group": groups})
    fit = ols("y ~ 1", table).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": True, "df_correction": False}
    )
    # statsmodels multiplies by (n - 1) / (n - p) too, which is 1 for a mean.
    guard = 2 / (len(groups) * effective_groups(groups, len(groups)))
    found = mean_interval(values, DIFFERENCE, groups=groups)
    assert found.standard_error**2 - guard == pytest.approx(fit.bse["Intercept"] ** 2)


def test_equal_groups_that_repeat_one_example_count_as_one():
    once = differences(3, np.arange(30))
    again, whole = variance_parts(np.repeat(once, 7, axis=1), groups_of(30, 7)), variance_parts(once)
    for part in ("seeds", "examples", "residual"):
        assert getattr(again, part) == pytest.approx(getattr(whole, part))


def test_the_freedom_is_that_of_the_groups_and_of_few_large_ones_less():
    assert effective_groups(groups_of(20, 5), 100) == pytest.approx(20)
    assert effective_groups(np.r_[np.zeros(50, int), np.arange(1, 51)], 100) == pytest.approx(1e4 / 2550)
    values = differences(1, groups_of(20, 5))
    assert mean_interval(values, DIFFERENCE, groups=groups_of(20, 5)).degrees_of_freedom == 19


def test_no_disagreement_is_bounded_by_the_number_of_groups():
    found = mean_interval(np.zeros((3, 100)), DIFFERENCE, groups=groups_of(25, 4))
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 25))
    assert found.method == "exact_bound"


def test_one_group_tells_nothing_of_others():
    found = mean_interval(differences(3, groups_of(4, 10)), DIFFERENCE, groups=np.zeros(40, int))
    assert (found.low, found.high, found.p_value, found.method) == (-1, 1, 1.0, "one_group")


@pytest.mark.parametrize(("num_groups", "size", "num_seeds"), [(20, 10, 5), (50, 10, 5), (25, 20, 3)])
def test_equal_arms_that_suit_some_groups_are_not_called_different(num_groups, size, num_seeds):
    """The audit's simulation: where each example counted alone, 17 to 48% of such arms were."""
    groups = groups_of(num_groups, size)
    tables = [differences(num_seeds, groups, key) for key in range(300)]
    with_groups, without = (
        np.mean([one.p_value < 0.05 for one in found])
        for found in (
            [mean_interval(table, DIFFERENCE, groups=groups) for table in tables],
            [mean_interval(table, DIFFERENCE) for table in tables],
        )
    )
    assert without > 0.15
    assert with_groups < 0.06 + 2 * math.sqrt(0.06 * 0.94 / 300)


def pair_of(num_groups, size=6, num_seeds=3):
    """Two arms of which the first is right three times as often."""
    groups = groups_of(num_groups, size)
    rng = np.random.default_rng(5)
    better = rng.random((num_seeds, len(groups))) < 0.9
    worse = rng.random((num_seeds, len(groups))) < 0.3
    return (
        arm_with_hits(better, groups=groups),
        arm_with_hits(worse, arm="scratch", groups=groups),
    )


def test_below_twenty_groups_nothing_is_claimed():
    few, enough = (
        compare(*pair_of(num_groups), metric=Metric.ACCURACY, margin=0.01)
        for num_groups in (FEWEST_GROUPS - 1, FEWEST_GROUPS)
    )
    assert (few.conclusion, few.status.code) == ("no_difference_shown", "few_groups")
    assert few.claim == "No clear difference between fine_tuned and scratch."
    assert "114 test examples in 19 groups" in few.interval
    assert "Fewer than 20 groups of test examples: too few to tell." in few.sentence
    assert (enough.conclusion, enough.num_groups) == ("better", 20)
    assert "120 test examples in 20 groups" in enough.sentence


def test_nor_are_arms_called_equally_good_on_so_few():
    groups = groups_of(12, 400)
    hits = np.random.default_rng(0).random((3, len(groups))) < 0.8
    arms = (arm_with_hits(hits, groups=groups), arm_with_hits(hits, arm="scratch", groups=groups))
    assert compare(*arms, metric=Metric.ACCURACY, margin=0.5).conclusion == "no_difference_shown"


def test_a_run_that_does_not_know_the_groups_takes_those_of_the_other():
    a, b = pair_of(30)
    unaware = arm_with_hits(b.correct, arm="scratch")
    assert compare(a, unaware, metric=Metric.ACCURACY).ci95 == compare(a, b, metric=Metric.ACCURACY).ci95


def test_the_order_of_the_examples_does_not_matter():
    a, b = pair_of(30)
    order = np.random.default_rng(1).permutation(a.num_examples)
    shuffled = arm_with_hits(a.correct[:, order], example_ids=a.example_ids[order], groups=a.groups[order])
    assert compare(shuffled, b, metric=Metric.ACCURACY).ci95 == compare(a, b, metric=Metric.ACCURACY).ci95


def test_an_arm_alone_has_its_groups_too():
    arm, _ = pair_of(30)
    summary, alone = summarise(arm, Metric.ACCURACY), summarise(arm_with_hits(arm.correct), Metric.ACCURACY)
    assert (summary.num_groups, alone.num_groups) == (30, None)


def test_labels_saved_are_not_claimed_on_few_groups():
    groups = groups_of(10, 30)
    rng = np.random.default_rng(0)
    shares = {25: 0.5, 50: 0.7, 100: 0.95}
    curve = {
        size: arm_with_hits(rng.random((3, 300)) < share, groups=groups) for size, share in shares.items()
    }
    level = arm_with_hits(rng.random((3, 300)) < 0.6, arm="scratch", groups=groups)
    found = data_efficiency(curve, level, Metric.ACCURACY, {})
    assert found is not None
    assert "not clear" in worth_headline(found)
    assert "300 test examples in 10 groups" in worth_sentence(found, {})
    assert "Fewer than 20 groups" in worth_sentence(found, {})


def test_mcnemars_test_flips_the_signs_of_whole_groups():
    # Leads of 3, 2, 1 and -1: of 16 flips of signs, six give a sum at least 5 away from 0.
    a = arm_with_hits([[1, 1, 1, 1, 1, 1, 0, 1]])
    b = arm_with_hits([[0, 0, 0, 0, 0, 0, 1, 1]], arm="scratch")
    groups = np.array([0, 0, 0, 1, 1, 2, 3, 4])
    (found,) = exact_mcnemar(*(arm_with_hits(one.correct, arm=one.arm, groups=groups) for one in (a, b)))
    assert (found.only_a_right, found.only_b_right) == (6, 1)
    assert found.p_value == pytest.approx(6 / 16)


def test_of_groups_of_one_it_is_mcnemars_test():
    rng = np.random.default_rng(3)
    hits = rng.random((2, 60)) < [[0.8], [0.5]]
    groups = np.r_[np.arange(58), 60, 60]  # the last two are both right, or both wrong
    hits[:, 58:] = True
    a, b = (
        arm_with_hits(row, arm=arm, groups=groups) for row, arm in zip(hits, ("a", "scratch"), strict=True)
    )
    (found,) = exact_mcnemar(a, b)
    counts = found.only_a_right, found.only_a_right + found.only_b_right
    assert found.p_value == pytest.approx(stats.binomtest(*counts).pvalue)
