import gc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from tests.evaluation.test_wording import EQUIVALENT, NAMES, verdict
from tl_core.evaluation.families import PairTests, as_family, correct


def test_holm_by_hand():
    # 0.01 x 3; 0.03 x 2 = 0.06; 0.04 x 1, but no less than the one before.
    assert correct([0.04, 0.01, 0.03], 3) == pytest.approx([0.06, 0.03, 0.06])


def test_hypotheses_that_cannot_all_be_true_cost_less():
    # Two pairs with two hypotheses each: x 2, x 2, x 2, x 1.
    assert correct([0.01, 0.02, 0.03, 0.2], 2) == pytest.approx([0.02, 0.04, 0.06, 0.2])


@pytest.fixture(scope="module")
def few_to_look_through() -> None:
    """Statsmodels collects all garbage after each call: what other tests have left is passed over."""
    gc.collect()
    gc.freeze()


@pytest.mark.usefixtures("few_to_look_through")
@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_agrees_with_statsmodels(p_values):
    holm = multipletests(p_values, method="holm")[1]
    assert correct(p_values, len(p_values)) == pytest.approx(holm)


def test_the_primary_question_is_not_corrected_and_corrects_no_other():
    primary, other = verdict(p_value=0.04), verdict(p_value=0.03)
    first, second = as_family([primary, other], NAMES, primary=primary)
    assert (first.is_primary, first.p_corrected, first.conclusion) == (True, None, "better")
    assert (second.is_primary, second.p_corrected, second.num_pairs) == (False, 0.03, 1)


def test_a_family_is_corrected_and_said_anew():
    pairs = as_family([verdict(p_value=0.04), verdict(p_value=0.001), verdict(p_value=0.03)], NAMES)
    assert np.array([pair.p_corrected for pair in pairs]) == pytest.approx([0.06, 0.003, 0.06])
    assert ["chance among 3 pairs" in pair.sentence for pair in pairs] == [True, False, True]
    assert [pair.conclusion for pair in pairs] == ["no_difference_shown", "better", "no_difference_shown"]
    assert [pair.claim.startswith("No clear difference") for pair in pairs] == [True, False, True]
    assert all(pair.ci95 == verdict().ci95 for pair in pairs)


def test_pairs_of_other_experiments_on_the_split_count():
    alone, among = (
        as_family([verdict(p_value=0.02)], NAMES, others=others)[0]
        for others in ((), (PairTests(pair="c d 100", difference=0.5, equivalence=None),) * 2)
    )
    assert (alone.conclusion, alone.p_corrected) == ("better", 0.02)
    assert (among.conclusion, among.p_corrected, among.num_pairs) == ("no_difference_shown", 0.06, 3)


def test_equivalence_is_corrected_too():
    equal = verdict(**EQUIVALENT | {"p_value": 0.9, "p_equivalence": 0.03})
    (alone,), (among, _) = (as_family([equal, *more], NAMES) for more in ([], [verdict(p_value=0.3)]))
    assert (alone.conclusion, alone.p_equivalence_corrected) == ("equivalent", 0.03)
    assert (among.conclusion, among.p_equivalence_corrected) == ("no_difference_shown", 0.06)
    assert among.claim.startswith("No clear difference")


def test_no_verdicts_are_no_family():
    assert as_family([], NAMES) == ()
