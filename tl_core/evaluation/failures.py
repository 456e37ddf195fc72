"""How often trainings fail: what a few that did not can say."""

from collections.abc import Iterable, Sequence
from itertools import chain
from math import ceil, log
from typing import Final

from scipy import special

from tl_core.evaluation.predictions import ArmPredictions
from tl_core.schema import FailureRate, Flag

CONFIDENCE: Final = 0.95
FAILURES: Final = ("collapsed", "did_not_learn", "worse_than_majority")
"""Codes of the flags that say that an arm did not learn the task."""


def find_failure_rate(arm: ArmPredictions, flags: Iterable[Flag]) -> FailureRate | None:
    """Count the seeds in which an arm failed, by its flags; None where no seed changes it."""
    if arm.is_deterministic:
        return None
    failed = {
        seed for flag in flags if (flag.arm, flag.code in FAILURES) == (arm.arm, True) for seed in flag.seeds
    }
    num_failed = len(failed & set(arm.seeds))
    return FailureRate(
        arm=arm.arm,
        num_failed=num_failed,
        num_trainings=arm.num_seeds,
        ci95=failure_rate_ends(num_failed, arm.num_seeds),
    )


def pool_failure_rates(of_splits: Iterable[Sequence[FailureRate]]) -> tuple[FailureRate, ...]:
    """Count each arm's trainings on all splits together, every one with weights and an order of its own."""
    counted: dict[str, tuple[int, int]] = {}
    for rate in chain.from_iterable(of_splits):
        failed, trainings = counted.get(rate.arm, (0, 0))
        counted[rate.arm] = failed + rate.num_failed, trainings + rate.num_trainings
    return tuple(
        FailureRate(
            arm=arm,
            num_failed=failed,
            num_trainings=trainings,
            ci95=failure_rate_ends(failed, trainings),
        )
        for arm, (failed, trainings) in counted.items()
    )


def failure_rate_ends(num_failed: int, num_trainings: int) -> tuple[float, float]:
    """Bound the rate at which an arm's trainings fail, by Clopper and Pearson (1934, Biometrika 26, 404-413).

    Parameters
    ----------
    num_failed, num_trainings
        0 <= num_failed <= num_trainings, at least one training.

    Returns
    -------
    Ends of the 95% interval, fractions. Where none or all failed, the open side takes the whole 5%: a rate
    beyond it would have shown in 95 of 100 experiments.
    """
    rest = num_trainings - num_failed
    tail = (1 - CONFIDENCE) / (1 if 0 in (num_failed, rest) else 2)
    low = float(special.betaincinv(num_failed, rest + 1, tail)) if num_failed else 0.0
    high = float(special.betaincinv(num_failed + 1, rest, 1 - tail)) if rest else 1.0
    return low, high


def trainings_to_exclude(rate: float) -> int:
    """Count the trainings, none of which may fail, that exclude a rate of failure (fraction, above 0).

    >>> trainings_to_exclude(0.1)
    29
    """
    return ceil(log(1 - CONFIDENCE) / log(1 - rate))
