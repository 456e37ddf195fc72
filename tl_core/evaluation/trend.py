"""Whether networks were still improving when their steps ended, from noisy curves of several seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from scipy import special

LARGE_WAY: Final = 0.25
"""Share of the way that must not be ahead any more where a curve is called settled."""
SMALL_WAY: Final = 0.1
"""Share of the way from which on a rise or fall counts, however sure it is."""
ALPHA: Final = 0.02
"""Of each of two one-sided tests, on the loss and on the metric: together at most a false alarm in 20."""
FEWEST_LOOKS: Final = 5


class Trend(StrEnum):
    """What curves say about their end."""

    IMPROVING = "improving"
    SETTLED = "settled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class SecondHalf:
    """How far a metric came in the second half of the budget, as the mean over seeds.

    Attributes
    ----------
    gain
        In the metric's own unit, positive where it improves: the least-squares slope times the half's length.
    low, high
        Ends of its interval, `ALPHA` on either side.
    whole
        What it gained from the first evaluation to the last quarter.
    num_looks
        Evaluations of each curve, the first included.
    """

    gain: float
    low: float
    high: float
    whole: float
    num_looks: int

    @property
    def trend(self) -> Trend:
        """Hold it against what it would be with some of the way ahead."""
        if self.whole <= 0:
            return Trend.UNKNOWN
        if self.low > 0 and self.gain > self.whole * share_of_second_half(SMALL_WAY, self.num_looks):
            return Trend.IMPROVING
        is_small = self.high < self.whole * share_of_second_half(LARGE_WAY, self.num_looks)
        return Trend.SETTLED if is_small else Trend.UNKNOWN


def share_of_second_half(ahead: float, num_looks: int) -> float:
    """Return which share of all gains the second half's slope tells of, with ``ahead`` of the way to come.

    The model: an exponential approach in the sum of the learning rate, which falls linearly to 0. After a
    share s of the steps 1 - (1 - s)^2 of that sum is spent, and ``ahead`` ^ that of the way is left.
    """
    places = np.linspace(0, 1, num_looks)
    left = ahead ** (1 - (1 - places) ** 2)
    half = left[num_looks // 2 :]
    gained = -np.polyfit(np.arange(len(half)), half, 1)[0] * (len(half) - 1)
    return float(gained / (left[0] - left[-1]))


def second_half(curves: Sequence[Sequence[float]]) -> SecondHalf | None:
    """Measure the gain of the second half over seeds; ``curves`` rise where they improve.

    Each curve has a level of its own and all have one slope; the noise is what is left of all of them around
    their lines, so that several seeds make up for few examples an evaluation. None with fewer than
    `FEWEST_LOOKS` evaluations, or where curves have different numbers of them.
    """
    lengths = {len(curve) for curve in curves}
    if len(lengths) != 1 or min(lengths) < FEWEST_LOOKS:
        return None
    values = np.asarray(curves, dtype=np.float64)  # (num_seeds, num_looks)
    num_looks = values.shape[1]
    late = values[:, num_looks // 2 :]
    places = np.arange(late.shape[1]) - (late.shape[1] - 1) / 2
    spread = float((places**2).sum())
    slopes = late @ places / spread
    residuals = late - late.mean(axis=1, keepdims=True) - slopes[:, None] * places
    free = late.shape[0] * (late.shape[1] - 2)
    error = float(np.sqrt((residuals**2).sum() / free / spread / len(late)))
    length = late.shape[1] - 1
    gain, reach = length * float(slopes.mean()), length * error * float(special.stdtrit(free, 1 - ALPHA))
    quarter = max(1, num_looks // 4)
    whole = float((values[:, -quarter:].mean(axis=1) - values[:, 0]).mean())
    return SecondHalf(gain=gain, low=gain - reach, high=gain + reach, whole=whole, num_looks=num_looks)


def judge(losses: Sequence[Sequence[float]], values: Sequence[Sequence[float]]) -> Trend:
    """Judge curves of loss and metric on validation, seed by seed.

    It is improving where either is: a network that grows sure of itself can answer better while its loss
    rises. It has settled where the loss has, or, where the loss says nothing, the metric.
    """
    trends = [
        half.trend if half else Trend.UNKNOWN
        for half in (second_half([[-one for one in curve] for curve in losses]), second_half(values))
    ]
    if Trend.IMPROVING in trends:
        return Trend.IMPROVING
    return Trend.SETTLED if Trend.SETTLED in trends else Trend.UNKNOWN
