"""Shares of a way: known ratios, intervals that cover them, open ends."""

import numpy as np
import pytest

from tl_core.evaluation.metrics import ExampleValues, Limits
from tl_core.evaluation.shares import share_of_way

LIMITS = Limits(low=0, high=1)


def values(table):
    return ExampleValues.of_arm(np.asarray(table, dtype=float), LIMITS)


def draw(rng, num_seeds, num_examples, rates, seed_sd=0.03):
    """Draw three arms with these rates; examples are as hard for all."""
    hard = rng.random(num_examples)
    return [values(hard < rate + seed_sd * rng.normal(size=(num_seeds, 1))) for rate in rates]


def test_the_estimate_is_the_ratio_of_means():
    start, part, whole = draw(np.random.default_rng(0), 5, 400, (0.5, 0.7, 0.9))
    share = share_of_way(start, part, whole)
    means = [one.values.mean() for one in (start, part, whole)]
    assert share.estimate == pytest.approx((means[1] - means[0]) / (means[2] - means[0]))
    assert share.low < share.estimate < share.high


def test_its_ends_are_where_the_interval_of_the_rest_stops_holding_zero():
    start, part, whole = draw(np.random.default_rng(1), 4, 300, (0.4, 0.6, 0.9))
    share = share_of_way(start, part, whole)
    wider = share_of_way(*(values(one.values[:, :60]) for one in (start, part, whole)))
    assert wider.high - wider.low > share.high - share.low


def test_the_interval_covers_a_known_share():
    rng, covered, num = np.random.default_rng(2), 0, 200
    for _ in range(num):
        share = share_of_way(*draw(rng, 5, 200, (0.5, 0.62, 0.8)))
        covered += share.low <= 0.4 <= share.high
    assert covered >= 0.92 * num


def test_a_way_that_is_not_shown_leaves_it_open():
    rng = np.random.default_rng(3)
    share = share_of_way(*draw(rng, 3, 40, (0.5, 0.5, 0.52), seed_sd=0.2))
    assert share.low == -np.inf or share.high == np.inf
