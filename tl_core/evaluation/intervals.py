"""Intervals for a mean over seeds and test examples, never of zero width.

``docs/fairness_and_statistics.md`` explains the choices and what their simulation showed.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from tl_core.errors import ComparisonError
from tl_core.evaluation.metrics import Floats, Limits
from tl_core.words import plural

Scope = Literal["models", "expected"]
Method = Literal["crossed_random_effects", "examples_t", "exact_bound"]

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
        Of the t interval, before skewed seeds lengthen it; None for an exact bound.
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
    each of the two contains ``residual`` once.
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


def mean_interval(values: Floats, limits: Limits, *, skew: float = 0.0, confidence: float = 0.95) -> Interval:
    """Estimate the mean of a metric's contributions, or of paired differences, over seeds and examples.

    Parameters
    ----------
    values
        (S, n), S seeds and n test examples.
    limits
        What the mean can be.
    skew
        Third cumulant of the mean over seeds, divided by the square of its variance
        (``example_values.ExampleValues``); the interval is lengthened towards the longer tail.
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
    if np.ptp(values) < _EQUAL:
        return _exact_bound(values, limits, 1 - confidence)
    return _t_interval(values, limits, skew, 1 - confidence)


def _t_interval(values: Floats, limits: Limits, skew: float, alpha: float) -> Interval:
    # Deterministic arms count for every seed, but a row that is repeated brings no further evidence.
    is_repeated = bool((values == values[0]).all())
    variance = _variance_of_mean(values[:1] if is_repeated else values, limits.unit)
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


def _exact_bound(values: Floats, limits: Limits, alpha: float) -> Interval:
    """Bound the mean when all examples have one and the same value.

    If a fraction r of all examples differed from it, n examples without one would have probability
    (1 - r)^n. The two-sided limit of Clopper and Pearson (1934) for 0 of n is r = 1 - (alpha / 2)^(1/n),
    and differing examples can lie as far as the limits. For macro-F1, where an example of a rare class
    counts for more than 1 / n, their reach is multiplied by the unit: an approximation.
    """
    value, num_examples = float(values.mean()), values.shape[1]
    below, above = limits.unit * (value - limits.low), limits.unit * (limits.high - value)
    rate = 1 - (alpha / 2) ** (1 / num_examples)
    # The alpha at which the bound touches 0.
    p_value = 2 * max(0.0, 1 - abs(value) / (below if value > 0 else above)) ** num_examples
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


def variance_parts(values: Floats) -> VarianceParts:
    """Split the variance of a table (S, n), S and n at least 2, by two-way analysis of variance."""
    num_seeds, num_examples = values.shape
    seed_means = values.mean(axis=1, keepdims=True)
    example_means = values.mean(axis=0, keepdims=True)
    residuals = values - seed_means - example_means + values.mean()
    free = (num_seeds - 1) * (num_examples - 1)
    return VarianceParts(
        seeds=float(seed_means.var(ddof=1)) / num_seeds,
        examples=float(example_means.var(ddof=1)) / num_examples,
        residual=float((residuals**2).sum()) / free / values.size,
    )


def _variance_of_mean(values: Floats, unit: float) -> MeanVariance:
    """Variance of the mean of a table (S, n)."""
    num_seeds, num_examples = values.shape
    guard = _rare_change_guard(num_seeds, num_examples, unit)
    if num_seeds == 1:
        total = float(values.var(ddof=1)) / num_examples + guard
        return MeanVariance(total=total, seeds=0.0, degrees_of_freedom=num_examples - 1)
    parts = variance_parts(values)
    seeds, examples = parts.seeds, parts.examples + guard
    # The larger part is a floor: the sum less the residual can fall below it by chance.
    total = max(seeds + examples - parts.residual, seeds, examples)
    # Satterthwaite (1946, Biometrics Bulletin 2, 110-114) squares the shares. They are estimates: where that
    # of the seeds is too small by chance, its square would promise freedom that is not there.
    share = seeds / total
    df = 1 / (share / (num_seeds - 1) + (1 - share) / (num_examples - 1))
    return MeanVariance(total=total, seeds=seeds, degrees_of_freedom=df)


def _rare_change_guard(num_seeds: int, num_examples: int, unit: float) -> float:
    """Variance added so that a handful of changed answers is not mistaken for certainty.

    As if, in each seed, one more example on either side of the mean had been off by a unit, a different
    one each time: 2 S examples, whose means over S seeds are off by unit / S. With one seed this is what
    the adjustment of Bonett and Price (2012, J. Educ. Behav. Stat. 37, 479-488) adds, up to 1 / n^3.
    """
    return 2 * unit**2 / (num_seeds * num_examples**2)
