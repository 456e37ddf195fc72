import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from statsmodels.formula.api import mixedlm, ols
from statsmodels.stats.anova import anova_lm

from tl_core.errors import ComparisonError
from tl_core.evaluation.intervals import mean_interval, variance_parts
from tl_core.evaluation.metrics import Limits, macro_f1_values

DIFFERENCE = Limits(low=-1, high=1)
FRACTION = Limits(low=0, high=1)
SHAPES = st.tuples(st.integers(1, 5), st.integers(2, 40))
DIFFERENCES = SHAPES.flatmap(lambda shape: arrays(np.float64, shape, elements=st.sampled_from([-1, 0, 0, 1])))


def test_variance_parts_by_hand():
    # Means of the seeds 1 and 3, of the examples 0, 2 and 4; their sums explain every value.
    parts = variance_parts(np.array([[-1.0, 1.0, 3.0], [1.0, 3.0, 5.0]]))
    assert parts.seeds == pytest.approx(2 / 2)
    assert parts.examples == pytest.approx(4 / 3)
    assert parts.residual == pytest.approx(0)


def test_variance_parts_are_the_mean_squares_of_a_two_way_anova():
    values = np.random.default_rng(1).normal(size=(3, 8)) + np.arange(3)[:, None]
    seed, example = np.indices(values.shape)
    table = pd.DataFrame({"y": values.ravel(), "seed": seed.ravel(), "example": example.ravel()})
    mean_squares = anova_lm(ols("y ~ C(seed) + C(example)", table).fit())["mean_sq"] / values.size
    parts = variance_parts(values)
    assert parts.seeds == pytest.approx(mean_squares["C(seed)"])
    assert parts.examples == pytest.approx(mean_squares["C(example)"])
    assert parts.residual == pytest.approx(mean_squares["Residual"])


def test_variance_parts_are_those_of_a_mixed_model_fitted_by_restricted_likelihood():
    rng = np.random.default_rng(8)
    values = rng.normal(size=(6, 1)) + rng.normal(size=(1, 15)) + rng.normal(size=(6, 15))
    seed, example = np.indices(values.shape)
    table = pd.DataFrame({"y": values.ravel(), "seed": seed.ravel(), "example": example.ravel(), "all": 1})
    crossed = {"seed": "0 + C(seed)", "example": "0 + C(example)"}
    fit = mixedlm("y ~ 1", table, groups="all", vc_formula=crossed).fit()
    parts = variance_parts(values)
    of_example, of_seed = fit.vcomp
    assert of_seed == pytest.approx(6 * (parts.seeds - parts.residual), rel=1e-3)
    assert of_example == pytest.approx(15 * (parts.examples - parts.residual), rel=1e-3)
    assert fit.scale == pytest.approx(90 * parts.residual, rel=1e-3)
    variance = parts.seeds + parts.examples - parts.residual
    assert fit.bse["Intercept"] == pytest.approx(np.sqrt(variance), rel=1e-3)


def test_variance_and_degrees_of_freedom_by_hand():
    # Seed means 0 and 2/3: A = 4/36. Example means 1/2, -1/2 and 1: 7/36, and with the guard
    # 2 / (2 * 9) = 4/36 B = 11/36. Residuals of 1/6, 1/6 and 2/6 in size leave R = 1/36.
    interval = mean_interval(np.array([[0.0, -1.0, 1.0], [1.0, 0.0, 1.0]]), DIFFERENCE)
    assert interval.standard_error**2 == pytest.approx((4 + 11 - 1) / 36)
    # The seeds' share is 4/14, with one degree of freedom; the rest has two.
    assert interval.degrees_of_freedom == pytest.approx(1 / (4 / 14 + 10 / 14 / 2))


def test_the_variance_never_falls_below_its_larger_part():
    # No seed or example differs on average, all is residual: A = 0, B = guard = 2 / (2 * 4), R = 1.
    interval = mean_interval(np.array([[1.0, -1.0], [-1.0, 1.0]]), DIFFERENCE)
    assert interval.standard_error == pytest.approx(0.5)
    assert interval.degrees_of_freedom == 1


@settings(deadline=None)
@given(DIFFERENCES.filter(lambda values: len(values) > 1 and np.ptp(values) > 0))
def test_the_freedom_lies_between_that_of_seeds_and_that_of_examples(values):
    df = mean_interval(values, DIFFERENCE).degrees_of_freedom
    ends = sorted(size - 1 for size in values.shape)
    assert ends[0] - 1e-9 <= df <= ends[1] + 1e-9


