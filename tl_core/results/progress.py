"""How far an experiment has come, read from what its runs have written so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import mean

from tl_core.evaluation.flags import COLLAPSED_SHARE
from tl_core.schema import Arm, EvalFinished, Event, PhaseStarted, SplitName, State, StepLogged
from tl_core.store.rows import Job, RunRow

_TRUSTED_FRACTION = 0.1
"""Share of its steps after which a run's own pace says more than anything else."""

_MIN_EPOCHS = 1.0
"""Passes over the train examples before an alert is given."""

_RISEN = 1.1
"""A validation loss this many times its lowest has risen by more than an evaluation's noise."""

_RISING_EVALUATIONS = 3
"""Evaluations since the lowest validation loss before its rise is told."""


@dataclass(frozen=True, kw_only=True)
class RunProgress:
    """How far one run has come.

    Attributes
    ----------
    phase
        The part of the work it is in; empty before it has begun and after its end.
    step, num_steps
        Optimizer steps done and planned; None before training.
    train_s
        Training time so far, in seconds.
    tokens_per_s, memory_mib
        Throughput over the training time, and the last memory reading; None while unknown.
    wall_s, left_s
        Time since it began and until the end of its training at its own pace, in seconds, both at its last
        event; ``left_s`` is None before that pace can be trusted. Unlike the time of day they stand still
        while the machine sleeps.
    """

    run: RunRow
    phase: str
    step: int
    num_steps: int | None
    train_s: float
    tokens_per_s: float | None
    memory_mib: float | None
    wall_s: float
    left_s: float | None

    @property
    def fraction(self) -> float:
        """Of its training steps, 0 to 1."""
        return min(1.0, self.step / self.num_steps) if self.num_steps else 0.0


@dataclass(frozen=True, kw_only=True)
class Download:
    """A base model on its way from the hub; ``total_mib`` is 0 while its size is unknown."""

    done_mib: int
    total_mib: int

    @property
    def fraction(self) -> float:
        """Of the whole, 0 to 1; 0 while the size is unknown."""
        return min(1.0, self.done_mib / self.total_mib) if self.total_mib else 0.0


@dataclass(frozen=True, kw_only=True)
class ExperimentProgress:
    """How far an experiment has come.

    Attributes
    ----------
    runs
        In the order of work.
    elapsed_s
        From the start of the first run to now or to the end of the last one.
    left_s
        Expected until the last run ends; None while nothing has been measured, 0 at the end.
    """

    runs: tuple[RunProgress, ...]
    elapsed_s: float
    left_s: float | None

    @property
    def num_ended(self) -> int:
        """Runs that will not change any more, however they ended."""
        return sum(one.run.state.is_final for one in self.runs)

    @property
    def is_done(self) -> bool:
        """Whether no run will change any more."""
        return self.num_ended == len(self.runs)

    @property
    def fraction(self) -> float:
        """Of all the work, 0 to 1: ended runs count whole, running ones by their steps."""
        done = [1.0 if one.run.state.is_final else one.fraction for one in self.runs]
        return sum(done) / len(done) if done else 0.0

    @property
    def latest(self) -> RunProgress | None:
        """The run whose throughput and memory stand for now: a running one, else the last that trained."""
        measured = [one for one in self.runs if one.tokens_per_s]
        running = [one for one in measured if one.run.state is State.RUNNING]
        return next(reversed(running or measured), None)


def run_progress(run: RunRow, events: Sequence[Event]) -> RunProgress:
    """Read one run's progress from its events; those of a queued run are of an attempt that is over."""
    events = () if run.state is State.QUEUED else events
    phases = [event for event in events if isinstance(event, PhaseStarted)]
    training = next((phase for phase in phases if phase.num_steps), None)
    readings = [event for event in events if isinstance(event, StepLogged)]
    last = events[-1] if events else None
    return RunProgress(
        run=run,
        phase=phases[-1].phase if phases and run.state is State.RUNNING else "",
        step=last.step if last else 0,
        num_steps=training.num_steps if training else None,
        train_s=last.train_s if last else 0.0,
        tokens_per_s=last.tokens_seen / last.train_s if last and last.tokens_seen and last.train_s else None,
        memory_mib=readings[-1].memory_mib if readings else None,
        wall_s=last.wall_s if last else 0.0,
        left_s=_left_at_own_pace(training, last) if training and last else None,
    )


def _left_at_own_pace(training: PhaseStarted, last: Event) -> float | None:
    """Project the training that is left from the part that is done; loading before it says nothing."""
    fraction = min(1.0, last.step / (training.num_steps or 1))
    if fraction < _TRUSTED_FRACTION:
        return None
    return (last.wall_s - training.wall_s) * (1 - fraction) / fraction


def find_download(progress: RunProgress, job: Job) -> Download | None:
    """Tell how far a run's base model has come from the hub; None if none is on its way."""
    is_over = 0 < job.num_total <= job.num_done
    if progress.phase != "loading" or is_over or not (job.num_done or job.num_total):
        return None
    return Download(done_mib=job.num_done, total_mib=job.num_total)


def experiment_progress(
    runs: Sequence[RunRow], events: Mapping[str, Sequence[Event]], now: datetime
) -> ExperimentProgress:
    """Read an experiment's progress.

    Parameters
    ----------
    runs
        Its runs in the order of work.
    events
        By run id.
    now
        The present moment, with its time zone.
    """
    progress = tuple(run_progress(run, events.get(run.run_id, ())) for run in runs)
    starts = [_moment(run.started_at) for run in runs if run.started_at]
    ends = [_moment(run.finished_at) for run in runs if run.finished_at]
    is_done = all(run.state.is_final for run in runs)
    end = max(ends) if is_done and ends else now
    return ExperimentProgress(
        runs=progress,
        elapsed_s=(end - min(starts)).total_seconds() if starts else 0.0,
        left_s=_time_left(progress, now),
    )


