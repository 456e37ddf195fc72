"""When a validation curve has levelled off: noise neither ends a run too early nor lets it go on for ever."""

import numpy as np
import pytest

from tl_core.schema import EvalFinished, Metric, SplitName
from tl_core.training.plateau import SMOOTHED, Plateau

PATIENCE, FEWEST, MOST = 20, 30, 120
"""The usual patience, and the fewest and the most evaluations of a run; they lie one step apart here."""
SEEDS = range(100)
EVALUATIONS = np.arange(1, MOST + 1)
SLOW_RISE = 0.66 - 0.5 * np.exp(-EVALUATIONS / 30)
"""A network from scratch: half of its way takes 21 evaluations, three quarters 42."""


def look(step, value, loss=1.0):
    return EvalFinished(
        seq=step,
        step=step,
        examples_seen=16 * step,
        tokens_seen=160 * step,
        train_s=float(step),
        wall_s=float(step),
        split=SplitName.VALIDATION,
        num_examples=96,
        loss=loss,
        accuracy=value,
        macro_f1=1 - value,
        predicted_class_counts=(48, 48),
    )


def watch(values, losses=None, metric=Metric.ACCURACY, patience=PATIENCE):
    """Let a run see these values; return the evaluation at which it ends, and the one that it keeps."""
    plateau = Plateau(metric=metric, patience=patience, min_step=FEWEST)
    step = 0
    for step, value in enumerate(values, start=1):
        seen = look(step, float(value), 1.0 if losses is None else float(losses[step - 1]))
        plateau.is_best(seen)
        if plateau.is_over(step):
            break
    assert plateau.best is not None
    return step, plateau.best.step


def noisy(curve, seed, deviation=0.03):
    return curve + np.random.default_rng(seed).normal(scale=deviation, size=len(curve))


@pytest.mark.parametrize("deviation", [0.0, 0.03, 0.1])
def test_nothing_ends_before_the_minimum(deviation):
    ends = [watch(noisy(np.full(MOST, 0.5), seed, deviation), patience=1)[0] for seed in SEEDS]
    assert min(ends) >= FEWEST


def test_a_curve_without_noise_that_has_settled_ends_at_the_minimum():
    assert watch(np.full(MOST, 0.5))[0] == FEWEST


def test_a_noisy_curve_that_has_settled_ends_long_before_the_limit():
    ends = [watch(noisy(np.full(MOST, 0.5), seed))[0] for seed in SEEDS]
    assert np.median(ends) < FEWEST + PATIENCE / 2
    assert np.quantile(ends, 0.95) < MOST / 1.5


def test_noise_does_not_end_a_run_that_still_climbs():
    climbing = 0.3 + 0.003 * EVALUATIONS  # 4.5 points in 15 evaluations, of noise of 3 points each
    assert [watch(noisy(climbing, seed))[0] for seed in SEEDS] == [MOST] * len(SEEDS)


def test_a_slow_approach_ends_where_little_is_left():
    ends = [watch(noisy(SLOW_RISE, seed))[0] for seed in SEEDS]
    left = np.array([SLOW_RISE[-1] - SLOW_RISE[end - 1] for end in ends])
    assert left.mean() < 0.015
    assert np.quantile(left, 0.9) < 0.03


def test_a_start_without_progress_is_no_plateau():
    late = np.concatenate([np.full(12, 0.38), 0.38 + 0.004 * np.arange(MOST - 12)])
    assert min(watch(noisy(late, seed))[0] for seed in SEEDS) > FEWEST + PATIENCE


def test_a_loss_that_rises_ends_nothing():
    step, kept = watch(SLOW_RISE, losses=1.0 + 0.05 * EVALUATIONS)
    assert (step, kept) == (MOST, MOST)


def test_the_headline_metric_decides():
    falling = SLOW_RISE[::-1]  # in macro-F1, which these evaluations have as 1 - accuracy, it rises
    assert watch(falling, metric=Metric.MACRO_F1) == (MOST, MOST)
    assert watch(falling, metric=Metric.ACCURACY) == (FEWEST, SMOOTHED)


def test_the_weights_with_which_the_mean_was_highest_are_kept():
    values, losses = np.full(MOST, 0.5), np.linspace(1, 2, MOST)
    values[14:24] = 0.6
    assert watch(values, losses)[1] == 24
    values[40] = 0.95  # one lucky evaluation is worth less than ten good ones
    assert watch(values)[1] == 24


def test_until_there_is_a_mean_the_newest_weights_are_kept():
    assert [watch([0.9, 0.5, 0.4][:number])[1] for number in (1, 2, 3)] == [1, 2, 3]


def test_patience_counts_from_the_last_rise_of_the_mean():
    values = np.full(MOST, 0.5)
    values[24] = 0.9  # the running mean is highest while it holds this one
    assert watch(values)[0] == 25 + PATIENCE
    assert watch(np.full(SMOOTHED, 0.5), patience=1)[0] == SMOOTHED, "no mean yet, nothing to compare"
