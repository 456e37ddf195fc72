"""How long an experiment takes and what it writes: told before it is queued, learned from earlier ones."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median
from typing import Self

from tl_core.catalogue.base_models import BUILTIN, BUILTIN_IMAGE, CATALOGUE, BaseModel
from tl_core.jobs.client import observe
from tl_core.jobs.pace import read_pace
from tl_core.modality import IMAGE, noun_of
from tl_core.planning.machine import Hardware, Source, Speed, Throughput, device_of, newest_speed
from tl_core.planning.plan import expand, num_runs
from tl_core.planning.presets import NUM_TRIALS
from tl_core.schema import (
    FORWARD_SHARE,
    BudgetRule,
    ExperimentConfig,
    Promise,
    RunConfig,
    Span,
    State,
    Took,
    TrainingConfig,
)
from tl_core.store.rows import PromiseRow, RunRow
from tl_core.store.workspace import Workspace

REFERENCES = {None: (CATALOGUE[BUILTIN], 5_000.0), IMAGE: (CATALOGUE[BUILTIN_IMAGE], 1_800.0)}
"""The built-in models, by modality, and how many units they train on in a second on a 2-core CPU with
AVX-512-BF16: tokens of batches of 16 reviews, 27 in the mean, and patches of 16 pictures at 128 pixels."""
START_S = 1.0
"""Until a run's process has started, loaded the model, and at its end saved what it made."""
SUSTAINED = 0.88
"""Of the speed of a check, what runs keep: the mean of both networks in four experiments of
``benchmarks/end_to_end.py`` (0.76 to 1.04)."""
UNKNOWN_PARAMETERS = 110_000_000
"""Stands for a model of unknown size: that of BERT base."""
BYTES_A_PARAMETER = 4
MIB = 2**20
WORTH_SAYING = 1.1
"""How much slower the machine must be now than before to be told."""
StepLimit = Callable[[TrainingConfig, int], int]
"""Steps of a run by training and train size: `fewest_steps` or `step_limit`."""
RunSpans = Callable[[str], Sequence[Span] | None]
"""What each run of an experiment is expected to take, by its id and in its order of work; None if unknown."""
NEWEST_PROMISES = 5
ENOUGH_PROMISES = 3
"""Promises before anything is learned from them: the median of fewer does not outvote a disturbed one."""
FACTOR_BOUNDS = (0.5, 2.0)
"""What was learned stays within: beyond it a measured speed is wrong, which time itself will mend."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What an experiment will cost, from the start of its first run on.

    Attributes
    ----------
    runs
        Seconds of each run in the order of work, as measured speeds say. Of a budget up to the plateau the
        least is that of equal steps, the most that of its cap.
    num_first
        Runs until every arm has run with the first seed at the smallest train size.
    is_measured
        Whether there are networks, and runs have measured the speed of each.
    factor
        How many times as long earlier experiments took as was estimated; the times below count with it.
    disk_mib
        Weights that the runs will write.
    basis
        Where the seconds come from, in sentences.
    """

    runs: tuple[Span, ...]
    num_first: int
    is_measured: bool
    factor: float
    disk_mib: float
    basis: str

    def repeated(self, num_splits: int) -> Self:
        """Return what the same costs on so many splits, one after the other."""
        return replace(self, runs=self.runs * num_splits, disk_mib=self.disk_mib * num_splits)

    @property
    def work(self) -> Span:
        """All runs as measured speeds say, before ``factor`` counts."""
        return Span.total(self.runs)

    @property
    def expected(self) -> tuple[Span, ...]:
        """What each run is expected to take."""
        return tuple(run.times(self.factor) for run in self.runs)

    @property
    def total(self) -> Span:
        """Until the last run has ended, one run after the other."""
        return Span.total(self.expected)

    @property
    def first_verdict(self) -> Span:
        """Until the first verdict can be given."""
        return Span.total(self.expected[: self.num_first])


