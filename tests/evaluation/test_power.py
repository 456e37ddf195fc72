import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower

from tl_core.evaluation.intervals import mean_interval
from tl_core.evaluation.metrics import Limits
from tl_core.evaluation.verdicts import detectable_difference

DIFFERENCE = Limits(low=-1, high=1)


def detectable(values):
    return detectable_difference(mean_interval(values, DIFFERENCE), DIFFERENCE, values.shape[1])


def test_one_seed_agrees_with_the_power_of_the_paired_t_test():
    values = np.random.default_rng(0).choice([-1.0, 0.0, 1.0], p=[0.1, 0.8, 0.1], size=(1, 400))
    effect = TTestPower().solve_power(nobs=400, alpha=0.05, power=0.8)
    # The guard adds 2 / n^2 to the variance of the mean.
    assert detectable(values) == pytest.approx(effect * np.sqrt(values.var(ddof=1) + 2 / 400))


def some_tables(rng, num_seeds, num_examples, shift=0.0, repetitions=200):
    """Draw tables in which examples differ more than what a seed makes of them."""
    for _ in range(repetitions):
        examples = rng.normal(shift, 0.3, size=(1, num_examples))
        yield examples + rng.normal(0, 0.05, size=(num_seeds, num_examples))


def test_a_true_difference_of_that_size_is_shown_in_four_of_five():
    rng = np.random.default_rng(1)
    size = np.mean([detectable(table) for table in some_tables(rng, 5, 60)])
    shown = [mean_interval(table, DIFFERENCE).low > 0 for table in some_tables(rng, 5, 60, shift=size)]
    assert 0.7 < np.mean(shown) < 0.9


def test_more_examples_detect_less():
    rng = np.random.default_rng(2)
    few, many = (
        np.mean([detectable(table) for table in some_tables(rng, 3, n, repetitions=20)]) for n in (50, 800)
    )
    assert many == pytest.approx(few / 4, rel=0.2)


def test_more_seeds_detect_less():
    rng = np.random.default_rng(3)
    few, many = (
        detectable(rng.normal(0, 0.05, size=(s, 1)) + rng.normal(0, 0.1, size=(s, 90))) for s in (3, 30)
    )
    assert many < few / 3


def test_without_a_discordant_example_it_is_what_the_sign_test_would_find():
    size = detectable(np.zeros((3, 180)))
    assert stats.binom.sf(5, 180, size) == pytest.approx(0.8)
    assert stats.binomtest(6, 6).pvalue < 0.05 < stats.binomtest(5, 5).pvalue


@pytest.mark.parametrize("values", [np.zeros((3, 5)), np.array([[1.0, -1.0], [-1.0, 1.0]])])
def test_too_few_of_both_detect_nothing(values):
    assert detectable(values) is None
