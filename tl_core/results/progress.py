"""How far an experiment has come, read from what its runs have written so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import mean

from tl_core.evaluation.flags import COLLAPSED_SHARE
from tl_core.evaluation.ranking import BY_CHANCE
from tl_core.jobs.pace import Pace, read_pace
from tl_core.results.runs import looks
from tl_core.schema import (
    Arm,
    BudgetRule,
    EvalFinished,
    Event,
    Metric,
    PhaseStarted,
    Span,
    State,
    StepLogged,
)
from tl_core.store.rows import Job, RunRow

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
    wall_s
        Time since it began, in seconds, at its last event. Unlike the time of day it stands still while the
        machine sleeps.
    pace
        How fast it trains now; None before that can be told.
    """

    run: RunRow
    phase: str = ""
    step: int = 0
    num_steps: int | None = None
    train_s: float = 0.0
    tokens_per_s: float | None = None
    memory_mib: float | None = None
    wall_s: float = 0.0
    pace: Pace | None = None

    @property
    def fraction(self) -> float:
        """Of its training steps, 0 to 1."""
        return min(1.0, self.step / self.num_steps) if self.num_steps else 0.0

    @property
    def left(self) -> Span | None:
        """Until the end of its training at its own pace."""
        return None if self.pace is None else self.pace.left(self.run.config.training)


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
    left
        Expected until the last run ends, with what trains before it; None where the time of one is unknown,
        0 at the end.
    """

    runs: tuple[RunProgress, ...]
    elapsed_s: float
    left: Span | None

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
    if run.state is State.QUEUED or not events:
        return RunProgress(run=run)

    phase, num_steps, memory_mib = "", None, None
    for event in events:
        if isinstance(event, PhaseStarted):
            phase = event.phase
            num_steps = num_steps or event.num_steps or None
        elif isinstance(event, StepLogged):
            memory_mib = event.memory_mib
    if run.state is not State.RUNNING:
        phase = ""

    last, tokens_per_s = events[-1], None
    if last.tokens_seen and last.train_s:
        tokens_per_s = last.tokens_seen / last.train_s
    return RunProgress(
        run=run,
        phase=phase,
        step=last.step,
        num_steps=num_steps,
        train_s=last.train_s,
        tokens_per_s=tokens_per_s,
        memory_mib=memory_mib,
        wall_s=last.wall_s,
        pace=read_pace(events),
    )


def find_download(progress: RunProgress, job: Job) -> Download | None:
    """Tell how far a run's base model has come from the hub; None if none is on its way."""
    is_over = 0 < job.num_total <= job.num_done
    if progress.phase != "loading" or is_over or not (job.num_done or job.num_total):
        return None
    return Download(done_mib=job.num_done, total_mib=job.num_total)


