"""Metrics of one run's predictions. All but the log loss are functions of the confusion matrix."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp, softmax

Ints = npt.NDArray[np.integer[Any]]
Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


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

    ``confusion`` is (K, K): rows are targets, columns are predictions. ``log_loss`` is in nats.
    """

    num_examples: int
    accuracy: float
    macro_f1: float
    log_loss: float
    per_class: PerClass
    confusion: Counts


def evaluate(targets: Ints, logits: npt.NDArray[np.float32]) -> Evaluation:
    """Compute every metric of one run from targets (n,) and logits (n, K)."""
    confusion = confusion_matrix(targets, logits.argmax(axis=1), logits.shape[1])
    return Evaluation(
        num_examples=len(targets),
        accuracy=accuracy(confusion),
        macro_f1=macro_f1(confusion),
        log_loss=log_loss(targets, logits),
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
    """Unweighted mean of F1 over the classes that occur among targets or predictions.

    The rule of scikit-learn's ``f1_score(average="macro", zero_division=0)``: a class that occurs in
    neither is left out of the mean, one that is only ever predicted or only ever missed counts as 0.
    """
    occurs = confusion.sum(axis=0) + confusion.sum(axis=1) > 0
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
    scores = logits.astype(np.float64)
    own = scores[np.arange(len(targets)), targets]
    return np.asarray(logsumexp(scores, axis=1) - own)


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
