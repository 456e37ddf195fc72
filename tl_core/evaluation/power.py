"""The smallest difference that a test set and a number of seeds would show."""

from typing import Final

from scipy import special

from tl_core.evaluation.intervals import Interval, Limits

POWER: Final = 0.8
_ALPHA = 0.05
# The sign test calls six discordant examples of six significant, five of five not: 2 / 2^6 < 0.05 < 2 / 2^5.
_FEWEST_DISCORDANT = 6


def detectable_difference(interval: Interval, limits: Limits, num_examples: int) -> float | None:
    """Give the true difference that would be shown in four of five experiments like this one.

    A t statistic with nu degrees of freedom exceeds its critical value with probability 0.8 where its
    non-centrality is lambda; the difference is lambda times the standard error (Cohen 1988, Statistical Power
    Analysis for the Behavioral Sciences, ch. 2). The variance is the one that was estimated, so it is a guess
    at what another experiment could show, and no statement about this one's difference. Lengthening for
    skewed seeds is left out.

    Where no example is discordant, it is the share of discordant examples, all won by one arm, of which
    ``num_examples`` hold the six that the sign test needs with probability 0.8.

    Returns
    -------
    Of the metric's unit; None where even the largest possible difference would not be shown so often.
    """
    if interval.standard_error is None or interval.degrees_of_freedom is None:
        if num_examples < _FEWEST_DISCORDANT:
            return None
        free = num_examples - _FEWEST_DISCORDANT + 1
        size = limits.unit * limits.high * float(special.betaincinv(_FEWEST_DISCORDANT, free, POWER))
    else:
        df = interval.degrees_of_freedom
        critical = special.stdtrit(df, 1 - _ALPHA / 2)
        size = interval.standard_error * float(special.nctdtrinc(df, 1 - POWER, critical))
    return size if size <= limits.high else None
