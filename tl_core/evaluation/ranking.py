"""How well the scores of two classes rank the examples, and what each example contributes to that."""

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer[Any]]
Scores = npt.NDArray[np.floating[Any]]
Floats = npt.NDArray[np.float64]

BY_CHANCE = 0.5
"""AUROC of scores that say nothing, and of examples that are all of one class."""


def log_odds(logits: Scores) -> Scores:
    """Return the log-odds of the second of two classes: (..., 2) to (...)."""
    return logits[..., 1] - logits[..., 0]


def auroc(targets: Ints, scores: Scores) -> float:
    """Chance that an example of class 1 has the higher score than one of class 0; of equal ones half counts.

    The area under the curve of the true over the false positive rate, whichever of the two is called positive
    (its jackknife rests on placements: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44, 837-845).

    Parameters
    ----------
    targets, scores
        (n,) of 0 and 1, and (n,).
    """
    is_second = targets == 1
    if is_second.all() or not is_second.any():
        return BY_CHANCE
    return float(placements(targets, scores)[is_second].mean())


def placements(targets: Ints, scores: Scores) -> Floats:
    """Return which share of the other class each example is on the right side of: (n,), (n,) to (n,).

    Both classes have an example; of equal scores half is on the right side.
    """
    is_second = targets == 1
    shares = np.empty(len(scores))
    shares[is_second] = _share_below(scores[is_second], scores[~is_second])
    shares[~is_second] = 1 - _share_below(scores[~is_second], scores[is_second])
    return shares


def _share_below(scores: Scores, others: Scores) -> Floats:
    """Return for each score the share of others that are lower, of equal ones half."""
    others = np.sort(others)
    below, up_to = (np.searchsorted(others, scores, side=side) for side in ("left", "right"))
    return np.asarray((below + up_to) / (2 * len(others)))


def auroc_values(targets: Ints, scores: Scores) -> Floats:
    """Spread AUROC over the examples by its delete-one jackknife: (n,), (n,) to (n,).

    AUROC is the mean placement of either class, so that without example i of a class of m it is
    (m A - placement of i) / (m - 1). Where a class has fewer than two examples, all values are AUROC.
    """
    is_second = targets == 1
    sizes = np.where(is_second, is_second.sum(), (~is_second).sum())
    area = auroc(targets, scores)
    if sizes.min() < 2 or sizes.max() == len(sizes):
        return np.full(len(sizes), area)
    return np.asarray(area + (len(sizes) - 1) * (placements(targets, scores) - area) / (sizes - 1))


def average_precision(targets: Ints, scores: Scores) -> float:
    """Mean precision at the scores of the examples of class 1: the area under precision over recall.

    Examples that always score the same have the share of class 1; 0 without one. It is scikit-learn's.
    """
    is_second = targets == 1
    if not is_second.any():
        return 0.0
    num_hits, num_above = _at_or_above(targets, scores)
    return float((num_hits / num_above)[is_second].mean())


def average_precision_values(targets: Ints, scores: Scores) -> Floats:
    """Spread average precision over the examples by its delete-one jackknife: (n,), (n,) to (n,).

    Without an example, the precision at every score up to its own changes; the last of class 1 leaves 0.
    """
    is_second = targets == 1
    num_second, whole = int(is_second.sum()), average_precision(targets, scores)
    if not num_second:
        return np.zeros(len(scores))
    num_hits, num_above = _at_or_above(targets, scores)
    precision = num_hits / num_above
    left = np.maximum(num_above - 1, 1)
    order = np.argsort(-scores, kind="stable")
    places = np.searchsorted(-scores[order], -scores, side="left")  # of the first example with this score

    def summed_up_to(changed: Floats) -> Floats:
        """Sum over the examples of class 1 that score as high as each example, or less."""
        totals = np.append(np.cumsum(np.where(is_second, changed, 0)[order][::-1])[::-1], 0)
        return np.asarray(totals[places])

    total = precision[is_second].sum()
    without_first = total + summed_up_to(num_hits / left - precision)
    own = (num_hits - 1) / left
    without_second = total + summed_up_to(own - precision) - own
    without = np.where(is_second, without_second / max(num_second - 1, 1), without_first / num_second)
    influence = (len(scores) - 1) * (whole - without)
    return np.asarray(whole + influence - influence.mean())


def _at_or_above(targets: Ints, scores: Scores) -> tuple[Floats, Floats]:
    """Count for each example those of class 1, and all, that score as high or higher."""
    order = np.argsort(-scores, kind="stable")
    ends = np.searchsorted(-scores[order], -scores, side="right")
    return np.cumsum(targets[order] == 1)[ends - 1].astype(np.float64), ends.astype(np.float64)
