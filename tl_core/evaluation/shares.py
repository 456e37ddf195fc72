"""Which share of one difference another is, with an interval by inversion."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tl_core.evaluation.intervals import interval_of
from tl_core.evaluation.metrics import ExampleValues

_HALVINGS = 30
_FARTHEST = 100.0


@dataclass(frozen=True, kw_only=True)
class Share:
    """A ratio of two mean differences and the ends of its 95% interval; infinite where it is open."""

    estimate: float
    low: float
    high: float


def share_of_way(start: ExampleValues, part: ExampleValues, whole: ExampleValues) -> Share:
    """Say how far ``part`` goes from ``start`` to ``whole``: (part - start) / (whole - start).

    A share s belongs to the interval if that of the mean of (part - start) - s (whole - start) holds 0
    (Fieller 1954, Journal of the Royal Statistical Society B 16, 175-185), with the variance that every
    interval here has, over seeds and examples. All three are of the same seeds and examples, and
    ``whole - start`` must be clearly above 0: otherwise the set is no interval.
    """
    gained, way = part.minus(start), whole.minus(start)
    estimate = float(gained.values.mean() / way.values.mean())

    def side(share: float) -> int:
        """Tell on which side of the interval a share lies; 0 within."""
        size = abs(share)
        limits = replace(
            gained.limits,
            low=gained.limits.low - size * way.limits.high,
            high=gained.limits.high + size * way.limits.high,
            unit=max(1.0, size) * gained.limits.unit,
        )
        rest = replace(gained, values=gained.values - share * way.values, limits=limits, skew=0.0)
        found = interval_of(rest)
        return int(found.low > 0) - int(found.high < 0)

    return Share(estimate=estimate, low=_end(estimate, -1, side), high=_end(estimate, 1, side))


def _end(estimate: float, direction: int, side: Callable[[float], int]) -> float:
    """Go from the estimate until the interval ends, then halve the last step."""
    step, inside = 0.1, estimate
    while side(inside + direction * step) == 0:
        inside += direction * step
        step *= 2
        if step > _FARTHEST:
            return direction * float("inf")
    outside = inside + direction * step
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if side(middle) == 0 else (inside, middle)
    return (inside + outside) / 2
