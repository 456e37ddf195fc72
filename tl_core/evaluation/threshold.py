"""The probability from which on the second of two classes is answered, chosen on validation."""

import numpy as np
import numpy.typing as npt

from tl_core.evaluation.metrics import Floats, Ints, divide
from tl_core.evaluation.ranking import Scores
from tl_core.schema import Metric

USUAL = 0.0
"""The log-odds of a probability of a half, from which on the second class is the likelier one."""
JUDGED_BY = (Metric.ACCURACY, Metric.MACRO_F1, Metric.BALANCED_ACCURACY)
"""Metrics of answers to two classes; the threshold plays no part in AUROC."""


def metric_of_threshold(metric: Metric) -> Metric:
    """Return what a threshold is judged by where this is the main metric: AUROC's is balanced accuracy."""
    return metric if metric in JUDGED_BY else Metric.BALANCED_ACCURACY


def choose_threshold(targets: Ints, scores: Scores, metric: Metric) -> float:
    """Find the log-odds above which to answer class 1, with the highest metric on these examples.

    To be chosen on validation. It lies half-way between two scores that follow one another; of equally good
    ones the nearest to the usual one is taken, and that itself where nothing is better.

    Parameters
    ----------
    targets, scores
        (n,) of 0 and 1, and the log-odds (n,) of class 1.
    metric
        One of `JUDGED_BY`.
    """
    distinct = np.unique(scores.astype(np.float64))
    cuts = np.concatenate([[USUAL], (distinct[1:] + distinct[:-1]) / 2])
    by_class = [np.sort(scores[targets == k]) for k in (0, 1)]
    # How many of each class are answered with class 0, at each cut: (num_cuts, 2).
    low = np.stack([np.searchsorted(own, cuts, side="right") for own in by_class], axis=1)
    sizes = np.array([len(own) for own in by_class])
    confusions = np.stack([low, sizes - low], axis=2)  # (num_cuts, target, answer)
    values = _values(confusions, metric)
    best = np.flatnonzero(values >= values.max() - 1e-12)
    return float(cuts[best[np.abs(cuts[best]).argmin()]])


def _values(confusions: npt.NDArray[np.int64], metric: Metric) -> Floats:
    """Compute a metric of many confusion matrices: (m, 2, 2) to (m,)."""
    hits = np.diagonal(confusions, axis1=1, axis2=2)
    num_targets, num_predicted = confusions.sum(axis=2), confusions.sum(axis=1)
    if metric is Metric.ACCURACY:
        return np.asarray(hits.sum(axis=1) / num_targets.sum(axis=1))
    of_classes = divide(hits, num_targets)
    if metric is Metric.MACRO_F1:
        of_classes = divide(2 * hits, num_targets + num_predicted)
    return np.asarray(of_classes[:, num_targets[0] > 0].mean(axis=1))
