"""Whether networks were still improving when their steps ended, from noisy curves of several seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

import numpy as np
from scipy import special

from tl_core.evaluation.metrics import Floats

LARGE_WAY: Final = 0.25
"""Share of the way that must not be ahead any more where a curve is called settled."""
SMALL_WAY: Final = 0.1
"""Share of the way from which on a rise or fall counts, however sure it is."""
ALPHA: Final = 0.02
"""Of each of two one-sided tests, on the loss and on the metric: together at most a false alarm in 20."""
FEWEST_LOOKS: Final = 5
ONE_SEED_CORRELATION: Final = 0.6
"""Of the noise of neighbouring evaluations, where one seed has none beside it to tell noise from trend by."""
_CORRELATIONS: Final = np.linspace(0, 0.95, 96)


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
        In the metric's own unit, positive where it improves: the slope times the half's length.
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

    Each curve has a level of its own and all have one slope, by generalised least squares. All evaluations
    see the same validation examples, so the noise of neighbouring ones is taken to be correlated, with one
    power of the correlation for each step between them. Noise is what seeds differ by at the same evaluation;
    of one seed it is what is left around its line. The t interval has the degrees of freedom of an effective
    number of evaluations, n (1 - r) / (1 + r) (Bayley and Hammersley 1946, Supplement to the Journal of the
    Royal Statistical Society 8, 184-197). None with fewer than `FEWEST_LOOKS` evaluations, or where curves
    have different numbers of them.
    """
    lengths = {len(curve) for curve in curves}
    if len(lengths) != 1 or min(lengths) < FEWEST_LOOKS:
        return None
    values = np.asarray(curves, dtype=np.float64)  # (num_seeds, num_looks)
    num_seeds, num_looks = values.shape
    late = values[:, num_looks // 2 :]
    num_late = late.shape[1]
    correlation = _correlation(values[:, 1:]) if num_seeds > 1 else ONE_SEED_CORRELATION
    alike = _alike(correlation, num_late)
    line = np.stack([np.ones(num_late), np.arange(num_late) - (num_late - 1) / 2])
    covariance = np.linalg.inv(line @ np.linalg.solve(alike, line.T))
    slopes = late @ np.linalg.solve(alike, line.T) @ covariance[1]
    if num_seeds > 1:
        noise, num_free = _centred(late - late.mean(axis=0)), num_seeds - 1
        kept = _centred(np.eye(num_late))
        free = max(num_free * (num_late - 1) * (1 - correlation) / (1 + correlation), num_free)
    else:
        kept = np.eye(num_late) - line.T @ np.linalg.solve(line @ line.T, line)
        noise, num_free, free = late @ kept, 1, num_late - 2
    variance = (noise**2).sum() / (num_free * np.trace(kept @ alike))
    error = float(np.sqrt(variance * covariance[1, 1] / num_seeds))
    length = num_late - 1
    gain, reach = length * float(slopes.mean()), length * error * float(special.stdtrit(free, 1 - ALPHA))
    quarter = max(1, num_looks // 4)
    whole = float((values[:, -quarter:].mean(axis=1) - values[:, 0]).mean())
    return SecondHalf(gain=gain, low=gain - reach, high=gain + reach, whole=whole, num_looks=num_looks)


def _correlation(values: Floats) -> float:
    """Estimate how neighbouring evaluations' noise is correlated, from what seeds differ by: 0 to 0.95.

    Each row is centred on its own mean, which makes noise look less correlated than it is; the answer is the
    correlation of which that would be expected.
    """
    noise = _centred(values - values.mean(axis=0))
    total = float((noise**2).sum())
    if total == 0:
        return 0.0
    seen = float((noise[:, 1:] * noise[:, :-1]).sum()) / total
    return float(np.interp(seen, _expected(values.shape[1]), _CORRELATIONS))


@lru_cache(maxsize=64)
def _expected(num_looks: int) -> Floats:
    """Return the share of neighbours' products among squares expected of rows at each of `_CORRELATIONS`."""
    kept = _centred(np.eye(num_looks))
    shares = [
        np.trace(kept @ np.eye(num_looks, k=1) @ kept @ alike) / np.trace(kept @ alike)
        for alike in (_alike(correlation, num_looks) for correlation in _CORRELATIONS)
    ]
    return np.asarray(shares)


def _alike(correlation: float, num_looks: int) -> Floats:
    """Return the correlations of evaluations with each other, (num_looks, num_looks)."""
    places = np.arange(num_looks)
    return np.asarray(correlation ** np.abs(places[:, None] - places), dtype=np.float64)


def _centred(values: Floats) -> Floats:
    return np.asarray(values - values.mean(axis=1, keepdims=True))


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
