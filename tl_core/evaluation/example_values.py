"""What every test example contributes to a metric: the numbers whose mean is the metric.

Once a metric is a mean over examples, its interval and that of a difference come from one function
(``intervals.mean_interval``), whatever the metric is.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tl_core.evaluation.intervals import Limits
from tl_core.evaluation.metrics import Counts, Floats, Ints, confusion_matrix, divide, macro_f1
from tl_core.evaluation.predictions import ArmPredictions
from tl_core.schema import Metric


@dataclass(frozen=True, kw_only=True, eq=False)
class ExampleValues:
    """The contributions to one metric, or the differences between those of two arms.

    ``values`` is (S, n); the mean over the examples of a seed is that seed's metric. ``limits`` says what
    the mean can be; their unit depends on the targets alone, so two arms share it.
    """

    values: Floats
    limits: Limits

    def minus(self, other: "ExampleValues") -> "ExampleValues":
        """Subtract, seed by seed and example by example."""
        return ExampleValues(values=self.values - other.values, limits=self.limits.of_difference())


def example_values(arm: ArmPredictions, metric: Metric) -> ExampleValues:
    """Spread a metric over the test examples of an arm."""
    return _VALUES[metric](arm)


def _accuracy(arm: ArmPredictions) -> ExampleValues:
    return ExampleValues(values=arm.correct.astype(np.float64), limits=Limits(low=0, high=1))


def _macro_f1(arm: ArmPredictions) -> ExampleValues:
    rows = [macro_f1_values(arm.targets, predicted, arm.num_labels) for predicted in arm.predicted]
    return ExampleValues(values=np.stack(rows), limits=Limits(low=0, high=1, unit=_macro_unit(arm.targets)))


_VALUES: dict[Metric, Callable[[ArmPredictions], ExampleValues]] = {
    Metric.ACCURACY: _accuracy,
    Metric.MACRO_F1: _macro_f1,
}


def macro_f1_values(targets: Ints, predicted: Ints, num_labels: int) -> Floats:
    """Spread macro-F1 over the examples by its delete-one jackknife: (n,), (n,) to (n,).

    The influence of example i is (n - 1)(theta - theta without i) (Efron and Stein 1981); centred on
    theta, the values have the metric as their mean and the jackknife's variance as theirs. Examples of
    one confusion cell share one value, so the cost is K^2 and not n evaluations.
    """
    confusion = confusion_matrix(targets, predicted, num_labels)
    theta = macro_f1(confusion)
    influence = (len(targets) - 1) * (theta - macro_f1_without_one(confusion)[targets, predicted])
    return np.asarray(theta + influence - influence.mean())


def macro_f1_without_one(confusion: Counts) -> Floats:
    """Macro-F1 after one example of a cell is deleted, for every cell: (K, K) to (K, K).

    With h hits and s = targets + predictions of a class, F1 = 2h / s. Deleting an example off the diagonal
    lowers s by one for its target and for its prediction; on the diagonal it lowers h by one and s by
    two. A class whose s reaches 0 leaves the mean. Empty cells carry no meaning.
    """
    hits = np.diag(confusion)
    size = confusion.sum(axis=0) + confusion.sum(axis=1)
    f1 = divide(2 * hits, size)
    change = divide(2 * hits, size - 1) - f1
    leaves = (size == 1).astype(np.int64)
    total = f1.sum() + change[:, None] + change[None, :]
    num_classes = (size > 0).sum() - leaves[:, None] - leaves[None, :]
    np.fill_diagonal(total, f1.sum() + divide(2 * (hits - 1), size - 2) - f1)
    np.fill_diagonal(num_classes, (size > 0).sum() - (size == 2))
    return divide(total, num_classes)


def _macro_unit(targets: Ints) -> float:
    """Root mean square over the examples of n / (K n_k), the weight of an example of class k.

    A macro average gives every class 1 / K, to be shared by its n_k examples; balanced classes give 1.
    """
    counts = np.unique_counts(targets).counts
    return float(np.sqrt((len(targets) / counts).sum()) / len(counts))