def _time_left(progress: Sequence[RunProgress], now: datetime) -> float | None:
    """Sum what each remaining run will take, one after the other; None if one cannot be estimated."""
    durations = _durations(progress)
    left = [_run_left(one, durations, now) for one in progress if not one.run.state.is_final]
    known = [seconds for seconds in left if seconds is not None]
    return sum(known) if len(known) == len(left) else None


def _durations(progress: Sequence[RunProgress]) -> dict[tuple[str, int], float]:
    """Mean wall time of a run by arm and train size: measured, or projected from a running run's steps."""
    seen: dict[tuple[str, int], list[float]] = {}
    for one in progress:
        if one.run.state is State.FINISHED and one.run.started_at and one.run.finished_at:
            seconds = (_moment(one.run.finished_at) - _moment(one.run.started_at)).total_seconds()
        elif one.run.state is State.RUNNING and one.left_s is not None:
            seconds = one.wall_s + one.left_s
        else:
            continue
        seen.setdefault(_kind_of_work(one.run), []).append(seconds)
    return {work: mean(seconds) for work, seconds in seen.items()}


def _run_left(one: RunProgress, durations: Mapping[tuple[str, int], float], now: datetime) -> float | None:
    if one.run.state is State.RUNNING and one.left_s is not None:
        return one.left_s
    duration = durations.get(_kind_of_work(one.run), _duration_of_relatives(one.run, durations))
    return None if duration is None else max(0.0, duration - _elapsed(one.run, now))


def _duration_of_relatives(run: RunRow, durations: Mapping[tuple[str, int], float]) -> float | None:
    """Take the slowest arm of the same sort, with or without a network, for one that nothing is known of."""
    is_neural = run.config.arm.kind.is_neural
    kin = [s for (arm, _), s in durations.items() if Arm.parse(arm).kind.is_neural == is_neural]
    return max(kin, default=None)


def _kind_of_work(run: RunRow) -> tuple[str, int]:
    return run.config.arm.name, run.config.train_size


def _elapsed(run: RunRow, now: datetime) -> float:
    return (now - _moment(run.started_at)).total_seconds() if run.started_at else 0.0


def _moment(written: str) -> datetime:
    return datetime.fromisoformat(written)


def find_alerts(
    progress: ExperimentProgress, events: Mapping[str, Sequence[Event]], floor: float | None = None
) -> dict[str, list[RunRow]]:
    """Find what a person should know of the running runs, in plain words that complete an arm's name.

    Parameters
    ----------
    floor
        Accuracy on validation of always answering the largest class (fraction); None if unknown.
    """
    alerts: dict[str, list[RunRow]] = {}
    for one in progress.runs:
        if one.run.state is State.RUNNING and one.run.config.arm.kind.is_neural:
            for phrase in _alerts_of(one.run, events.get(one.run.run_id, ()), floor):
                alerts.setdefault(phrase, []).append(one.run)
    return alerts


def _alerts_of(run: RunRow, events: Sequence[Event], floor: float | None) -> list[str]:
    evaluations = [e for e in events if isinstance(e, EvalFinished) and e.split is SplitName.VALIDATION]
    epochs = evaluations[-1].examples_seen / run.config.train_size if evaluations else 0.0
    if epochs < _MIN_EPOCHS:
        return []
    after = f"after {epochs:.1f}".removesuffix(".0") + (" epoch" if round(epochs, 1) == 1 else " epochs")
    readings = [event for event in events if isinstance(event, StepLogged)]
    found = (
        _answers_one_class(evaluations[-1], floor, after),
        _does_not_learn(readings, after),
        _learns_by_heart(evaluations, readings),
    )
    return [phrase for phrase in found if phrase]


def _answers_one_class(last: EvalFinished, floor: float | None, after: str) -> str:
    """Say that a run answers one class, or that it is no better than that."""
    counts = last.predicted_class_counts
    if max(counts) >= COLLAPSED_SHARE * sum(counts):
        return f"still predicts one class {after}"
    if floor is None or last.accuracy > floor:
        return ""
    shares = f"{100 * last.accuracy:.1f} against {100 * floor:.1f} %"
    return (
        f"is no more accurate than always answering the largest class {after} "
        f"({shares}, {last.num_examples:,} validation examples)"
    )


def _does_not_learn(readings: Sequence[StepLogged], after: str) -> str:
    has_fallen = len(readings) < 2 or readings[-1].loss < readings[0].loss
    return "" if has_fallen else f"has not lowered its training loss {after}"


def _learns_by_heart(evaluations: Sequence[EvalFinished], readings: Sequence[StepLogged]) -> str:
    """Say that the validation loss rises while the training loss falls."""
    lowest = min(evaluations, key=lambda evaluation: evaluation.loss)
    last = evaluations[-1]
    num_since = len(evaluations) - 1 - evaluations.index(lowest)
    if num_since < _RISING_EVALUATIONS or last.loss < _RISEN * lowest.loss:
        return ""
    before = [one.loss for one in readings if one.step <= lowest.step]
    since = [one.loss for one in readings if one.step > lowest.step]
    if not before or not since or mean(since) >= before[-1]:
        return ""
    return (
        f"may be learning its examples by heart: since step {lowest.step:,} its training loss falls and its "
        f"validation loss has risen from {lowest.loss:.2f} to {last.loss:.2f} nats"
    )
