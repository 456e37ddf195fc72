"""What the engine is held against is what its name says, by independent implementations."""

import numpy as np
import pytest
from scipy import optimize, stats

from benchmarks.batched_intervals import moments
from benchmarks.latent_arms import Design, draw, hits
from benchmarks.mixed_models import closed_form, fit
from benchmarks.rival_intervals import (
    Compared,
    bootstrap_over_runs,
    mcnemar_on_one_seed,
    over_seeds,
    wilcoxon_over_seeds,
)


def tables(num_seeds, num_examples, num_tables=30, seed_sd=0.4):
    design = Design(num_seeds=num_seeds, num_examples=num_examples, seed_sd=seed_sd)
    effects = draw(np.random.default_rng(num_seeds), design, num_tables)
    return tuple(hits(arm, accuracy, design) for arm, accuracy in zip(effects, (0.8, 0.7), strict=True))


def compared(a, b):
    first = (a - b)[:, 0]
    return Compared(
        both=moments(a - b),
        of_a=a.mean(axis=2, dtype=float),
        of_b=b.mean(axis=2, dtype=float),
        wins=(first > 0).sum(axis=1),
        losses=(first < 0).sum(axis=1),
        num_examples=a.shape[2],
    )


def test_the_paired_t_over_seeds_is_scipys():
    a, b = tables(5, 200)
    found = compared(a, b)
    ends = np.array(over_seeds(found)).T
    for of_a, of_b, own in zip(found.of_a, found.of_b, ends, strict=True):
        expected = stats.ttest_rel(of_a, of_b).confidence_interval(0.95)
        assert own == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_wilcoxon_excludes_zero_where_scipys_test_rejects_it():
    a, b = tables(10, 2_000, 200)
    b = np.roll(b, 1, axis=1)
    found = compared(a, b)
    low, high = wilcoxon_over_seeds(found)
    differences = found.of_a - found.of_b
    has_ties = [len({*np.abs(np.round(row, 9)), 0.0}) < 11 for row in differences]
    rejected = stats.wilcoxon(differences, axis=1, method="exact").pvalue < 0.05
    agree = ((low > 0) | (high < 0)) == rejected
    assert agree[~np.array(has_ties)].all()
    assert 20 < rejected.sum() < 200


@pytest.mark.parametrize("num_seeds", [3, 5])
def test_wilcoxon_excludes_nothing_with_few_seeds(num_seeds):
    low, high = wilcoxon_over_seeds(compared(*tables(num_seeds, 100)))
    assert (low == -1).all()
    assert (high == 1).all()


def test_mcnemar_excludes_zero_where_the_exact_binomial_test_rejects():
    found = compared(*tables(3, 80, 200))
    low, high = mcnemar_on_one_seed(found)
    p_values = [
        stats.binomtest(int(wins), int(wins + losses)).pvalue if wins + losses else 1.0
        for wins, losses in zip(found.wins, found.losses, strict=True)
    ]
    rejected = np.array(p_values) < 0.05
    assert (((low > 0) | (high < 0)) == rejected).all()
    assert 10 < rejected.sum() < 190
    wins, losses = int(found.wins[0]), int(found.losses[0])
    share = stats.binomtest(wins, wins + losses).proportion_ci(0.95, method="exact")
    expected = [(wins + losses) / 80 * (2 * end - 1) for end in share]
    assert (low[0], high[0]) == pytest.approx(expected)


def test_the_bootstrap_over_runs_is_scipys_percentile_bootstrap_of_each_arm():
    a, b = tables(10, 100, 3)
    found = compared(a, b)
    low, high = bootstrap_over_runs(found)
    for place in range(3):
        expected = stats.bootstrap(
            (found.of_a[place], found.of_b[place]),
            lambda one, other, axis: one.mean(axis=axis) - other.mean(axis=axis),
            n_resamples=20_000,
            method="percentile",
            vectorized=True,
            rng=np.random.default_rng(1),
        ).confidence_interval
        assert (low[place], high[place]) == pytest.approx((expected.low, expected.high), abs=0.006)


def restricted_likelihood_error(table):
    """Maximise the restricted likelihood of crossed random effects directly; return the mean's error."""
    num_seeds, num_examples = table.shape
    of_seeds = np.kron(np.eye(num_seeds), np.ones((num_examples, num_examples)))
    of_examples = np.kron(np.ones((num_seeds, num_seeds)), np.eye(num_examples))
    values, ones = table.ravel().astype(float), np.ones(table.size)

    def covariance(parts):
        seed, example, rest = parts
        return seed**2 * of_seeds + example**2 * of_examples + np.exp(rest) * np.eye(table.size)

    def loss(parts):
        matrix = covariance(parts)
        inverse = np.linalg.inv(matrix)
        weight = ones @ inverse @ ones
        left = values - ones @ inverse @ values / weight
        return np.linalg.slogdet(matrix)[1] + np.log(weight) + left @ inverse @ left

    fits = [
        optimize.minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9})
        for start in ((0.2, 0.2, -1.0), (0.01, 0.2, -1.0), (0.2, 0.01, -1.0))
    ]
    best = min(fits, key=lambda one: one.fun).x
    return 1 / np.sqrt(ones @ np.linalg.inv(covariance(best)) @ ones)


def test_the_mixed_model_is_the_highest_restricted_likelihood_with_components_of_zero_too():
    a, b = tables(3, 12, 12, seed_sd=0.0)
    low, high = closed_form(a, b)
    parts = moments(a - b)
    assert 3 < ((parts.seeds < parts.residual) | (parts.examples < parts.residual)).sum() < 12
    expected = [2 * 1.959964 * restricted_likelihood_error(table) for table in a - b]
    assert high - low == pytest.approx(expected, rel=1e-3)


def test_the_mixed_model_is_statsmodels_where_no_component_is_near_zero():
    a, b = tables(3, 15, 100, seed_sd=0.8)
    parts = moments(a - b)
    inside = (parts.seeds > 2 * parts.residual) & (parts.examples > 2 * parts.residual)
    assert inside.sum() > 5
    for table, low, high in zip((a - b)[inside], *(ends[inside] for ends in closed_form(a, b)), strict=True):
        assert fit(table)[:2] == pytest.approx((low, high), abs=1e-3)
