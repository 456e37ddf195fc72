"""How fast a run trains at this moment, read from its newest events, so that a busy machine shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from tl_core.schema import FEWEST_FACTOR, BudgetRule, Event, PhaseStarted, Span, TrainingConfig

_TRUSTED_FRACTION, _TRUSTED_STEPS = 0.1, 20
"""Share of its steps, or number of them, after which a run's own pace says more than anything else."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """What the newer half of a run's steps has taken.

    Attributes
    ----------
    step, num_steps
        Optimizer steps done, and to be done at most.
    step_s
        Seconds a step by the run's own clock, evaluations included; it stands still while the machine sleeps.
    tokens_per_s
        Tokens trained on a second, evaluations left out; None if nothing was measured.
    is_over
        Whether the training has ended, and the run predicts or saves.
    """

    step: int
    num_steps: int
    step_s: float
    tokens_per_s: float | None
    is_over: bool

    def left(self, training: TrainingConfig) -> Span:
        """Return the seconds of training that are left, from a plateau's fewest steps to its cap."""
        if self.is_over:
            return Span.of(0.0)
        can_end_early = training.budget is BudgetRule.PLATEAU
        share = min(1.0, FEWEST_FACTOR / training.cap_factor) if can_end_early else 1.0
        least = share * self.num_steps
        low, high = (max(0.0, limit - self.step) * self.step_s for limit in (least, self.num_steps))
        return Span(low_s=low, high_s=high)


def read_pace(events: Sequence[Event]) -> Pace | None:
    """Read a run's pace; None before 20 of its steps or a tenth: loading and the first say nothing."""
    phases = [event for event in events if isinstance(event, PhaseStarted)]
    training = next((phase for phase in phases if phase.num_steps), None)
    if training is None or not training.num_steps:
        return None
    end = next((phase.seq for phase in phases if phase.seq > training.seq), None)
    trained = [event for event in events if event.seq >= training.seq and (end is None or event.seq < end)]
    last = trained[-1]
    if last.step < max(1.0, min(_TRUSTED_FRACTION * training.num_steps, _TRUSTED_STEPS)):
        return None
    before = next(event for event in reversed(trained) if event.step <= last.step / 2)
    trained_s = last.train_s - before.train_s
    return Pace(
        step=last.step,
        num_steps=training.num_steps,
        step_s=(last.wall_s - before.wall_s) / (last.step - before.step),
        tokens_per_s=(last.tokens_seen - before.tokens_seen) / trained_s if trained_s > 0 else None,
        is_over=end is not None,
    )
