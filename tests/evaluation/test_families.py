import gc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from tests.evaluation.test_wording import NAMES, verdict
from tl_core.evaluation.verdicts import as_family, holm


def test_holm_by_hand():
    # 0.01 x 3; 0.03 x 2 = 0.06; 0.04 x 1, but no less than the one before.
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])


@pytest.fixture(scope="module")
def few_to_look_through() -> None:
    """Statsmodels collects all garbage after each call: what other tests have left is passed over."""
    gc.collect()
    gc.freeze()


@pytest.mark.usefixtures("few_to_look_through")
@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_agrees_with_statsmodels(p_values):
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


def test_one_verdict_is_left_as_it_was():
    (alone,) = as_family([verdict(p_value=0.03)], NAMES)
    assert (alone.p_holm, alone.num_pairs) == (0.03, 1)


def test_a_family_is_corrected_and_said_anew():
    pairs = as_family([verdict(p_value=0.04), verdict(p_value=0.001), verdict(p_value=0.03)], NAMES)
    assert np.array([pair.p_holm for pair in pairs]) == pytest.approx([0.06, 0.003, 0.06])
    assert ["chance among 3 pairs" in pair.sentence for pair in pairs] == [True, False, True]
    assert all(pair.ci95 == verdict().ci95 for pair in pairs)


def test_no_verdicts_are_no_family():
    assert as_family([], NAMES) == ()
