"""Intervals for a mean over seeds and test examples, never of zero width.

``docs/fairness_and_statistics.md`` explains the choices and what their simulation showed.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from tl_core.errors import ComparisonError
from tl_core.evaluation.metrics import ExampleValues, Floats, Groups, Limits
from tl_core.words import plural

Scope = Literal["models", "expected"]
Method = Literal["crossed_random_effects", "examples_t", "exact_bound", "one_group", "corrected_resampled_t"]

# Values of macro-F1 that are equal on paper differ by rounding.
_EQUAL = 1e-9


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An estimated mean and what the data can say about it.

    Attributes
    ----------
    estimate
        Mean of all values.
    low, high
        Ends of the interval, clipped to the possible values.
    p_value
        The smallest 1 - confidence at which the interval excludes 0: it is below 1 - confidence exactly
        when the interval does.
    standard_error, degrees_of_freedom
        Of the t interval, before skewed seeds lengthen it; None for an exact bound and for one group.
    method
        How the interval was made.
    scope
        ``models`` with one seed: the interval is about these trained models only. ``expected`` with
        more: about the mean over further seeds and examples.
    """

    estimate: float
    low: float
    high: float
    p_value: float
    standard_error: float | None
    degrees_of_freedom: float | None
    method: Method
    scope: Scope


@dataclass(frozen=True, kw_only=True)
class VarianceParts:
    """Mean squares of a seeds x examples table, each divided by S n: parts of the mean's variance.

    ``seeds`` is the variance of the seeds' means over S, ``examples`` that of the examples' means over n;
    each of the two contains ``residual`` once. Of examples in groups, the sums over each group stand in for
    the examples.
    """

    seeds: float
    examples: float
    residual: float


@dataclass(frozen=True, kw_only=True)
class MeanVariance:
    """Variance of a mean, the part of it that is seen between seeds, and its degrees of freedom."""

    total: float
    seeds: float
    degrees_of_freedom: float


def interval_of(spread: ExampleValues, *, confidence: float = 0.95) -> Interval:
    """Estimate the mean of what the examples contribute. Raises as `mean_interval` does."""
    return mean_interval(
        spread.values, spread.limits, skew=spread.skew, groups=spread.groups, confidence=confidence
    )


def mean_interval(
    values: Floats,
    limits: Limits,
    *,
    skew: float = 0.0,
    groups: Groups | None = None,
    confidence: float = 0.95,
) -> Interval:
    """Estimate the mean of a metric's contributions, or of paired differences, over seeds and examples.

    Parameters
    ----------
    values
        (S, n), S seeds and n test examples.
    limits
        What the mean can be.
    skew
        Third cumulant of the mean over seeds, divided by the square of its variance
        (``metrics.ExampleValues``); the interval is lengthened towards the longer tail.
    groups
        Number of each example's group, (n,); None where each stands alone. Examples of a group may be alike
        to any degree, groups are independent: the variance is the cluster-robust one (Liang and Zeger 1986,
        Biometrika 73, 13-22; its small-sample factor G / (G - 1)).
    confidence
        Probability with which the interval is to cover the mean, between 0 and 1.

    Raises
    ------
    ComparisonError
        If there are fewer than two examples.
    """
    if values.shape[1] < 2:
        raise ComparisonError(
            f"{plural(values.shape[1], 'test example is', 'test examples are')} too few for an interval.",
            "Use a larger test split.",
        )
    if num_groups(groups, values.shape[1]) < 2:
        return _of_one_group(values, limits)
    if np.ptp(values) < _EQUAL:
        return _exact_bound(values, limits, effective_groups(groups, values.shape[1]), 1 - confidence)
    return _t_interval(values, limits, skew, groups, 1 - confidence)


def num_groups(groups: Groups | None, num_examples: int) -> int:
    """Count the groups of some examples; each is its own where there are none."""
    return num_examples if groups is None else len(np.unique(groups))


def effective_groups(groups: Groups | None, num_examples: int) -> float:
    """Count the groups as if all were of one size: n^2 / sum of the squared sizes.

    Kish (1965, Survey Sampling) has it for weights. Few large groups among many small ones carry most of the
    variance, so they set the degrees of freedom.
    """
    if groups is None:
        return float(num_examples)
    sizes = np.unique_counts(groups).counts
    return num_examples**2 / float((sizes**2).sum())


def _of_one_group(values: Floats, limits: Limits) -> Interval:
    """Say that a single group tells nothing of others: the mean can be anything."""
    return Interval(
        estimate=float(values.mean()),
        low=limits.low,
        high=limits.high,
        p_value=1.0,
        standard_error=None,
        degrees_of_freedom=None,
        method="one_group",
        scope=_scope(values),
    )


def _t_interval(values: Floats, limits: Limits, skew: float, groups: Groups | None, alpha: float) -> Interval:
    # Deterministic arms count for every seed, but a row that is repeated brings no further evidence.
    is_repeated = bool((values == values[0]).all())
    variance = _variance_of_mean(values[:1] if is_repeated else values, limits.unit, groups)
    estimate, se, df = float(values.mean()), float(np.sqrt(variance.total)), variance.degrees_of_freedom
    t, lean = float(special.stdtrit(df, 1 - alpha / 2)), skew * variance.seeds
    tail = lean * (1 + 2 * t**2) / 6
    return Interval(
        estimate=estimate,
        low=max(limits.low, estimate - t * se + min(tail, 0.0)),
        high=min(limits.high, estimate + t * se + max(tail, 0.0)),
        p_value=float(2 * special.stdtr(df, -_t_that_reaches_zero(estimate, se, lean))),
        standard_error=se,
        degrees_of_freedom=df,
        method="examples_t" if is_repeated else "crossed_random_effects",
        scope=_scope(values),
    )


