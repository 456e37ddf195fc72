import numpy as np
import pytest
from scipy import stats

from tl_core.errors import ComparisonError
from tl_core.evaluation.metrics import Limits
from tl_core.evaluation.repeated_splits import corrected_interval

DIFFERENCE = Limits(low=-1, high=1)
FIVE = np.array([0.02, 0.04, 0.05, 0.03, 0.06])


def test_the_variance_by_hand():
    # Mean 0.04, variance 0.001 / 4 = 0.00025; 1/5 + 180/360 = 0.7, so 0.000175 is the mean's variance.
    interval = corrected_interval(FIVE, num_train=360, num_test=180, limits=DIFFERENCE)
    assert interval.estimate == pytest.approx(0.04)
    assert interval.standard_error**2 == pytest.approx(0.000175)
    assert interval.degrees_of_freedom == 4
    # t with 4 degrees of freedom reaches 2.776 at 97.5%.
    assert (interval.low, interval.high) == pytest.approx((0.04 - 0.03673, 0.04 + 0.03673), abs=1e-5)
    assert interval.scope == "expected"


def test_without_overlap_it_is_the_t_test_of_scipy():
    # A test part that is nothing beside the training part corrects nothing.
    interval = corrected_interval(FIVE, num_train=1e12, num_test=180, limits=DIFFERENCE)
    test = stats.ttest_1samp(FIVE, 0)
    assert interval.p_value == pytest.approx(test.pvalue)
    assert (interval.low, interval.high) == pytest.approx(tuple(test.confidence_interval()))


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99])
def test_the_p_value_inverts_the_interval(confidence):
    sizes = {"num_train": 330, "num_test": 180, "limits": DIFFERENCE}
    at = corrected_interval(FIVE, **sizes, confidence=confidence)
    p_value = corrected_interval(FIVE - at.low, **sizes).p_value
    assert p_value == pytest.approx(1 - confidence)


def test_two_splits_have_one_degree_of_freedom():
    # Variance 0.0002, times 1/2 + 1/2: the mean 0.05 is 3.5355 standard errors from 0.
    interval = corrected_interval(np.array([0.04, 0.06]), num_train=100, num_test=50, limits=DIFFERENCE)
    assert interval.p_value == pytest.approx(2 * stats.t.sf(0.05 / np.sqrt(0.0002), 1))


def test_equal_differences_leave_the_width_of_one_answer_in_one_split():
    # One of 180 answers in one of 5 splits: a variance of (1/180)^2 / 5 between them.
    interval = corrected_interval(np.zeros(5), num_train=360, num_test=180, limits=DIFFERENCE)
    one_answer = np.array([1 / 180, 0, 0, 0, 0])
    assert interval.standard_error**2 == pytest.approx(0.7 * one_answer.var(ddof=1))
    assert interval.low < 0 < interval.high
    assert interval.p_value == 1


def test_the_ends_stay_within_what_a_difference_can_be():
    interval = corrected_interval(np.array([0.2, 0.9]), num_train=50, num_test=50, limits=DIFFERENCE)
    assert (interval.low, interval.high) == (-1, 1)


def test_one_split_says_nothing():
    with pytest.raises(ComparisonError, match="One split"):
        corrected_interval(np.array([0.1]), num_train=50, num_test=50, limits=DIFFERENCE)
