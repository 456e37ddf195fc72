"""The conclusion of comparing two arms, and the summary of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tl_core.evaluation.example_values import example_values
from tl_core.evaluation.intervals import Interval, Scope, mean_interval
from tl_core.evaluation.predictions import ArmPredictions, pair
from tl_core.evaluation.wording import verdict_sentence
from tl_core.schema import Flag, Metric, Verdict


@dataclass(frozen=True, kw_only=True)
class ArmSummary:
    """One metric of one arm on test.

    ``values`` are the fractions of the ``seeds``, in their order; ``mean`` is their mean, with an
    interval over seeds and examples (with one seed: over examples, ``scope`` ``models``).
    """

    arm: str
    metric: Metric
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
    metric: Metric,
    flags: Sequence[Flag] = (),
    labels: Mapping[str, str] | None = None,
) -> Verdict:
    """Compare two arms on the seeds that both have, example by example.

    Parameters
    ----------
    a, b
        The arms; the difference is ``a`` minus ``b``.
    metric
        The metric to compare, chosen before the runs.
    flags
        Flags of any arms; those of other arms and of seeds outside the comparison are left out.
    labels
        Words for the arms by name (``wording.describe_arm``).

    Raises
    ------
    ComparisonError
        If the arms may not be compared; the message names what differs.
    """
    a, b = pair(a, b)
    values_a, values_b = example_values(a, metric), example_values(b, metric)
    difference = values_a.minus(values_b)
    interval = mean_interval(difference.values, difference.limits)
    verdict = Verdict(
        a=a.arm,
        b=b.arm,
        metric=metric,
        train_size=a.train_size,
        num_seeds=a.num_seeds,
        num_examples=a.num_examples,
        is_deterministic=a.is_deterministic and b.is_deterministic,
        method=interval.method,
        scope=interval.scope,
        value_a=float(values_a.values.mean()),
        value_b=float(values_b.values.mean()),
        difference=interval.estimate,
        ci95=(interval.low, interval.high),
        p_value=interval.p_value,
        conclusion=_conclusion(interval),
        flags=tuple(flag for flag in flags if flag.arm in (a.arm, b.arm) and set(flag.seeds) & set(a.seeds)),
        sentence="",
    )
    return verdict.model_copy(update={"sentence": verdict_sentence(verdict, labels or {})})


def summarise(arm: ArmPredictions, metric: Metric) -> ArmSummary:
    """Summarise one metric of an arm over its seeds.

    Raises
    ------
    ComparisonError
        If there are fewer than two test examples.
    """
    spread = example_values(arm, metric)
    interval = mean_interval(spread.values, spread.limits)
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


def _conclusion(interval: Interval) -> Literal["better", "worse", "no_difference_shown"]:
    if interval.low > 0:
        return "better"
    return "worse" if interval.high < 0 else "no_difference_shown"
