"""F1 of two arms class by class, each difference with its interval."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tl_core.evaluation.intervals import interval_of, num_groups
from tl_core.evaluation.metrics import ExampleValues, Floats, Limits, divide
from tl_core.evaluation.predictions import ArmPredictions, pair
from tl_core.schema import LEVEL

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class ClassGain:
    """What one class gains from arm a over arm b, in means over the seeds that both have.

    Attributes
    ----------
    label_id
        The class, in [0, K).
    value_a, value_b
        F1 on test, fractions.
    low, high
        Ends of the interval for ``value_a - value_b``. All classes' intervals hold at once with 95%: each has
        the level 1 - 0.05 / number of classes (Bonferroni), so that the largest may be picked out.
    support
        Test examples of the class, at least one.
    """

    label_id: int
    value_a: float
    value_b: float
    low: float
    high: float
    support: int

    @property
    def difference(self) -> float:
        """``value_a`` minus ``value_b``."""
        return self.value_a - self.value_b

    @property
    def is_clear(self) -> bool:
        """Whether the interval excludes 0."""
        return not self.low <= 0 <= self.high


def class_gains(a: ArmPredictions, b: ArmPredictions) -> list[ClassGain]:
    """Compare two arms on every class with a test example, by class id. Raises as `predictions.pair` does."""
    a, b = pair(a, b)
    classes = np.unique(a.targets)
    return [class_gain(int(k), a, b, confidence=1 - LEVEL / len(classes)) for k in classes]


def class_gain(k: int, a: ArmPredictions, b: ArmPredictions, *, confidence: float) -> ClassGain:
    """Compare two arms of the same seeds and examples on one class that has a test example.

    The interval rests on the examples that bear on the class: its own, and those that an arm took for it in
    any seed. All others leave its F1 as it is, and would only feign degrees of freedom.
    """
    support = int((a.targets == k).sum())
    bears = (a.targets == k) | (a.predicted == k).any(axis=0) | (b.predicted == k).any(axis=0)
    targets, groups = a.targets[bears] == k, None if a.groups is None else a.groups[bears]
    unit = float(np.sqrt(bears.sum() / support))
    limits = Limits(low=0, high=1, unit=unit)
    of_a, of_b = (_class_values(targets, arm.predicted[:, bears] == k) for arm in (a, b))
    low, high = -1.0, 1.0
    if num_groups(groups, len(targets)) > 1:
        first, second = (ExampleValues.of_arm(values, limits, groups) for values in (of_a, of_b))
        interval = interval_of(first.minus(second), confidence=confidence)
        low, high = interval.low, interval.high
    return ClassGain(
        label_id=k,
        value_a=float(of_a.mean()),
        value_b=float(of_b.mean()),
        low=low,
        high=high,
        support=support,
    )


def _class_values(targets: Bools, predicted: Bools) -> Floats:
    """Spread one class's F1 over examples by its delete-one jackknife, (m,) and (S, m) bool to (S, m).

    As ``metrics.macro_f1_values`` does for their mean over classes.
    """
    hits = (targets & predicted).sum(axis=1, keepdims=True)
    size = targets.sum() + predicted.sum(axis=1, keepdims=True)
    f1 = divide(2 * hits, size)
    without_hit, without_error = divide(2 * (hits - 1), size - 2), divide(2 * hits, size - 1)
    without = np.where(targets & predicted, without_hit, np.where(targets | predicted, without_error, f1))
    influence = (len(targets) - 1) * (f1 - without)
    return np.asarray(f1 + influence - influence.mean(axis=1, keepdims=True))
