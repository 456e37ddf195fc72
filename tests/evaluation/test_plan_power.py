"""What a plan can detect: held against simulated experiments, and what comparisons say of themselves."""

import numpy as np
import pytest

from tl_core.evaluation.intervals import interval_of
from tl_core.evaluation.metrics import ExampleValues, Limits
from tl_core.evaluation.power import ASSUMED, Disagreement, detectable
from tl_core.evaluation.verdicts import detectable_difference

LIMITS = Limits(low=-1, high=1)


def table(rng, num_seeds, num_examples, found, difference):
    """Draw differences with these variances, normal."""
    return (
        difference
        + np.sqrt(found.seeds) * rng.normal(size=(num_seeds, 1))
        + np.sqrt(found.examples) * rng.normal(size=(1, num_examples))
        + np.sqrt(found.residual) * rng.normal(size=(num_seeds, num_examples))
    )


@pytest.mark.parametrize(("num_seeds", "num_examples"), [(3, 200), (5, 200), (10, 1_000)])
def test_four_of_five_experiments_show_what_is_said_to_be_detectable(num_seeds, num_examples):
    rng, size = np.random.default_rng(num_seeds), detectable(num_seeds, num_examples, ASSUMED)
    shown = 0
    for _ in range(400):
        values = table(rng, num_seeds, num_examples, ASSUMED, size)
        spread = ExampleValues(values=values, limits=LIMITS, skew=0.0)
        shown += interval_of(spread).low > 0
    assert 0.72 <= shown / 400 <= 0.9


def test_more_seeds_and_more_examples_buy_more():
    sizes = [detectable(seeds, 200, ASSUMED) for seeds in (2, 3, 5, 10, 20)]
    assert sizes == sorted(sizes, reverse=True)
    sizes = [detectable(5, examples, ASSUMED) for examples in (50, 200, 1_000, 10_000)]
    assert sizes == sorted(sizes, reverse=True)
    assert detectable(5, 10_000_000, ASSUMED) > 0.02, "seeds alone set a floor"


def test_what_was_measured_predicts_what_the_comparison_says_of_itself():
    rng = np.random.default_rng(1)
    spread = ExampleValues(values=table(rng, 10, 800, ASSUMED, 0.0), limits=LIMITS, skew=0.0)
    found = Disagreement.measured(spread)
    assert found.residual == pytest.approx(ASSUMED.residual, rel=0.1)
    assert found.examples == pytest.approx(ASSUMED.examples, rel=0.2)
    said = detectable_difference(interval_of(spread), LIMITS, 800)
    assert detectable(10, 800, found) == pytest.approx(said, rel=0.05)


def test_one_seed_is_about_two_models_and_nothing_exceeds_all():
    assert detectable(1, 200, ASSUMED) < detectable(2, 200, ASSUMED)
    assert detectable(2, 3, ASSUMED) == 1.0
