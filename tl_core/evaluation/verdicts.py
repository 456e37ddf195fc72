"""From paired predictions to verdicts: difference, interval, p-values, and what would show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from scipy import special

from tl_core.evaluation.failures import find_failure_rate
from tl_core.evaluation.intervals import Interval, Scope, effective_groups, interval_of
from tl_core.evaluation.metrics import ExampleValues, Limits, example_values
from tl_core.evaluation.power import POWER, shown_difference
from tl_core.evaluation.predictions import ArmPredictions, pair
from tl_core.evaluation.wording import conclude
from tl_core.schema import AnyMetric, Flag, Verdict

# The sign test calls six discordant examples of six significant, five of five not: 2 / 2^6 < 0.05 < 2 / 2^5.
_FEWEST_DISCORDANT = 6


def detectable_difference(interval: Interval, limits: Limits, count: float) -> float | None:
    """Give the true difference that would be shown in four of five experiments like this one.

    It follows from the standard error (`power.shown_difference`), which was estimated, so it is a guess
    at what another experiment could show, and no statement about this one's difference. Lengthening for
    skewed seeds is left out.

    Where no example is discordant, it is the share of discordant examples, all won by one arm, of which
    ``count`` (of those in groups, the effective number of groups) hold the six that the sign test needs with
    probability 0.8.

    Returns
    -------
    Of the metric's unit; None where even the largest possible difference would not be shown so often.
    """
    if interval.standard_error is None or interval.degrees_of_freedom is None:
        if count < _FEWEST_DISCORDANT:
            return None
        free = count - _FEWEST_DISCORDANT + 1
        size = limits.unit * limits.high * float(special.betaincinv(_FEWEST_DISCORDANT, free, POWER))
    else:
        size = shown_difference(interval.standard_error, interval.degrees_of_freedom)
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
    num_groups: int | None
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
    interval, narrower = (interval_of(difference, confidence=confidence) for confidence in (0.95, 0.90))
    is_deterministic = a.is_deterministic and b.is_deterministic
    rates = [find_failure_rate(arm, flags) for arm in (a, b)]
    verdict = Verdict(
        a=a.arm,
        b=b.arm,
        metric=metric,
        train_size=a.train_size,
        num_seeds=a.num_seeds,
        num_examples=a.num_examples,
        num_groups=a.num_groups,
        has_one_train_set=a.has_one_train_set or b.has_one_train_set,
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
        p_equivalence=None if margin is None else _p_of_equivalence(difference, margin),
        margin=margin,
        detectable_difference=detectable_difference(
            interval, difference.limits, effective_groups(a.groups, a.num_examples)
        ),
        false_positive_rate=None if is_deterministic else FALSE_POSITIVE_RATES.get(a.num_seeds),
        failure_rates=tuple(rate for rate in rates if rate is not None),
        conclusion="no_difference_shown",
        flags=tuple(flag for flag in flags if flag.arm in (a.arm, b.arm) and set(flag.seeds) & set(a.seeds)),
    )
    return conclude(verdict, arm_names or {})


def summarise(arm: ArmPredictions, metric: AnyMetric) -> ArmSummary:
    """Summarise one metric of an arm over its seeds.

    Raises
    ------
    ComparisonError
        If there are fewer than two test examples.
    """
    spread = example_values(arm, metric)
    interval = interval_of(spread)
    return ArmSummary(
        arm=arm.arm,
        metric=metric,
        train_size=arm.train_size,
        seeds=arm.seeds,
        num_examples=arm.num_examples,
        num_groups=arm.num_groups,
        values=tuple(float(value) for value in spread.values.mean(axis=1)),
        mean=interval.estimate,
        ci95=(interval.low, interval.high),
        scope=interval.scope,
    )


def _p_of_equivalence(difference: ExampleValues, margin: float) -> float:
    """Return the larger p-value of two one-sided tests (Schuirmann 1987), by inversion of the interval."""
    limits = difference.limits
    p_values = []
    for bound, side in ((margin, 1), (-margin, -1)):
        beyond = replace(limits, low=limits.low - bound, high=limits.high - bound)
        shifted = interval_of(replace(difference, values=difference.values - bound, limits=beyond))
        half = shifted.p_value / 2
        p_values.append(half if side * shifted.estimate < 0 else 1 - half)
    return max(p_values)
