"""How much examples count in training. Without pyarrow: training imports it."""

import numpy as np
import numpy.typing as npt

Weights = npt.NDArray[np.float64]


def relative_weights(weights: Weights | None) -> Weights | None:
    """Scale the weights of some train examples to a mean of 1.

    Only their ratios count, so that neither learning rates nor regularisation depend on their unit.

    Returns
    -------
    Shape ``(num_examples,)``; None without weights and where all are equal, which is the same and lets the
    unweighted sum be taken, to the last bit.
    """
    if weights is None or (weights == weights[0]).all():
        return None
    largest = weights / weights.max()  # their sum cannot overflow
    scaled: Weights = largest / largest.mean()
    return scaled


def balanced_weights(targets: npt.NDArray[np.integer], weights: Weights | None = None) -> Weights:
    """Weigh train examples so that every class that occurs counts the same in all: w_i / sum of its class.

    Parameters
    ----------
    targets
        Class ids, ``(num_examples,)``.
    weights
        How much the examples count without that; None for all alike. A class whose weights are all 0 stays
        at 0.

    Returns
    -------
    Shape ``(num_examples,)``, the mean as before.
    """
    own = np.ones(len(targets)) if weights is None else weights
    of_class = np.bincount(targets, own)
    share = np.divide(1.0, of_class, out=np.zeros(len(of_class)), where=of_class > 0)
    balanced: Weights = own * (own.sum() / np.count_nonzero(of_class)) * share[targets]
    return balanced
