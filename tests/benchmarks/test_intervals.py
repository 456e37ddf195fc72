import numpy as np
import pytest

from benchmarks.batched_intervals import intervals, moments, skew_of_difference
from benchmarks.latent_arms import Design, draw, hits
from tests.evaluation.arms import arm_with_hits
from tl_core.evaluation.intervals import mean_interval
from tl_core.evaluation.metrics import example_values
from tl_core.schema import Metric


@pytest.mark.parametrize(("num_seeds", "num_examples"), [(2, 8), (3, 50), (5, 30)])
@pytest.mark.parametrize("accuracies", [(0.9, 0.6), (0.99, 0.99), (0.999, 0.9)])
def test_the_interval_for_many_tables_is_the_interval(num_seeds, num_examples, accuracies):
    design = Design(num_seeds=num_seeds, num_examples=num_examples, seed_sd=0.4)
    effects = draw(np.random.default_rng(0), design, 40)
    a, b = (hits(arm, accuracy, design) for arm, accuracy in zip(effects, accuracies, strict=True))
    b[:2] = a[:2]
    a[2, :], b[3, :] = a[2, 0], b[3, 0]
    of_a, of_b, both = moments(a), moments(b), moments(a - b)
    ends = intervals(both, skew_of_difference(of_a, of_b, both, num_examples), num_seeds, num_examples)
    for one, other, low, high in zip(a, b, *ends, strict=True):
        values_a, values_b = (example_values(arm_with_hits(t), Metric.ACCURACY) for t in (one, other))
        values = values_a.minus(values_b)
        found = mean_interval(values.values, values.limits, skew=values.skew)
        assert (low, high) == pytest.approx((found.low, found.high), abs=1e-6)


def test_simulated_arms_have_the_accuracy_they_are_asked_for():
    design = Design(num_seeds=2, num_examples=20_000, seed_sd=0.0, own_sd=0.5)
    effects = draw(np.random.default_rng(1), design, 10)
    assert hits(effects[0], 0.97, design).mean() == pytest.approx(0.97, abs=0.002)
