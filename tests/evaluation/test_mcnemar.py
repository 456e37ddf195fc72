import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar

from tests.evaluation.arms import arm_with_hits
from tl_core.evaluation.mcnemar import exact_mcnemar


def test_each_seed_agrees_with_statsmodels():
    rng = np.random.default_rng(0)
    hits_a, hits_b = rng.random((4, 60)) < 0.8, rng.random((4, 60)) < 0.6
    results = exact_mcnemar(arm_with_hits(hits_a), arm_with_hits(hits_b, arm="scratch"))
    assert [result.seed for result in results] == [0, 1, 2, 3]
    for result, a, b in zip(results, hits_a, hits_b, strict=True):
        table = [[(a & b).sum(), (a & ~b).sum()], [(~a & b).sum(), (~a & ~b).sum()]]
        assert result.p_value == pytest.approx(mcnemar(table, exact=True).pvalue)
        assert (result.only_a_right, result.only_b_right) == (table[0][1], table[1][0])


def test_no_discordant_example_is_no_evidence():
    arm = arm_with_hits([[True, False, True]])
    assert exact_mcnemar(arm, arm)[0].p_value == 1


def test_only_shared_seeds_are_tested():
    a = arm_with_hits(np.ones((2, 6), dtype=bool), seeds=(0, 3))
    b = arm_with_hits(np.zeros((2, 6), dtype=bool), seeds=(3, 4), arm="scratch")
    (result,) = exact_mcnemar(a, b)
    assert result.seed == 3
    assert result.p_value == pytest.approx(2 / 2**6)