def _t_that_reaches_zero(estimate: float, standard_error: float, lean: float) -> float:
    """Solve ``t se + |lean| (1 + 2 t^2) / 6 = |estimate|``, the side that faces 0; it may not lean there."""
    lean = abs(lean) if lean * estimate < 0 else 0.0
    distance = max(0.0, abs(estimate) - lean / 6)
    return 2 * distance / (standard_error + float(np.sqrt(standard_error**2 + 4 / 3 * lean * distance)))


def _exact_bound(values: Floats, limits: Limits, count: float, alpha: float) -> Interval:
    """Bound the mean when all examples have one and the same value.

    If a fraction r of all examples differed from it, n examples without one would have probability
    (1 - r)^n; of examples in groups, n is ``count``, the effective number of groups. The two-sided limit of
    Clopper and Pearson (1934) for 0 of n is r = 1 - (alpha / 2)^(1/n), and differing examples can lie as far
    as the limits. For macro-F1, where an example of a rare class counts for more than 1 / n, their reach is
    multiplied by the unit: an approximation.
    """
    value = float(values.mean())
    below, above = limits.unit * (value - limits.low), limits.unit * (limits.high - value)
    rate = 1 - (alpha / 2) ** (1 / count)
    # The alpha at which the bound touches 0.
    p_value = 2 * max(0.0, 1 - abs(value) / (below if value > 0 else above)) ** count
    return Interval(
        estimate=value,
        low=max(limits.low, value - rate * below),
        high=min(limits.high, value + rate * above),
        p_value=min(1.0, p_value),
        standard_error=None,
        degrees_of_freedom=None,
        method="exact_bound",
        scope=_scope(values),
    )


def _scope(values: Floats) -> Scope:
    return "models" if len(values) == 1 else "expected"


def variance_parts(values: Floats, groups: Groups | None = None) -> VarianceParts:
    """Split the variance of a table (S, n), S and n at least 2, by two-way analysis of variance.

    ``groups`` is as in `mean_interval`, with at least 2 of them.
    """
    num_seeds, num_examples = values.shape
    seed_means = values.mean(axis=1, keepdims=True)
    example_means = values.mean(axis=0, keepdims=True)
    residuals = values - seed_means - example_means + values.mean()
    of_groups = _sums(residuals, groups)
    count = of_groups.shape[1]
    free, per_example = (num_seeds - 1) * (count - 1), (num_examples / count) ** 2
    return VarianceParts(
        seeds=float(seed_means.var(ddof=1)) / num_seeds,
        examples=_variance_between(example_means, groups),
        residual=float((of_groups**2).sum()) / per_example / free / (num_seeds * count),
    )


def _variance_between(row: Floats, groups: Groups | None) -> float:
    """Estimate the variance of the mean of one row (1, n) from the differences between its groups."""
    sums = _sums(row - row.mean(), groups)
    count = sums.shape[1]
    return float((sums**2).sum() * count / (count - 1) / row.size**2)


def _sums(table: Floats, groups: Groups | None) -> Floats:
    """Sum each row over each group: (S, n) to (S, number of groups)."""
    if groups is None:
        return table
    _, places = np.unique(groups, return_inverse=True)
    return np.stack([np.bincount(places, weights=row) for row in table])


def _variance_of_mean(values: Floats, unit: float, groups: Groups | None) -> MeanVariance:
    """Variance of the mean of a table (S, n)."""
    num_seeds, num_examples = values.shape
    count = effective_groups(groups, num_examples)
    guard = _rare_change_guard(num_seeds, num_examples, count, unit)
    if num_seeds == 1:
        total = _variance_between(values, groups) + guard
        return MeanVariance(total=total, seeds=0.0, degrees_of_freedom=max(count - 1, 1.0))
    parts = variance_parts(values, groups)
    seeds, examples = parts.seeds, parts.examples + guard
    # The larger part is a floor: the sum less the residual can fall below it by chance.
    total = max(seeds + examples - parts.residual, seeds, examples)
    # Satterthwaite (1946, Biometrics Bulletin 2, 110-114) squares the shares. They are estimates: where that
    # of the seeds is too small by chance, its square would promise freedom that is not there.
    share = seeds / total
    df = 1 / (share / (num_seeds - 1) + (1 - share) / max(count - 1, 1.0))
    return MeanVariance(total=total, seeds=seeds, degrees_of_freedom=df)


def _rare_change_guard(num_seeds: int, num_examples: int, num_groups: float, unit: float) -> float:
    """Variance added so that a handful of changed answers is not mistaken for certainty.

    As if, in each seed, one more example on either side of the mean had been off by a unit, a different
    one each time: 2 S examples, whose means over S seeds are off by unit / S. With one seed this is what
    the adjustment of Bonett and Price (2012, J. Educ. Behav. Stat. 37, 479-488) adds, up to 1 / n^3. Of
    examples in groups, others of its group change with it: between one alone (n^2) and a whole group (G^2)
    the geometric mean is taken, which the simulation bears out.
    """
    return 2 * unit**2 / (num_seeds * num_examples * num_groups)
