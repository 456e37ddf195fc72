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

    **What it keeps.** Of the evaluations after the rate began to decay, the weights of the one with the
    highest value, of equal ones the last. Before that a large rate throws the weights about, and the highest
    of many such evaluations is mostly luck (docs/fairness_and_statistics.md has an example).
    """

    metric: Metric
    patience: int
    min_step: int
    best: EvalFinished | None = None
    _values: list[float] = field(default_factory=list)
    _highest: float = -math.inf
    _num_since: int = 0

    def is_best(self, look: EvalFinished, *, is_cooling: bool) -> bool:
        """Take note of an evaluation after some steps; whether its weights are the ones to keep so far.

        ``is_cooling`` says whether the rate decays already.
        """
        self._values.append(self._value(look))
        if len(self._values) >= SMOOTHED:
            mean = sum(self._values[-SMOOTHED:]) / SMOOTHED
            self._num_since = 0 if mean > self._highest + _EQUAL else self._num_since + 1
            self._highest = max(mean, self._highest)
        is_best = is_cooling and (self.best is None or self._value(look) >= self._value(self.best))
        if is_best:
            self.best = look
        return is_best

    def is_over(self, step: int) -> bool:
        """Whether the run may end at this step."""
        return step >= self.min_step and self._num_since >= self.patience

    def _value(self, look: EvalFinished) -> float:
        return look.accuracy if self.metric is Metric.ACCURACY else look.macro_f1
