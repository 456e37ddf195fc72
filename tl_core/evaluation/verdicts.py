"""From paired predictions to verdicts: difference, interval, p-values, and what would show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from scipy import special

from tl_core.evaluation.intervals import Interval, Scope, mean_interval
from tl_core.evaluation.metrics import Floats, Limits, example_values
from tl_core.evaluation.predictions import ArmPredictions, pair
from tl_core.evaluation.wording import say
from tl_core.schema import AnyMetric, Flag, Metric, Verdict

POWER: Final = 0.8
_ALPHA = 0.05
# The sign test calls six discordant examples of six significant, five of five not: 2 / 2^6 < 0.05 < 2 / 2^5.
_FEWEST_DISCORDANT = 6


def detectable_difference(interval: Interval, limits: Limits, num_examples: int) -> float | None:
    """Give the true difference that would be shown in four of five experiments like this one.

    A t statistic with nu degrees of freedom exceeds its critical value with probability 0.8 where its
    non-centrality is lambda; the difference is lambda times the standard error (Cohen 1988, Statistical Power
    Analysis for the Behavioral Sciences, ch. 2). The variance is the one that was estimated, so it is a guess
    at what another experiment could show, and no statement about this one's difference. Lengthening for
    skewed seeds is left out.

    Where no example is discordant, it is the share of discordant examples, all won by one arm, of which
    ``num_examples`` hold the six that the sign test needs with probability 0.8.

    Returns
    -------
    Of the metric's unit; None where even the largest possible difference would not be shown so often.
    """
    if interval.standard_error is None or interval.degrees_of_freedom is None:
        if num_examples < _FEWEST_DISCORDANT:
            return None
        free = num_examples - _FEWEST_DISCORDANT + 1
        size = limits.unit * limits.high * float(special.betaincinv(_FEWEST_DISCORDANT, free, POWER))
    else:
        df = interval.degrees_of_freedom
        critical = special.stdtrit(df, 1 - _ALPHA / 2)
        size = interval.standard_error * float(special.nctdtrinc(df, 1 - POWER, critical))
    return size if size <= limits.high else None


# With few seeds, the highest rate at which two equal arms were called different in any cell of the simulation
# (``benchmarks/intervals.json``; a test holds the two together).
FALSE_POSITIVE_RATES: Final = {2: 0.0835, 3: 0.0575, 4: 0.055}


@dataclass(frozen=True, kw_only=True)
class ArmSummary:
    """One metric of one arm on test.

    ``values`` are those of the ``seeds``, in their order; ``mean`` is their mean, with an
    interval over seeds and examples (with one seed: over examples, ``scope`` ``models``).
    """

    arm: str
    metric: AnyMetric
    train_size: int
    seeds: tuple[int, ...]
    num_examples: int
    values: tuple[float, ...]
    mean: float
    ci95: tuple[float, float]
    scope: Scope


def compare(
    a: ArmPredictions,
    b: ArmPredictions,
    *,
    metric: AnyMetric,
    margin: float | None = None,
    flags: Sequence[Flag] = (),
    arm_names: Mapping[str, str] | None = None,
) -> Verdict:
    """Compare two arms on the seeds that both have, example by example.

    Parameters
    ----------
    a, b
        The arms; the difference is ``a`` minus ``b``.
    metric
        The metric to compare, chosen before the runs.
    margin
        The difference that was too small to matter, stated before the runs; without one, arms are never
        called equivalent.
    flags
        Flags of any arms; those of other arms and of seeds outside the comparison are left out.
    arm_names
        Words for the arms by name (``wording.spoken_names``).

    Raises
    ------
    ComparisonError
        If the arms may not be compared; the message names what differs.
    """
    a, b = pair(a, b, arm_names)
    values_a, values_b = example_values(a, metric), example_values(b, metric)
    difference = values_a.minus(values_b)
    interval, narrower = (
        mean_interval(difference.values, difference.limits, skew=difference.skew, confidence=confidence)
        for confidence in (0.95, 0.90)
    )
    is_deterministic = a.is_deterministic and b.is_deterministic
    verdict = Verdict(
        a=a.arm,
        b=b.arm,
        metric=metric,
        train_size=a.train_size,
        num_seeds=a.num_seeds,
        num_examples=a.num_examples,
        is_deterministic=is_deterministic,
        method=interval.method,
        scope=interval.scope,
        epochs_a=a.epochs_range,
        epochs_b=b.epochs_range,
        value_a=float(values_a.values.mean()),
        value_b=float(values_b.values.mean()),
        difference=interval.estimate,
        ci95=(interval.low, interval.high),
        ci90=(narrower.low, narrower.high),
        p_value=interval.p_value,
        margin=margin,
        detectable_difference=detectable_difference(interval, difference.limits, a.num_examples),
        false_positive_rate=None if is_deterministic else FALSE_POSITIVE_RATES.get(a.num_seeds),
        conclusion="no_difference_shown",
        flags=tuple(flag for flag in flags if flag.arm in (a.arm, b.arm) and set(flag.seeds) & set(a.seeds)),
    )
    verdict = verdict.model_copy(update={"conclusion": _conclusion(verdict)})
    return say(verdict, arm_names or {})


def summarise(arm: ArmPredictions, metric: AnyMetric) -> ArmSummary:
    """Summarise one metric of an arm over its seeds.

    Raises
    ------
    ComparisonError
        If there are fewer than two test examples.
    """
    spread = example_values(arm, metric)
    interval = mean_interval(spread.values, spread.limits, skew=spread.skew)
    return ArmSummary(
        arm=arm.arm,
        metric=metric,
        train_size=arm.train_size,
        seeds=arm.seeds,
        num_examples=arm.num_examples,
        values=tuple(float(value) for value in spread.values.mean(axis=1)),
        mean=interval.estimate,
        ci95=(interval.low, interval.high),
        scope=interval.scope,
    )


def _conclusion(verdict: Verdict) -> Literal["better", "worse", "no_difference_shown", "equivalent"]:
    """Conclude from the intervals alone: a difference first, then two one-sided tests (Schuirmann 1987)."""
    low, high = verdict.ci95
    if low <= 0 <= high:
        return "equivalent" if verdict.is_within_margin else "no_difference_shown"
    return "better" if (low > 0) is isinstance(verdict.metric, Metric) else "worse"


def holm(p_values: Sequence[float]) -> Floats:
    """Adjust p-values so that the chance of any false claim among them stays below the level.

    Holm (1979, Scandinavian Journal of Statistics 6, 65-70): the k-th smallest of m is multiplied by
    m - k + 1, never falls below the one before it and never exceeds 1. It needs no assumption about how the
    tests depend on each other, which those of one experiment do.
    """
    ordered = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    rising = np.maximum.accumulate(factors * np.asarray(p_values, dtype=np.float64)[ordered])
    adjusted = np.empty(len(p_values))
    adjusted[ordered] = np.minimum(rising, 1)
    return adjusted


def as_family(verdicts: Sequence[Verdict], arm_names: Mapping[str, str]) -> tuple[Verdict, ...]:
    """Set beside each verdict's p-value the one that counts how many stand beside it, and say it anew.

    Parameters
    ----------
    verdicts
        All that are shown together: those on the headline metric of one experiment.
    arm_names
        Words for the arms by name (``wording.spoken_names``).
    """
    adjusted = holm([verdict.p_value for verdict in verdicts])
    of_family = [
        verdict.model_copy(update={"p_holm": float(p), "num_pairs": len(verdicts)})
        for verdict, p in zip(verdicts, adjusted, strict=True)
    ]
    return tuple(say(verdict, arm_names) for verdict in of_family)
