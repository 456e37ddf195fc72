"""An interval for what repeated random splits of the same data have shown."""

from typing import Final

import numpy as np
from scipy import special

from tl_core.errors import ComparisonError
from tl_core.evaluation.intervals import Interval
from tl_core.evaluation.metrics import Floats, Limits

FEW_SPLITS: Final = 5
"""Splits below which their spread is hardly known: a claim says so."""


def corrected_interval(
    differences: Floats, *, num_train: float, num_test: float, limits: Limits, confidence: float = 0.95
) -> Interval:
    """Estimate the expected difference between two arms over further draws of train and test examples.

    It is the corrected resampled t interval (Nadeau and Bengio 2003, Machine Learning 52, 239-281, section
    3.5): with s^2 the variance of the K differences, that of their mean is taken for

        (1 / K + num_test / num_train) s^2,

    with K - 1 degrees of freedom. Splits of the same data share examples, so their differences are
    correlated, and s^2 / K is too small; the correlation cannot be estimated without bias (Bengio and
    Grandvalet 2004, JMLR 5, 1089-1105), and num_test / (num_test + num_train) stands in for it.

    s^2 is at least that of one answer that changes in one split, so that the interval has a width where all
    differences are equal.

    Parameters
    ----------
    differences
        One of each split, (K,): the mean over its seeds and test examples.
    num_train, num_test
        Examples that a split trains on, and those that it is scored on; their means where splits differ.
    limits
        What a difference can be.
    confidence
        Probability with which the interval is to cover the mean, between 0 and 1.

    Raises
    ------
    ComparisonError
        If there are fewer than two splits.
    """
    count = len(differences)
    if count < 2:
        raise ComparisonError(
            "One split says nothing of others.", "Split the data at least twice, better five times."
        )
    least = (limits.unit / num_test) ** 2 / count
    spread = max(float(differences.var(ddof=1)), least)
    estimate, free = float(differences.mean()), count - 1
    error = float(np.sqrt((1 / count + num_test / num_train) * spread))
    reach = float(special.stdtrit(free, (1 + confidence) / 2)) * error
    return Interval(
        estimate=estimate,
        low=max(limits.low, estimate - reach),
        high=min(limits.high, estimate + reach),
        p_value=float(2 * special.stdtr(free, -abs(estimate) / error)),
        standard_error=error,
        degrees_of_freedom=free,
        method="corrected_resampled_t",
        scope="expected",
    )