def experiment_progress(
    runs: Sequence[RunRow],
    events: Mapping[str, Sequence[Event]],
    now: datetime,
    expected: Sequence[Span] | None = None,
    ahead: Span | None = Span.of(0.0),  # noqa: B008 (it is frozen)
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
    expected
        What each run is expected to take by its position, for those of which nothing is measured here.
    ahead
        What runs of other experiments take that come before; None where that is unknown.
    """
    progress = tuple(run_progress(run, events.get(run.run_id, ())) for run in runs)
    starts = [_moment(run.started_at) for run in runs if run.started_at]
    ends = [_moment(run.finished_at) for run in runs if run.finished_at]
    is_done = all(run.state.is_final for run in runs)
    end = max(ends) if is_done and ends else now
    return ExperimentProgress(
        runs=progress,
        elapsed_s=(end - min(starts)).total_seconds() if starts else 0.0,
        left=_time_left(progress, now, expected, ahead),
    )


def _time_left(
    progress: Sequence[RunProgress], now: datetime, expected: Sequence[Span] | None, ahead: Span | None
) -> Span | None:
    """Sum what each remaining run will take, one after the other; None if one cannot be estimated."""
    seen = _durations(progress)
    left = [_run_left(one, seen, now, expected) for one in progress if not one.run.state.is_final]
    if not left:
        return Span.of(0.0)
    known = [span for span in (ahead, *left) if span is not None]
    return Span.total(known) if len(known) == 1 + len(left) else None


def _durations(progress: Sequence[RunProgress]) -> dict[tuple[str, int], Span]:
    """Return what runs of each arm and train size took here, at the speed at which their network trains now.

    The newest one counts; up to a plateau all of them do, for each run has its own.
    """
    speeds = _newest_speeds(progress)
    seen: dict[tuple[str, int], Span] = {}
    for one in _oldest_first(progress):
        run = one.run
        if run.state is State.FINISHED and run.started_at and run.finished_at:
            took_s = (_moment(run.finished_at) - _moment(run.started_at)).total_seconds()
            span = Span.of(max(0.0, took_s))
            if one.tokens_per_s:
                span = span.times(one.tokens_per_s / speeds[_network(run)])
        elif run.state is State.RUNNING and one.left is not None:
            span = Span.of(one.wall_s) + one.left
        else:
            continue
        before = seen.get(_kind_of_work(run))
        is_plateau = run.config.training.budget is BudgetRule.PLATEAU
        seen[_kind_of_work(run)] = before.around(span) if before and is_plateau else span
    return seen


def _newest_speeds(progress: Sequence[RunProgress]) -> dict[tuple[str | None, str], float]:
    """Return the tokens a second of what trains now, else of the run that finished last, by network."""
    speeds = {}
    for one in _oldest_first(progress):
        newest = one.pace.tokens_per_s if one.pace and one.run.state is State.RUNNING else None
        if measured := newest or one.tokens_per_s:
            speeds[_network(one.run)] = measured
    return speeds


def _oldest_first(progress: Sequence[RunProgress]) -> list[RunProgress]:
    """List the runs that have something measured, the finished ones by their ends and then what trains."""
    finished = [one for one in progress if one.run.state is State.FINISHED]
    running = [one for one in progress if one.run.state is State.RUNNING]
    return [*sorted(finished, key=lambda one: one.run.finished_at or ""), *running]


def _network(run: RunRow) -> tuple[str | None, str]:
    """Name what trains at one speed: whole networks of one base model do, arms of another sort each alone."""
    kind = run.config.arm.kind
    is_whole = kind.is_whole and not kind.is_on_pairs
    return run.config.base_model, "" if is_whole else run.config.arm.name


def _run_left(
    one: RunProgress,
    seen: Mapping[tuple[str, int], Span],
    now: datetime,
    expected: Sequence[Span] | None,
) -> Span | None:
    """Say what one run still takes, by its own pace, by runs like it here, or by what was expected.

    Of an arm that nothing is known of, the slowest of its sort counts, with or without a network.
    """
    run = one.run
    if run.state is State.RUNNING and one.left is not None:
        return one.left
    whole = seen.get(_kind_of_work(run))
    if whole is None and expected:
        whole = expected[run.config.position]
    elif whole is None:
        is_neural = run.config.arm.kind.is_neural
        kin = [span for (arm, _), span in seen.items() if Arm.parse(arm).kind.is_neural == is_neural]
        whole = max(kin, key=lambda span: span.high_s, default=None)
    if whole is None:
        return None
    return whole.less((now - _moment(run.started_at)).total_seconds() if run.started_at else 0.0)


def _kind_of_work(run: RunRow) -> tuple[str, int]:
    return run.config.arm.name, run.config.train_size


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
        if one.run.state is State.RUNNING and one.run.config.arm.kind.is_whole:
            for phrase in _alerts_of(one.run, events.get(one.run.run_id, ()), floor):
                alerts.setdefault(phrase, []).append(one.run)
    return alerts


def _alerts_of(run: RunRow, events: Sequence[Event], floor: float | None) -> list[str]:
    evaluations = looks(events)
    epochs = evaluations[-1].examples_seen / run.config.train_size if evaluations else 0.0
    if epochs < _MIN_EPOCHS:
        return []
    shown = f"{epochs:.1f}".removesuffix(".0")
    after = f"after {shown} {'epoch' if shown == '1' else 'epochs'}"
    readings = [event for event in events if isinstance(event, StepLogged)]
    alerts = []

    last = evaluations[-1]
    counts = last.predicted_class_counts
    if run.config.headline_metric is Metric.AUROC:  # what is ranked need not be answered
        if last.value(Metric.AUROC) <= BY_CHANCE:
            alerts.append(f"ranks the two labels no better than chance {after}")
    elif max(counts) >= COLLAPSED_SHARE * sum(counts):
        alerts.append(f"still answers one label for all {after}")
    elif floor is not None and last.accuracy <= floor:
        shares = f"{100 * last.accuracy:.1f}% against {100 * floor:.1f}%"
        alerts.append(
            f"is no better than always answering the most common label {after} "
            f"({shares} on {last.num_examples:,} validation examples)"
        )

    has_fallen = len(readings) < 2 or readings[-1].loss < readings[0].loss
    if not has_fallen:
        alerts.append(f"has not lowered the training loss {after}")
    if by_heart := _learns_by_heart(evaluations, readings):
        alerts.append(by_heart)
    return alerts


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
        f"may be learning the examples by heart: since step {lowest.step:,} the training loss falls and the "
        f"validation loss has risen from {lowest.loss:.2f} to {last.loss:.2f} nats"
    )
