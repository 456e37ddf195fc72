"""Metrics of the confusion matrix beside accuracy and macro-F1, each with its values after one deletion.

What a metric is without one example of a cell, for every cell at once, costs K^2 and not n evaluations; empty
cells carry no meaning there. C is the confusion matrix, (K, K), rows are targets, columns are predictions.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def balanced_accuracy(confusion: Counts) -> float:
    """Unweighted mean of recall over the classes among the targets, as scikit-learn's."""
    num_targets = confusion.sum(axis=1)
    return float((np.diag(confusion) / np.maximum(num_targets, 1))[num_targets > 0].mean())


def balanced_accuracy_without_one(confusion: Counts) -> Floats:
    """Do the same after each deletion.

    The classes stay those that have a target now: one that loses its last has a recall of 0.
    """
    hits, num_targets = np.diag(confusion), confusion.sum(axis=1)
    recall = hits / np.maximum(num_targets, 1)
    left = np.maximum(num_targets - 1, 1)
    without = recall.sum() - recall[:, None] + np.repeat((hits / left)[:, None], len(hits), axis=1)
    np.fill_diagonal(without, recall.sum() - recall + (hits - 1) / left)
    return np.asarray(without / (num_targets > 0).sum())


def quadratic_kappa(confusion: Counts) -> float:
    """Agreement beyond chance of classes that are steps of a scale: 1 - D / E, in [-1, 1].

    D is the mean squared distance between target and prediction, in classes, and E what it would be between
    the same targets and predictions paired at random (Cohen 1968, Psychological Bulletin 70, 213-220). 0
    where E is 0: all is one class, and there is no chance to be beyond.
    """
    num_examples = confusion.sum()
    apart, by_chance = _distances(confusion)
    return float(_kappa(apart, by_chance / num_examples))


def quadratic_kappa_without_one(confusion: Counts) -> Floats:
    """Do the same after each deletion."""
    steps = np.arange(len(confusion), dtype=np.float64)
    squares = (steps[:, None] - steps) ** 2
    num_targets, num_predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    apart, by_chance = _distances(confusion)
    # Without one target i and one prediction j, the pairs of each with all others are gone, theirs once.
    chance_left = by_chance - (squares @ num_predicted)[:, None] - (squares @ num_targets) + squares
    return _kappa(apart - squares, chance_left / max(int(confusion.sum()) - 1, 1))


def _distances(confusion: Counts) -> tuple[float, float]:
    """Sum the squared distances of all examples, and of all pairs of a target with any prediction."""
    steps = np.arange(len(confusion), dtype=np.float64)
    squares = (steps[:, None] - steps) ** 2
    num_targets, num_predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    return float((squares * confusion).sum()), float(num_targets @ squares @ num_predicted)


def _kappa(apart: Any, by_chance: Any) -> Floats:
    is_defined = np.asarray(by_chance) > 0
    return np.asarray(np.where(is_defined, 1 - apart / np.where(is_defined, by_chance, 1), 0))


def matthews(confusion: Counts) -> float:
    """Correlation of targets and predictions in [-1, 1] (Gorodkin 2004, Comput. Biol. Chem. 28, 367-374).

    0 where all targets or all predictions are of one class, as in scikit-learn.
    """
    num_targets, num_predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    return float(
        _correlation(
            confusion.sum(),
            np.trace(confusion),
            num_targets @ num_predicted,
            num_targets @ num_targets,
            num_predicted @ num_predicted,
        )
    )


def matthews_without_one(confusion: Counts) -> Floats:
    """Do the same after each deletion."""
    num_targets, num_predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    is_hit = np.eye(len(confusion), dtype=np.int64)
    return _correlation(
        confusion.sum() - 1,
        np.trace(confusion) - is_hit,
        num_targets @ num_predicted - num_predicted[:, None] - num_targets + is_hit,
        num_targets @ num_targets - 2 * num_targets[:, None] + 1,
        num_predicted @ num_predicted - 2 * num_predicted + 1,
    )


def _correlation(size: Any, hits: Any, both: Any, targets: Any, predicted: Any) -> Floats:
    """Take the number of examples and of hits, and the sums over classes of products of the two margins."""
    # As whole numbers the product is too large from some ten thousand examples on.
    spread = np.asarray(size**2 - targets, np.float64) * np.asarray(size**2 - predicted, np.float64)
    is_defined = spread > 0
    root = np.sqrt(np.where(is_defined, spread, 1))
    return np.asarray(np.where(is_defined, (size * hits - both) / root, 0))