def test_skewed_seeds_lengthen_the_interval_by_johnsons_term_on_one_side():
    seeds = [0.01, 0.02, 0.06]
    values = np.repeat(seeds, 2000).reshape(3, 2000)
    plain, skewed, mirrored = (mean_interval(values, DIFFERENCE, skew=skew) for skew in (0.0, 2.0, -2.0))
    t = stats.t.ppf(0.975, plain.degrees_of_freedom)
    tail = 2.0 * (stats.sem(seeds) ** 2) * (1 + 2 * t**2) / 6
    assert (skewed.low, skewed.high) == pytest.approx((plain.low, plain.high + tail))
    assert (mirrored.low, mirrored.high) == pytest.approx((plain.low - tail, plain.high))


def test_skew_counts_only_as_far_as_seeds_vary():
    values = np.random.default_rng(7).choice([-1.0, 0.0, 1.0], size=(1, 100))
    assert mean_interval(values, DIFFERENCE) == mean_interval(values, DIFFERENCE, skew=50.0)


def test_one_seed_is_the_paired_t_interval_but_for_the_guard():
    values = np.random.default_rng(2).choice([-1.0, 0.0, 1.0], p=[0.1, 0.7, 0.2], size=(1, 5000))
    ours = mean_interval(values, DIFFERENCE)
    reference = stats.ttest_1samp(values[0], 0)
    assert (ours.low, ours.high) == pytest.approx(tuple(reference.confidence_interval()), rel=2e-3)
    assert ours.standard_error**2 - 2 / 5000**2 == pytest.approx(stats.sem(values[0]) ** 2)
    assert (ours.scope, ours.method, ours.degrees_of_freedom) == ("models", "examples_t", 4999)


@pytest.mark.parametrize(("won", "lost"), [(9, 2), (30, 25), (3, 0)])
def test_one_seed_has_the_width_of_bonett_and_price(won, lost):
    values = np.zeros((1, 400))
    values[0, :won], values[0, won : won + lost] = 1, -1
    p, q = (won + 1) / 402, (lost + 1) / 402
    reference = stats.norm.ppf(0.975) * np.sqrt((p + q - (p - q) ** 2) / 402)
    interval = mean_interval(values, DIFFERENCE)
    assert (interval.high - interval.low) / 2 == pytest.approx(reference, rel=0.012)


def test_one_discordant_example_of_fifty_by_hand():
    # Variance of the values 1/50, plus the guard 2/50, both over 50; t(49) = 2.0096.
    interval = mean_interval(np.eye(1, 50), DIFFERENCE)
    assert interval.standard_error == pytest.approx(np.sqrt(1 / 50 + 2 / 50) / np.sqrt(50))
    assert interval.low == pytest.approx(0.02 - 2.0096 * 0.034641, abs=1e-5)


def test_seeds_that_differ_widen_the_interval():
    rng = np.random.default_rng(3)
    values = rng.choice([-1.0, 0.0, 1.0], size=(5, 200))
    shift = np.array([-0.3, -0.1, 0.0, 0.1, 0.3])[:, None]
    calm, wild = mean_interval(values, DIFFERENCE), mean_interval(values + shift, DIFFERENCE)
    assert wild.high - wild.low > 2 * (calm.high - calm.low)
    assert wild.degrees_of_freedom < calm.degrees_of_freedom
    assert wild.scope == "expected"


def test_seeds_alone_give_the_t_interval_of_their_means():
    values = np.repeat([[0.1], [0.2], [0.6]], 2000, axis=1)
    interval = mean_interval(values, DIFFERENCE)
    reference = stats.ttest_1samp([0.1, 0.2, 0.6], 0)
    assert (interval.low, interval.high) == pytest.approx(tuple(reference.confidence_interval()), abs=1e-4)


@pytest.mark.parametrize("num_seeds", [1, 5])
def test_no_discordant_example_gives_the_clopper_pearson_bound(num_seeds):
    interval = mean_interval(np.zeros((num_seeds, 180)), DIFFERENCE)
    bound = stats.binomtest(0, 180).proportion_ci(0.95, method="exact").high
    assert (interval.low, interval.high) == pytest.approx((-bound, bound))
    assert (interval.method, interval.p_value) == ("exact_bound", 1)


@pytest.mark.parametrize("hits", [0, 30])
def test_all_right_or_all_wrong_gives_the_clopper_pearson_interval(hits):
    interval = mean_interval(np.full((3, 30), hits / 30), FRACTION)
    reference = stats.binomtest(hits, 30).proportion_ci(0.95, method="exact")
    assert (interval.low, interval.high) == pytest.approx((reference.low, reference.high))


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("num_examples", [2, 6, 20])
def test_always_the_same_winner_has_the_p_value_of_the_sign_test(sign, num_examples):
    interval = mean_interval(np.full((1, num_examples), float(sign)), DIFFERENCE)
    assert interval.p_value == pytest.approx(stats.binomtest(num_examples, num_examples).pvalue)


