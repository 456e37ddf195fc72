"""Places for labels beside a chart: as near as they can be to what they name, never on each other."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def spread(
    wanted: Sequence[float], sizes: Sequence[float], low: float, high: float
) -> npt.NDArray[np.float64]:
    """Centres of labels on a line, moved least in the sum of squares so that none overlap.

    Once the sizes of the labels before each are taken off, "no overlap" means "not decreasing", so the
    nearest such places are an isotonic regression (Barlow et al., Statistical Inference under Order
    Restrictions, 1972). Only if the labels need more room than there is do they overlap, all alike.

    Parameters
    ----------
    wanted
        Wanted centres, in any order, shape ``(num_labels,)``, at least one.
    sizes
        Extent of each label along the line, above zero, in the unit of `wanted`.
    low, high
        Ends of the line.

    Returns
    -------
    Centres in the order of `wanted`; each label lies within ``[low, high]``.
    """
    from scipy.optimize import isotonic_regression  # a third of a second to import, and few pages need it

    order = np.argsort(wanted, kind="stable")
    extents = np.asarray(sizes, dtype=float)[order]
    extents *= min(1.0, (high - low) / extents.sum())
    offsets = np.cumsum(extents) - extents / 2
    slack = np.asarray(wanted, dtype=float)[order] - offsets
    starts = np.clip(isotonic_regression(slack).x, low, high - extents.sum())
    centres = np.empty(len(order))
    centres[order] = starts + offsets
    return centres
