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
