"""Calibration: known answers, independent references, and what chance alone would show."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import softmax
from sklearn.metrics import brier_score_loss, log_loss
from statsmodels.stats.proportion import proportion_confint

from tl_core.evaluation.calibration import (
    HIGHEST_TEMPERATURE,
    LOWEST_TEMPERATURE,
    accuracy_by_coverage,
    area_under_risk,
    calibrate,
    confidences,
    fit_temperature,
    mean_absolute_deviation,
    reliability,
    wilson,
)


def logits_of(shares):
    """Make logits (n, 2) whose first class has these probabilities."""
    first = np.asarray(shares, dtype=np.float64)
    return np.log(np.stack([first, 1 - first], axis=1)).astype(np.float32)


def drawn(num_examples=2000, num_labels=4, scale=2.0, seed=0):
    """Draw logits, and targets from their very probabilities: a calibrated model."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=scale, size=(num_examples, num_labels)).astype(np.float32)
    chances = softmax(logits.astype(float), axis=1).cumsum(axis=1)
    return (rng.random((num_examples, 1)) > chances).sum(axis=1).clip(max=num_labels - 1), logits


def test_the_error_is_the_gap_by_hand():
    # Ten answers at 0.9, of which 6 are right, and ten at 0.6, of which 6 are right.
    logits = logits_of([0.9] * 10 + [0.6] * 10)
    targets = np.array(([0] * 6 + [1] * 4) * 2)
    found = calibrate(targets, logits)
    assert found.error == pytest.approx((0.3 * 10 + 0.0 * 10) / 20, abs=1e-6)
    assert (found.confidence, found.accuracy) == (pytest.approx(0.75, abs=1e-6), 0.6)


def test_bins_hold_their_upper_end_and_only_those_with_answers_are_kept():
    bins = reliability(np.zeros(3, dtype=int), logits_of([0.75, 0.76, 1 - 1e-9])[None], num_bins=4)
    assert bins.lower.tolist() == [0.5, 0.75]
    assert bins.upper.tolist() == [0.75, 1.0]
    assert bins.num_answers.tolist() == [1, 2]


def test_bins_pool_the_answers_of_all_seeds():
    targets, logits = drawn(50)
    both = reliability(targets, np.stack([logits, logits]))
    one = reliability(targets, logits[None])
    assert both.num_answers.tolist() == (2 * one.num_answers).tolist()
    assert both.error == pytest.approx(one.error)
    for pooled, alone in zip(both.intervals(2), one.intervals(1), strict=True):
        np.testing.assert_allclose(pooled, alone, err_msg="a repeated answer is no further evidence")


def test_log_loss_and_brier_agree_with_scikit_learn():
    targets, logits = drawn(500)
    chances = softmax(logits.astype(float) / 1.7, axis=1)
    found = calibrate(targets, logits, 1.7)
    assert found.log_loss == pytest.approx(log_loss(targets, chances))
    assert found.brier == pytest.approx(
        brier_score_loss(targets, chances, labels=[0, 1, 2, 3], scale_by_half=True)
    )


@pytest.mark.parametrize(("target", "score"), [(0, 0), (2, 1)])
def test_the_brier_score_goes_from_0_to_1(target, score):
    sure = np.array([[99.0, 0.0, 0.0]], dtype=np.float32)
    assert calibrate(np.array([target]), sure).brier == pytest.approx(score)


def test_the_temperature_agrees_with_a_general_optimiser_and_finds_the_true_one():
    targets, logits = drawn()
    sharpened = 2.5 * logits
    found = fit_temperature(targets, sharpened)
    reference = minimize(
        lambda t: log_loss(targets, softmax(sharpened.astype(float) / t[0], axis=1)), [1.0], bounds=[(0.1, 9)]
    ).x[0]
    assert found == pytest.approx(reference, rel=1e-3)
    assert found == pytest.approx(2.5, rel=0.1)


def test_a_model_that_is_always_right_or_always_wrong_gets_a_bounded_temperature():
    logits = logits_of([0.9] * 5)
    assert LOWEST_TEMPERATURE <= fit_temperature(np.zeros(5, dtype=int), logits) < 0.11
    assert 9.9 < fit_temperature(np.ones(5, dtype=int), logits) <= HIGHEST_TEMPERATURE


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 10))
def test_a_fitted_temperature_changes_no_answer_and_never_raises_the_log_loss(seed, scale):
    targets, logits = drawn(40, 3, scale, seed)
    temperature = fit_temperature(targets, logits)
    before, after = calibrate(targets, logits), calibrate(targets, logits, temperature)
    assert after.accuracy == before.accuracy
    assert after.log_loss <= before.log_loss + 1e-6


def test_a_calibrated_model_shows_the_error_of_chance_and_not_zero():
    found = [calibrate(*drawn(100, seed=seed)) for seed in range(200)]
    shown, by_chance = np.mean([(one.error, one.error_by_chance) for one in found], axis=0)
    assert shown > 0.05, "the error is biased upwards"
    assert shown == pytest.approx(by_chance, rel=0.03)


def test_the_deviation_is_that_of_the_binomial():
    sizes, shares = np.array([1.0, 7.0, 30.0, 5.0, 5.0]), np.array([0.9, 0.5, 0.97, 1.0, 0.6])
    draws = np.random.default_rng(0).binomial(sizes.astype(int), shares, size=(200_000, 5))
    expected = np.abs(draws - sizes * shares).mean(axis=0)
    np.testing.assert_allclose(mean_absolute_deviation(sizes, shares), expected, rtol=0.01, atol=1e-12)


def test_wilsons_interval_agrees_with_statsmodels():
    hits, sizes = np.array([0, 3, 10]), np.array([4, 8, 10])
    expected = proportion_confint(hits, sizes, method="wilson")
    for found, reference in zip(wilson(hits / sizes, sizes.astype(float)), expected, strict=True):
        np.testing.assert_allclose(found, reference, atol=1e-12)


def test_each_seed_has_its_own_temperature():
    _, logits = drawn(20)
    both = confidences(np.stack([logits, logits]), np.array([1.0, 4.0]))
    np.testing.assert_allclose(both[1], softmax(logits.astype(float) / 4, axis=1).max(axis=1))
    assert (both[1] < both[0]).all()


def test_coverage_takes_the_surest_answers_first():
    logits = logits_of([0.6, 0.9, 0.8, 0.7])[None]
    accuracies = accuracy_by_coverage(np.array([1, 0, 0, 1]), logits)
    np.testing.assert_allclose(accuracies, [[1, 1, 2 / 3, 1 / 2]])
    assert area_under_risk(accuracies) == pytest.approx([1 - (1 + 1 + 2 / 3 + 1 / 2) / 4])


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(12)))
def test_answers_of_equal_confidence_stand_in_no_order(order):
    logits = logits_of([0.8] * 4 + [0.6] * 8)
    targets = np.array([0, 1, 0, 0] + [0, 1] * 4)
    expected = [3 / 4] * 4 + [(3 + k / 2) / (4 + k) for k in range(1, 9)]
    found = accuracy_by_coverage(targets[list(order)], logits[list(order)][None])
    np.testing.assert_allclose(found[0], expected)


def test_a_constant_classifier_gains_nothing_by_abstaining():
    targets = np.array([0, 0, 1, 0])
    found = accuracy_by_coverage(targets, np.tile(logits_of([0.75]), (4, 1))[None])
    np.testing.assert_allclose(found, 0.75)
