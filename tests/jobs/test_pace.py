"""The pace of a run, from events with stand-in times."""

from collections.abc import Sequence

import pytest

from tl_core.jobs.pace import read_pace
from tl_core.schema import BudgetRule, Event, PhaseStarted, Span, StepLogged, TrainingConfig

EQUAL = TrainingConfig(epochs=1)
PLATEAU = TrainingConfig(epochs=1, budget=BudgetRule.PLATEAU, cap_factor=4)
LOAD_S = 7.0


def phase(
    seq: int, name: str, num_steps: int | None = None, step: int = 0, wall_s: float = 0.0
) -> PhaseStarted:
    stamp = {"seq": seq, "step": step, "examples_seen": 0, "tokens_seen": 100 * step, "train_s": wall_s}
    return PhaseStarted.model_validate({**stamp, "phase": name, "num_steps": num_steps, "wall_s": wall_s})


def training(step_times: Sequence[float], num_steps: int = 40) -> list[Event]:
    """Make events whose steps took these seconds, half of them for an evaluation; each trains 100 tokens."""
    events: list[Event] = [phase(0, "loading"), phase(1, "training", num_steps, wall_s=LOAD_S)]
    events[1] = events[1].model_copy(update={"train_s": 0.0})
    wall_s, train_s = LOAD_S, 0.0
    for step, seconds in enumerate(step_times, start=1):
        wall_s, train_s = wall_s + seconds, train_s + seconds / 2
        events.append(
            StepLogged(
                seq=step + 1, step=step, examples_seen=0, tokens_seen=100 * step, train_s=train_s,
                wall_s=wall_s, loss=1.0, learning_rate=1e-4, grad_norm=1.0, memory_mib=1.0,
            )
        )  # fmt: skip
    return events


def test_a_pace_is_that_of_the_newer_steps_so_that_a_busy_machine_shows() -> None:
    pace = read_pace(training([1.0] * 10 + [6.0] * 10))
    assert pace is not None
    assert (pace.step, pace.num_steps, pace.step_s) == (20, 40, 6.0)
    assert pace.tokens_per_s == pytest.approx(100 / 3), "evaluations are left out"
    assert pace.left(EQUAL) == Span.of(20 * 6.0)


def test_loading_and_the_first_steps_say_nothing() -> None:
    assert read_pace([]) is None
    assert read_pace([phase(0, "loading")]) is None
    assert read_pace(training([1.0] * 3)) is None
    first = read_pace(training([1.0] * 4))
    assert first is not None
    assert first.left(EQUAL) == Span.of(36.0), "7 s of loading are not projected"


def test_a_long_run_tells_its_pace_after_some_steps_and_not_after_a_share_of_hours() -> None:
    assert read_pace(training([5.0] * 19, num_steps=10_000)) is None
    pace = read_pace(training([5.0] * 20, num_steps=10_000))
    assert pace is not None
    assert pace.left(EQUAL) == Span.of(9_980 * 5.0)


def test_up_to_a_plateau_what_is_left_has_a_least_and_a_most() -> None:
    early, late = read_pace(training([1.0] * 8)), read_pace(training([1.0] * 20))
    assert early is not None
    assert late is not None
    assert early.left(PLATEAU) == Span(low_s=12.0, high_s=32.0)
    assert late.left(PLATEAU) == Span(low_s=0.0, high_s=20.0)


def test_a_training_that_has_ended_at_its_plateau_has_nothing_left() -> None:
    events = training([1.0] * 12)
    pace = read_pace([*events, phase(20, "predicting", step=12, wall_s=500.0)])
    assert pace is not None
    assert pace.left(PLATEAU) == Span.of(0.0)
    assert pace.step_s == 1.0, "predicting is no training"
