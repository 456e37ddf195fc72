"""Signs that an arm was not trained well enough for a claim about it, from numbers of its runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tl_core.evaluation.metrics import Floats
from tl_core.schema import Arm, ArmKind, BudgetRule, Flag

COLLAPSED_SHARE = 0.99
LARGE_CLASS_SHARE = 0.95
LEARNED_GAIN = 0.10
MATERIAL_SHARE_OF_FALL = 0.02


@dataclass(frozen=True, kw_only=True)
class RunHealth:
    """What the flags need to know of one run.

    Attributes
    ----------
    seed
        Index of the run's seed.
    majority_share
        Share of the largest class among its training examples, 0 to 1.
    train_accuracy
        Accuracy on its own training examples at the end; None for arms that report none.
    validation_losses
        Losses of its evaluations on validation, in their order; empty for arms without evaluations.
    predicted_class_counts
        For each split it predicted (validation, test): the number of predictions per class.
    test_value, majority_test_value
        The headline metric on test, and what always answering the largest class reaches there.
    """

    seed: int
    majority_share: float
    train_accuracy: float | None = None
    validation_losses: tuple[float, ...] = ()
    predicted_class_counts: tuple[tuple[int, ...], ...] = ()
    test_value: float
    majority_test_value: float


def find_flags(arm: Arm, runs: Sequence[RunHealth], budget: BudgetRule) -> tuple[Flag, ...]:
    """Raise each flag that at least one run of an arm shows; the majority arm gets none.

    The phrase names how many seeds show it where there are several.
    """
    if arm.kind is ArmKind.MAJORITY:
        return ()
    flags = []
    for rule in _rules(budget):
        seeds = tuple(run.seed for run in runs if rule.shows(run))
        if seeds:
            flags.append(
                Flag(
                    code=rule.code,
                    arm=arm.name,
                    phrase=rule.phrase + _how_often(len(seeds), len(runs)),
                    remedy=rule.remedy,
                    seeds=seeds,
                )
            )
    return tuple(flags)


def collapsed(run: RunHealth) -> bool:
    """Whether one class got nearly all predictions of a split although no class is nearly all examples."""
    if run.majority_share >= LARGE_CLASS_SHARE:
        return False
    return any(max(counts) >= COLLAPSED_SHARE * sum(counts) > 0 for counts in run.predicted_class_counts)


def did_not_learn(run: RunHealth) -> bool:
    """Whether the run is not clearly above the largest class on its own training examples.

    Clearly: by 10 points, or by half of what is left to 1 where that is less.
    """
    if run.train_accuracy is None:
        return False
    return run.train_accuracy - run.majority_share < min(LEARNED_GAIN, (1 - run.majority_share) / 2)


def still_improving(run: RunHealth) -> bool:
    """Whether the last evaluation was the best, and by more than noise.

    The gain over the best evaluation before the last quarter must exceed twice the standard deviation
    that noise alone gives the difference of two evaluations, and 2 % of the fall since the first one.
    Under a rate that decays linearly to 0, a loss that approaches its end exponentially gains 2 % in the
    last quarter if about an eighth of the way was still ahead.
    """
    losses = np.asarray(run.validation_losses)
    if len(losses) < 2 or losses.argmin() != len(losses) - 1:
        return False
    before_last_quarter = losses[: -max(1, len(losses) // 4)]
    gain = before_last_quarter.min() - losses[-1]
    material = MATERIAL_SHARE_OF_FALL * (losses[0] - losses[-1])
    return bool(gain > max(material, 2 * np.sqrt(2) * _noise(losses)))


def worse_than_majority(run: RunHealth) -> bool:
    """Whether always answering the largest class reaches more on test."""
    return run.test_value < run.majority_test_value


def _noise(losses: Floats) -> float:
    """Estimate the standard deviation of a loss around its smooth course, in the second half.

    Second differences of independent noise have 6 times its variance and none of a straight course
    (Gasser, Sroka and Jennen-Steinmetz 1986, Biometrika 73, 625-633). 0 with fewer than 3 evaluations.
    """
    second_differences = np.diff(losses[len(losses) // 2 :], n=2)
    if second_differences.size == 0:
        return 0.0
    return float(np.sqrt((second_differences**2).mean() / 6))


def _how_often(num_seeds: int, num_runs: int) -> str:
    return f" ({num_seeds} of {num_runs} seeds)" if num_runs > 1 else ""


@dataclass(frozen=True, kw_only=True)
class _Rule:
    code: str
    shows: Callable[[RunHealth], bool]
    phrase: str
    remedy: str


_COLLAPSED = _Rule(
    code="collapsed",
    shows=collapsed,
    phrase="gave almost every example the same label",
    remedy="Train it again with a lower learning rate or for more steps.",
)
_DID_NOT_LEARN = _Rule(
    code="did_not_learn",
    shows=did_not_learn,
    phrase="did not learn its own training examples",
    remedy="Train it for more epochs or with a higher learning rate.",
)
_STILL_IMPROVING = _Rule(
    code="still_improving",
    shows=still_improving,
    phrase="was still improving when it stopped",
    remedy="Train all arms for more epochs, or each to its own plateau.",
)
_STILL_IMPROVING_AT_CAP = _Rule(
    code="still_improving",
    shows=still_improving,
    phrase="was still improving when it reached its step limit",
    remedy="Raise the step limit of all arms.",
)
_WORSE_THAN_MAJORITY = _Rule(
    code="worse_than_majority",
    shows=worse_than_majority,
    phrase="did worse than always answering the largest class",
    remedy="Check its learning rate and the labels, or give it more training examples.",
)


def _rules(budget: BudgetRule) -> tuple[_Rule, ...]:
    improving = _STILL_IMPROVING_AT_CAP if budget is BudgetRule.PLATEAU else _STILL_IMPROVING
    return _COLLAPSED, _DID_NOT_LEARN, improving, _WORSE_THAN_MAJORITY
