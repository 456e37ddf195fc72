"""Metrics of one run's predictions, and what every test example contributes to them.

Once a metric is a mean over examples, its interval and that of a difference come from one function
(``intervals.mean_interval``), whatever the metric is.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from tl_core.evaluation.class_metrics import (
    balanced_accuracy,
    balanced_accuracy_without_one,
    matthews,
    matthews_without_one,
    quadratic_kappa,
    quadratic_kappa_without_one,
)
from tl_core.evaluation.predictions import ArmPredictions
from tl_core.evaluation.ranking import (
    auroc,
    auroc_values,
    average_precision,
    average_precision_values,
    log_odds,
)
from tl_core.schema import AnyMetric, Metric, OtherMetric, ScoringRule

Ints = npt.NDArray[np.integer[Any]]
Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Groups = npt.NDArray[np.int64]
"""The number of each example's group, (n,)."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a mean can be, from ``low`` to ``high``, and what one answer can change.

    ``unit`` is the change of one example's value when a wrong answer becomes right: 1 for accuracy.
    """

    low: float
    high: float
    unit: float = 1.0

    def minus(self, other: "Limits") -> "Limits":
        """Limits of the difference between a mean within these and one within ``other``."""
        return Limits(low=self.low - other.high, high=self.high - other.low, unit=max(self.unit, other.unit))


@dataclass(frozen=True, kw_only=True, eq=False)
class PerClass:
    """Precision, recall and F1 as fractions and the number of targets, each (K,), by class id.

    A quotient without a denominator is 0.
    """

    precision: Floats
    recall: Floats
    f1: Floats
    support: Counts


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """The metrics of one run on one split.

    ``confusion`` is (K, K): rows are targets, columns are predictions. ``log_loss`` is in nats;
    ``confidence`` is the mean probability of the answers. Only two classes have ``auroc`` and
    ``average_precision``, that of the second; ``quadratic_kappa`` and ``mean_absolute_error`` take class ids
    for steps of a scale, which some labels are (`schema.are_ordered`).
    """

    num_examples: int
    accuracy: float
    macro_f1: float
    balanced_accuracy: float
    auroc: float | None
    quadratic_kappa: float
    matthews: float
    average_precision: float | None
    mean_absolute_error: float
    log_loss: float
    confidence: float
    per_class: PerClass
    confusion: Counts


def evaluate(targets: Ints, logits: npt.NDArray[np.float32]) -> Evaluation:
    """Compute every metric of one run from targets (n,) and logits (n, K)."""
    predicted = logits.argmax(axis=1)
    confusion = confusion_matrix(targets, predicted, logits.shape[1])
    losses, of_answers = _losses(targets, logits)
    odds = log_odds(logits) if logits.shape[1] == 2 else None
    return Evaluation(
        num_examples=len(targets),
        accuracy=accuracy(confusion),
        macro_f1=macro_f1(confusion),
        balanced_accuracy=balanced_accuracy(confusion),
        auroc=None if odds is None else auroc(targets, odds),
        quadratic_kappa=quadratic_kappa(confusion),
        matthews=matthews(confusion),
        average_precision=None if odds is None else average_precision(targets, odds),
        mean_absolute_error=float(np.abs(predicted - targets).mean()),
        log_loss=float(losses.mean()),
        confidence=float(np.exp(-of_answers).mean()),
        per_class=per_class(confusion),
        confusion=confusion,
    )


def confusion_matrix(targets: Ints, predicted: Ints, num_labels: int) -> Counts:
    """Count examples by target (rows) and prediction (columns): (n,), (n,) to (K, K)."""
    cells = targets.astype(np.int64) * num_labels + predicted
    return np.bincount(cells, minlength=num_labels**2).reshape(num_labels, num_labels)


def accuracy(confusion: Counts) -> float:
    """Fraction of examples on the diagonal."""
    return float(np.trace(confusion) / confusion.sum())


def macro_f1(confusion: Counts) -> float:
    """Unweighted mean of F1 over the classes among the targets.

    What is averaged follows from the targets alone, so that every arm is averaged over the same classes: an
    answer that names a class without a target spoils the F1 of the class it should have named, and does not
    add one of 0. It is scikit-learn's ``f1_score(average="macro", labels=unique(targets))``.
    """
    occurs = confusion.sum(axis=1) > 0
    return float(per_class(confusion).f1[occurs].mean())


def per_class(confusion: Counts) -> PerClass:
    """Precision, recall, F1 and support of every class."""
    hits = np.diag(confusion)
    num_targets, num_predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    return PerClass(
        precision=divide(hits, num_predicted),
        recall=divide(hits, num_targets),
        f1=divide(2 * hits, num_targets + num_predicted),
        support=num_targets,
    )


def log_loss(targets: Ints, logits: npt.NDArray[np.floating[Any]]) -> float:
    """Mean negative log-probability of the targets, in nats, under the softmax of the logits."""
    return float(log_losses(targets, logits).mean())


def log_losses(targets: Ints, logits: npt.NDArray[np.float32]) -> Floats:
    """Negative log-probability of each target, in nats: (n,), (n, K) to (n,)."""
    return _losses(targets, logits)[0]


def _losses(targets: Ints, logits: npt.NDArray[np.floating[Any]]) -> tuple[Floats, Floats]:
    """Return the negative log-probability of each target and of each answer, (n,) each."""
    scores = logits.astype(np.float64)
    scores -= scores.max(axis=1, keepdims=True)
    own = scores[np.arange(len(targets)), targets]
    of_answers = np.log(np.exp(scores, out=scores).sum(axis=1))
    return of_answers - own, of_answers


def brier_scores(targets: Ints, logits: npt.NDArray[np.floating[Any]]) -> Floats:
    """Half the squared distance of the probabilities from the answer, per example: (n,), (n, K) to (n,).

    Brier (1950, Monthly Weather Review 78, 1-3) sums over the classes, which makes 2 of a wrong answer given
    with certainty. Halved it is 1, so the score of certain answers is their error rate.
    """
    errors = softmax(logits.astype(np.float64), axis=1)
    errors[np.arange(len(targets)), targets] -= 1
    return np.asarray((errors**2).sum(axis=1) / 2)


def divide(numerator: npt.NDArray[Any], denominator: npt.NDArray[Any]) -> Floats:
    """Elementwise quotient; 0 where the denominator is not positive."""
    quotient = np.zeros(numerator.shape)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient


@dataclass(frozen=True, kw_only=True, eq=False)
class ExampleValues:
    """The contributions to one metric, or the differences between those of two arms.

    Attributes
    ----------
    values
        (S, n); the mean over the examples of a seed is that seed's metric.
    limits
        What the mean can be; their unit depends on the targets alone, so two arms share it.
    skew
        Third cumulant of the mean over seeds, divided by the square of its variance.
    groups
        The number of each example's group, (n,); None where each stands alone.
    """

    values: Floats
    limits: Limits
    skew: float
    groups: Groups | None = None

    @classmethod
    def of_arm(cls, values: Floats, limits: Limits, groups: Groups | None = None) -> "ExampleValues":
        """Take the contributions of one arm.

        Seeds are assumed to vary as (m - low)(high - m), m being the metric, as the variance of a share
        does. In a family whose variance is a function V of its mean, the third cumulant is V V' (Morris 1982,
        Annals of Statistics 10, 65-80), so the skew is V' / V; it is taken one answer away from the limits.
        """
        mean, one = float(values.mean()), limits.unit / values.shape[1]
        skew = 1 / (mean - limits.low + one) - 1 / (limits.high - mean + one)
        return cls(values=values, limits=limits, skew=float(skew), groups=groups)

    def minus(self, other: "ExampleValues") -> "ExampleValues":
        """Subtract, seed by seed and example by example."""
        values = self.values - other.values
        own = _share_of_first(self.values, other.values, values)
        return ExampleValues(
            values=values,
            limits=self.limits.minus(other.limits),
            skew=own**2 * self.skew - (1 - own) ** 2 * other.skew,
            groups=self.groups,
        )


def contributions(targets: Ints, logits: npt.NDArray[np.float32], metric: Metric) -> Floats:
    """Spread a metric over the examples, so that its mean is the metric: (n,), (n, K) to (n,)."""
    if metric is Metric.AUROC:
        return auroc_values(targets, log_odds(logits))
    return _values_of_answers(targets, logits.argmax(axis=1), logits.shape[1], metric)


def _values_of_answers(
    targets: Ints, predicted: Ints, num_labels: int, metric: Metric | OtherMetric
) -> Floats:
    """Do the same for a metric of answers, (n,)."""
    if metric is Metric.ACCURACY:
        return np.asarray(predicted == targets, dtype=np.float64)
    if metric is OtherMetric.MEAN_ABSOLUTE_ERROR:
        return np.asarray(np.abs(predicted - targets), dtype=np.float64)
    return _jackknife(targets, predicted, num_labels, *_OF_CONFUSION[metric])


def example_values(arm: ArmPredictions, metric: AnyMetric) -> ExampleValues:
    """Spread a metric over the test examples of an arm.

    Where too few examples tell a metric, as with one of a class for AUROC, all are taken for one draw, and an
    interval says that it can be anything.

    Raises
    ------
    ValueError
        If it is a metric of two classes and the arm has more.
    """
    limits, groups = Limits(low=0, high=1), arm.groups
    match metric:
        case Metric.AUROC | OtherMetric.AVERAGE_PRECISION:
            spread = auroc_values if metric is Metric.AUROC else average_precision_values
            if arm.log_odds is None:
                raise ValueError(f"{metric.value} is about two classes")
            values = np.stack([spread(arm.targets, scores) for scores in arm.log_odds])
            limits = replace(limits, unit=macro_unit(arm.targets))
            if np.bincount(arm.targets, minlength=2).min() < 2:
                groups = np.zeros(arm.num_examples, dtype=np.int64)
        case Metric() | OtherMetric():
            rows = [_values_of_answers(arm.targets, one, arm.num_labels, metric) for one in arm.predicted]
            values, limits = np.stack(rows), _limits_of_answers(arm.targets, arm.num_labels, metric)
            if metric in _BEYOND_CHANCE and len(np.unique(arm.targets)) < 2:
                groups = np.zeros(arm.num_examples, dtype=np.int64)
        case ScoringRule.LOG_LOSS:
            values = np.stack([log_losses(arm.targets, logits) for logits in arm.logits])
            limits = log_loss_limits(values, arm.num_labels)
        case ScoringRule.BRIER:
            values = np.stack([brier_scores(arm.targets, logits) for logits in arm.logits])
    return ExampleValues.of_arm(values, limits, groups)


def _limits_of_answers(targets: Ints, num_labels: int, metric: Metric | OtherMetric) -> Limits:
    """Say what a metric of answers can be, and what one that becomes right changes."""
    if metric is OtherMetric.MEAN_ABSOLUTE_ERROR:
        return Limits(low=0, high=max(1, num_labels - 1))
    if metric in _BEYOND_CHANCE:
        return Limits(low=-1, high=1, unit=chance_unit(targets))
    return Limits(low=0, high=1, unit=1.0 if metric is Metric.ACCURACY else macro_unit(targets))


def _share_of_first(a: Floats, b: Floats, difference: Floats) -> float:
    """Share of ``a`` in the variance between seeds of the difference; what both have in common is halved."""
    if len(a) == 1:
        return 0.5
    of_a, of_b, of_both = (float(table.mean(axis=1).var(ddof=1)) for table in (a, b, difference))
    return float(np.clip(0.5 + (of_a - of_b) / (2 * of_both), 0, 1)) if of_both else 0.5


def log_loss_limits(values: Floats, num_labels: int) -> Limits:
    """Let the largest loss that was seen stand in for an upper limit, which losses do not have.

    The unit is the loss of an even guess among K classes, log K: what an answer gains that becomes right.
    """
    even = float(np.log(num_labels))
    return Limits(low=0, high=max(even, float(values.max())), unit=even)


def macro_f1_values(targets: Ints, predicted: Ints, num_labels: int) -> Floats:
    """Spread macro-F1 over the examples by its delete-one jackknife: (n,), (n,) to (n,)."""
    return _values_of_answers(targets, predicted, num_labels, Metric.MACRO_F1)


def _jackknife(
    targets: Ints,
    predicted: Ints,
    num_labels: int,
    value: Callable[[Counts], float],
    without_one: Callable[[Counts], Floats],
) -> Floats:
    """Spread a function of the confusion matrix over the examples by its delete-one jackknife.

    The influence of example i is (n - 1)(theta - theta without i) (Efron and Stein 1981); centred on
    theta, the values have the metric as their mean and the jackknife's variance as theirs. Examples of
    one confusion cell share one value, so the cost is K^2 and not n evaluations.
    """
    confusion = confusion_matrix(targets, predicted, num_labels)
    theta = value(confusion)
    influence = (len(targets) - 1) * (theta - without_one(confusion)[targets, predicted])
    return np.asarray(theta + influence - influence.mean())


def macro_f1_without_one(confusion: Counts) -> Floats:
    """Macro-F1 after one example of a cell is deleted, for every cell: (K, K) to (K, K).

    With h hits and s = targets + predictions of a class, F1 = 2h / s. Deleting an example off the diagonal
    lowers s by one for its target and for its prediction; on the diagonal it lowers h by one and s by
    two. The classes stay those that have a target now: one that loses its last has an F1 of 0. Empty cells
    carry no meaning.
    """
    hits, num_targets = np.diag(confusion), confusion.sum(axis=1)
    occurs = num_targets > 0
    size = num_targets + confusion.sum(axis=0)
    f1 = np.where(occurs, divide(2 * hits, size), 0)
    change = np.where(occurs, divide(2 * hits, size - 1) - f1, 0)
    total = f1.sum() + change[:, None] + change[None, :]
    np.fill_diagonal(total, f1.sum() + divide(2 * (hits - 1), size - 2) - f1)
    return np.asarray(total / occurs.sum())


def macro_unit(targets: Ints) -> float:
    """Root mean square over the examples of n / (K n_k), the weight of an example of class k.

    A macro average gives every class 1 / K, to be shared by its n_k examples; balanced classes give 1.
    """
    counts = np.unique_counts(targets).counts
    return float(np.sqrt((len(targets) / counts).sum()) / len(counts))


def chance_unit(targets: Ints) -> float:
    """Return what kappa or a correlation gains, times n, from a wrong answer that becomes right.

    If predictions occur as often as targets, it is 1 / (1 - sum of the squared class shares) for a wrong
    class that is drawn as they occur: 2 for two balanced classes, whose kappa is twice the accuracy less 1.
    """
    shares = np.unique_counts(targets).counts / len(targets)
    left = 1 - float((shares**2).sum())
    return 1 / left if len(shares) > 1 else 1.0


_OF_CONFUSION: dict[Metric | OtherMetric, tuple[Callable[[Counts], float], Callable[[Counts], Floats]]] = {
    Metric.MACRO_F1: (macro_f1, macro_f1_without_one),
    Metric.BALANCED_ACCURACY: (balanced_accuracy, balanced_accuracy_without_one),
    Metric.QUADRATIC_KAPPA: (quadratic_kappa, quadratic_kappa_without_one),
    OtherMetric.MATTHEWS: (matthews, matthews_without_one),
}
_BEYOND_CHANCE = (Metric.QUADRATIC_KAPPA, OtherMetric.MATTHEWS)
