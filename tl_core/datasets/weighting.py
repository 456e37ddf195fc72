"""How much examples count in training. Without pyarrow: training imports it."""

import numpy as np
import numpy.typing as npt

from tl_core.errors import DataError

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


def rows_that_teach(rows: npt.NDArray[np.int64], weights: Weights | None) -> npt.NDArray[np.int64]:
    """Leave out the train rows whose weight is 0.

    Parameters
    ----------
    rows
        Rows of a dataset.
    weights
        The weights of all its rows, None if it has none.

    Raises
    ------
    DataError
        If no row is left.
    """
    taught = rows if weights is None else rows[weights[rows] > 0]
    if not len(taught):
        raise DataError(
            f"All {len(rows):,} training examples have a weight of 0.",
            "Choose more training examples, or another weight column.",
        )
    return taught
