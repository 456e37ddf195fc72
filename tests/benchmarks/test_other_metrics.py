import numpy as np
import pytest
from scipy import special

from benchmarks.latent_arms import Design, draw
from benchmarks.other_metrics import METRICS, population_value, spread


@pytest.mark.parametrize("metric", METRICS)
def test_simulated_arms_have_the_value_of_their_population(metric):
    design = Design(num_seeds=2, num_examples=40_000, seed_sd=0.0)
    rng = np.random.default_rng(0)
    sums = [draw(rng, design, 1)[0, 0] + design.scale * special.ndtri(0.85)]
    (values,) = spread(rng, sums, metric)
    assert values.values.mean() == pytest.approx(population_value(metric, 0.85, design), abs=0.006)


def test_seeds_that_differ_have_another_mean():
    """A hit rate averages over seeds; what is curved in it does not, so quadrature has to weigh it."""
    steady, moved = (Design(num_seeds=1, num_examples=1, seed_sd=sd) for sd in (0.0, 0.8))
    balanced, area = METRICS[1], METRICS[2]
    assert population_value(balanced, 0.9, moved) == pytest.approx(0.9, abs=1e-6)
    assert population_value(area, 0.9, moved) < population_value(area, 0.9, steady)