def estimate(
    experiment: ExperimentConfig,
    facts: Mapping[str, BaseModel],
    mean_tokens: float,
    hardware: Hardware,
    history: Sequence[Throughput],
    searching: Collection[str] = (),
    factor: float = 1.0,
) -> Estimate:
    """Estimate an experiment's cost from what this server has measured, else from a reference machine.

    Training on a token costs time in proportion to the network's weights. The head of a frozen arm costs
    nothing beside its features, which are computed once and kept.

    Parameters
    ----------
    experiment
        The plan; nothing of it needs to be stored.
    facts
        The base model of each neural arm, by the arm's name.
    mean_tokens
        Tokens of a text on average, after cutting.
    hardware
        Where it will run.
    history
        What runs and checks have measured, the newest first.
    searching
        Names of the arms whose rates are still to be searched; the first run of each pays for it.
    factor
        What earlier promises have taught (`planning.promises`).
    """
    device = device_of(hardware)
    speeds = {name: newest_speed(history, base.id, device) for name, base in facts.items()}
    rates = {name: _tokens_per_s(facts[name], speed) for name, speed in speeds.items()}
    runs = expand(experiment, [str(position) for position in range(num_runs(experiment))])
    networks = [run for run in runs if run.arm.kind.is_neural]

    def seconds(limit: StepLimit, num_trials: int) -> list[float]:
        tokens = _work(experiment, runs, mean_tokens, searching, limit, num_trials)
        return [
            START_S + (work / rates[run.arm.name] if work else 0.0)
            for run, work in zip(runs, tokens, strict=True)
        ]

    least, most = seconds(TrainingConfig.fewest_steps, 1), seconds(TrainingConfig.step_limit, NUM_TRIALS)
    ends = zip(least, most, strict=True)
    return Estimate(
        runs=tuple(Span(low_s=low, high_s=high) for low, high in ends),
        num_first=sum(run.seed == 0 and run.train_size == experiment.train_sizes[0] for run in runs),
        is_measured=bool(speeds) and all(one and one.source is not Source.CHECK for one in speeds.values()),
        factor=factor,
        disk_mib=sum(BYTES_A_PARAMETER * _parameters(facts[run.arm.name]) / MIB for run in networks),
        basis=_basis(experiment, list(facts.values()), hardware, history),
    )


def _work(
    experiment: ExperimentConfig,
    runs: Sequence[RunConfig],
    mean_tokens: float,
    searching: Collection[str],
    limit: StepLimit,
    num_trials: int,
) -> list[float]:
    """Return each run's work in tokens trained on; a scored token counts a third.

    The first run of an arm in ``searching`` trains on those of the search too, ``num_trials`` times at each
    rate. The head of a frozen arm costs nothing beside its features, however often it is trained.
    """
    encoded: set[tuple[str, int]] = set()
    work = []
    for run in runs:
        if run.arm.kind.is_whole:
            work.append(mean_tokens * _examples_trained_and_scored(experiment, run, limit))
            continue
        network = (run.arm.name, run.seed if run.arm.kind.is_random else 0)
        has_features = not run.arm.kind.is_neural or network in encoded
        encoded.add(network)
        split = experiment.split
        num_examples = 0 if has_features else split.num_examples
        work.append(mean_tokens * num_examples * FORWARD_SHARE)

    search = experiment.rate_search
    for name in searching if search else ():
        position, run = next((place, run) for place, run in enumerate(runs) if run.arm.name == name)
        if search and run.arm.kind.is_whole:
            trial = run.model_copy(update={"train_size": search.train_size})
            once = mean_tokens * _examples_trained_and_scored(experiment, trial, limit)
            work[position] += num_trials * len(search.grids[name]) * once
    return work


def _examples_trained_and_scored(experiment: ExperimentConfig, run: RunConfig, limit: StepLimit) -> float:
    """Count the examples of a run's steps, and a third of those that are only scored.

    A contrastive arm fits its head on scored examples before each evaluation, and on all of them at its end.
    """
    training, split = run.training, experiment.split
    steps = limit(training, run.train_size)
    num_trained = steps * run.train_size / training.steps_an_epoch(run.train_size)
    stretch = steps / training.planned_steps(run.train_size)
    count, each = training.evaluations(run.train_size, split.validation)
    num_evaluations = 1 + math.ceil(count * stretch)
    num_scored = (
        num_evaluations * each
        + min(run.train_size, training.max_eval_examples)
        + split.validation
        + split.test
        + split.sealed
    )
    if run.arm.kind.is_on_pairs:
        num_scored += num_evaluations * training.head_examples(run.train_size, split.validation)
        num_scored += run.train_size
    return num_trained + FORWARD_SHARE * num_scored


def _tokens_per_s(base: BaseModel, measured: Speed | None) -> float:
    if measured:
        return measured.tokens_per_s * (SUSTAINED if measured.source is Source.CHECK else 1)
    reference, units_per_s = _reference(base)
    return units_per_s * _parameters(reference) / _parameters(base)


def _reference(base: BaseModel) -> tuple[BaseModel, float]:
    """Return the built-in model that reads what a base model reads, and its speed."""
    return REFERENCES.get(base.modality, REFERENCES[None])


def _parameters(base: BaseModel) -> int:
    return base.num_parameters or UNKNOWN_PARAMETERS