def test_rare_classes_stretch_the_exact_bound():
    plain = mean_interval(np.zeros((1, 100)), DIFFERENCE)
    stretched = mean_interval(np.zeros((1, 100)), Limits(low=-1, high=1, unit=2))
    assert stretched.high == pytest.approx(2 * plain.high)


def test_a_single_example_is_refused():
    with pytest.raises(ComparisonError, match="1 test example is too few"):
        mean_interval(np.ones((3, 1)), DIFFERENCE)


@settings(deadline=None)
@given(DIFFERENCES)
def test_an_interval_has_width_holds_its_estimate_and_keeps_its_limits(values):
    interval = mean_interval(values, DIFFERENCE)
    assert -1 <= interval.low <= interval.estimate <= interval.high <= 1
    assert interval.high - interval.low > 1 / values.shape[1]


@settings(deadline=None)
@given(DIFFERENCES, st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99, 0.999]), st.floats(-40, 40))
def test_the_p_value_and_the_interval_never_disagree(values, confidence, skew):
    interval = mean_interval(values, DIFFERENCE, skew=skew, confidence=confidence)
    assert (interval.p_value < 1 - confidence) == (interval.low > 0 or interval.high < 0)


@settings(deadline=None)
@given(DIFFERENCES, st.floats(-40, 40))
def test_swapping_the_arms_mirrors_the_interval(values, skew):
    one = mean_interval(values, DIFFERENCE, skew=skew)
    other = mean_interval(-values, DIFFERENCE, skew=-skew)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-9)
    assert one.p_value == pytest.approx(other.p_value)


def simulated_hits(rng, thresholds, *, num_seeds=5, num_examples=200, seed_sd=0.4):
    """Latent-probit answers of two arms, (2, S, n): examples shared by both, seeds each arm's own."""
    example = rng.normal(size=num_examples)
    seed = seed_sd * rng.normal(size=(2, num_seeds, 1))
    noise = 0.6 * rng.normal(size=(2, num_seeds, num_examples))
    return np.asarray(thresholds)[:, None, None] + example + seed + noise > 0


def simulated_differences(rng, thresholds, **design):
    a, b = simulated_hits(rng, thresholds, **design)
    return a.astype(float) - b


def excludes(low, high, value):
    return not low <= value <= high


def test_coverage_holds_where_the_interval_over_examples_alone_fails():
    rng = np.random.default_rng(4)
    thresholds = np.sqrt(1 + 0.36 + 0.16) * stats.norm.ppf([0.80, 0.75])
    crossed_misses = examples_misses = 0
    for _ in range(300):
        values = simulated_differences(rng, thresholds)
        interval = mean_interval(values, DIFFERENCE)
        half_width = 1.96 * stats.sem(values.mean(axis=0))
        crossed_misses += excludes(interval.low, interval.high, 0.05)
        examples_misses += excludes(values.mean() - half_width, values.mean() + half_width, 0.05)
    assert crossed_misses / 300 < 0.09
    assert examples_misses / 300 > 0.25


def test_coverage_holds_with_few_examples_and_rare_discordance():
    rng = np.random.default_rng(5)
    thresholds = np.sqrt(1 + 0.36) * stats.norm.ppf([0.99, 0.97])
    misses = 0
    for _ in range(300):
        values = simulated_differences(rng, thresholds, num_seeds=10, num_examples=50, seed_sd=0)
        interval = mean_interval(values, DIFFERENCE)
        misses += excludes(interval.low, interval.high, 0.02)
    assert misses / 300 < 0.06


def test_macro_f1_of_two_equal_arms_seldom_differs():
    rng = np.random.default_rng(6)
    targets = rng.choice(3, p=[0.6, 0.3, 0.1], size=150)
    false_positives = 0
    for _ in range(200):
        hits = simulated_hits(rng, [1.0, 1.0], num_examples=150, seed_sd=0.2)
        predicted = np.where(hits, targets, (targets + 1) % 3)
        a, b = (np.stack([macro_f1_values(targets, row, 3) for row in arm]) for arm in predicted)
        interval = mean_interval(a - b, DIFFERENCE)
        false_positives += excludes(interval.low, interval.high, 0)
    assert false_positives / 200 < 0.09


@pytest.mark.parametrize("num_seeds", [2, 5, 10])
def test_repeating_one_row_for_further_seeds_brings_no_evidence(num_seeds: int) -> None:
    row = np.zeros((1, 180))
    row[0, :5] = 1.0
    limits = Limits(low=-1, high=1)
    once, repeated = mean_interval(row, limits), mean_interval(np.repeat(row, num_seeds, axis=0), limits)
    assert (repeated.low, repeated.high, repeated.p_value) == (once.low, once.high, once.p_value)
    assert repeated.scope == "expected"
