"""When a run has levelled off on validation, and which of its weights it keeps. No torch."""

import math
from dataclasses import dataclass, field

from tl_core.schema import EvalFinished, Metric

SMOOTHED = 10
"""Evaluations that a point of the smoothed curve is the mean of."""
# Two means of the same values in another order differ by rounding.
_EQUAL = 1e-9


@dataclass(kw_only=True)
class Plateau:
    """Watches a run's evaluations on validation by its headline metric.

    **When it is over.** A single evaluation is noise: with 96 examples its standard error is 5 points. So the
    curve is the running mean of `SMOOTHED` evaluations, and the run has levelled off when that mean has not
    risen above its own highest value for ``patience`` evaluations in a row; never before ``min_step``. A rise
    need not exceed the noise to count, for that would end runs that climb slowly: by chance a mean of noise
    rises too, which makes a run longer, at most up to its limit, and never shorter. Losses play no part: a
    network that grows sure of itself can answer better while its loss rises.

    **What it keeps.** The weights with which the running mean was highest. A single highest evaluation would
    mostly be luck.
    """

    metric: Metric
    patience: int
    min_step: int
    best: EvalFinished | None = None
    _values: list[float] = field(default_factory=list)
    _highest: float = -math.inf
    _num_since: int = 0

    def is_best(self, look: EvalFinished) -> bool:
        """Take note of an evaluation after some steps; whether its weights are the ones to keep so far.

        Until there are enough for a mean, those are the newest.
        """
        self._values.append(look.value(self.metric))
        is_best = len(self._values) < SMOOTHED
        if not is_best:
            mean = sum(self._values[-SMOOTHED:]) / SMOOTHED
            is_best = mean > self._highest + _EQUAL
            self._num_since = 0 if is_best else self._num_since + 1
            self._highest = max(mean, self._highest)
        if is_best:
            self.best = look
        return is_best

    def is_over(self, step: int) -> bool:
        """Whether the run may end at this step."""
        return step >= self.min_step and self._num_since >= self.patience