def _basis(
    experiment: ExperimentConfig,
    bases: Sequence[BaseModel],
    hardware: Hardware,
    history: Sequence[Throughput],
) -> str:
    distinct = {base.id: base for base in bases}.values()
    if not distinct:
        return "These models have no network, so the time is that of starting their processes."
    sentences = []
    for base in distinct:
        unit = noun_of(base.modality).unit
        if speed := newest_speed(history, base.id, device_of(hardware)):
            load = f", {speed.load:.1f} times as slow now" if speed.load >= WORTH_SAYING else ""
            match speed.source:
                case Source.RUNNING:
                    source = "the run that trains now"
                case Source.CHECK:
                    source = f"a check of a few steps{load}"
                case Source.FINISHED:
                    source = f"{speed.num_runs} finished run{'' if speed.num_runs == 1 else 's'}{load}"
            place = hardware.gpu or "this CPU"
            rate = f"{base.title} trains on {speed.tokens_per_s:,.0f} {unit} a second"
            sentences.append(f"Measured on {place}: {rate} ({source}).")
            continue
        place = "this GPU" if hardware.gpu else "this server"
        is_known = base.num_parameters is not None
        scale = "scaled by size" if is_known else "scaled as if it had 110 million weights"
        reference, units_per_s = _reference(base)
        hope = " A GPU should need less." if hardware.gpu else ""
        sentences.append(
            f"{base.title} is not measured on {place} yet: the time is that of a 2-core AVX-512-BF16 CPU "
            f"({units_per_s:,.0f} {unit} a second for {reference.title}), {scale}.{hope}"
        )
    if experiment.training.budget is BudgetRule.PLATEAU:
        sentences.append("Runs that stop improving early end sooner. The most is for runs that never do.")
    return " ".join(sentences)


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """The runs of other experiments that come first; ``span`` is None where the time of one is unknown."""

    num_runs: int = 0
    span: Span | None = Span.of(0.0)


def queue_ahead(
    workspace: Workspace, run_spans: RunSpans, now: datetime, own: Sequence[RunRow] = ()
) -> Ahead:
    """Add up what comes before runs that would be queued now, or before the last of ``own`` that is pending.

    Jobs on data, exports and file predictions have places of their own and keep no training waiting. A run
    that trains is taken at its own pace as soon as it has one.
    """
    mine = {run.run_id for run in own}
    pending = workspace.database.list_pending_runs()
    last = max((place for place, one in enumerate(pending) if one.run_id in mine), default=len(pending))
    others = [one for one in pending[:last] if one.run_id not in mine]
    spans = []
    for one in others:
        if not one.is_running:
            expected = run_spans(one.experiment_id)
            spans.append(expected[one.position] if expected else None)
            continue
        run = observe(workspace.settings, workspace.database.get_run(one.run_id))
        if run.state is State.RUNNING:
            spans.append(_left(workspace, run, run_spans, now))
    known = [span for span in spans if span is not None]
    return Ahead(num_runs=len(spans), span=Span.total(known) if len(known) == len(spans) else None)


def _left(workspace: Workspace, run: RunRow, run_spans: RunSpans, now: datetime) -> Span | None:
    pace = read_pace(workspace.run_folder(run.run_id).read_events())
    if pace is not None:
        return pace.left(run.config.training)
    spans = run_spans(run.config.experiment_id)
    if spans is None or run.started_at is None:
        return None
    return spans[run.config.position].less((now - datetime.fromisoformat(run.started_at)).total_seconds())


def make_promise(cost: Estimate, ahead: Ahead, device: str) -> Promise | None:
    """Put together what is said of an experiment at its start; None where the queue's time is unknown."""
    if ahead.span is None:
        return None
    return Promise(
        device=device,
        work=cost.work,
        is_measured=cost.is_measured,
        start=ahead.span,
        first_verdict=ahead.span + cost.first_verdict,
        total=ahead.span + cost.total,
        num_first=cost.num_first,
        num_runs=len(cost.runs),
    )


def learned_factor(promises: Sequence[PromiseRow], device: str) -> float:
    """Return how many times as long runs took as was estimated.

    It is the median of the newest five on one device whose runs have all finished, and 1 before there are
    three. Waiting is left out, and so is what a guess or a check was wrong by: the runs have measured that
    since, and it would count twice. An experiment that took as long as some time within the promised range
    took what was estimated.

    Parameters
    ----------
    promises
        The newest first.
    """
    kept = [
        took.work_s / min(max(took.work_s, promise.work.low_s), promise.work.high_s)
        for promise, took in _kept(promises)
        if promise.device == device and promise.is_measured
    ][:NEWEST_PROMISES]
    if len(kept) < ENOUGH_PROMISES:
        return 1.0
    least, most = FACTOR_BOUNDS
    return min(max(median(kept), least), most)


def last_kept(promises: Sequence[PromiseRow]) -> tuple[Promise, Took] | None:
    """Return the newest promise whose runs have all finished, with what it took."""
    return next(iter(_kept(promises)), None)


def _kept(promises: Sequence[PromiseRow]) -> list[tuple[Promise, Took]]:
    return [(one.promise, one.took) for one in promises if one.took is not None and one.took.is_whole]
