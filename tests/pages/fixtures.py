"""A workspace with experiments and runs in every state, written through the store's own functions."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from tests.files.tables import CHOICE, table
from tests.pages.texts import TEXTS
from tests.plans import plan_as_asked
from tests.store.opening import open_workspace
from tl_core.arms import ArmKind
from tl_core.datasets.dataset import build_dataset
from tl_core.intake.intake import Intake, store_dataset
from tl_core.jobs.processes import ProcessIdentity
from tl_core.jobs.queue import Queue
from tl_core.planning.plan import parse_arms, queue_runs
from tl_core.planning.repeated_splits import repeat
from tl_core.schema import (
    Arm,
    EvalFinished,
    Event,
    ExperimentConfig,
    LayerChange,
    LayerChanges,
    PhaseStarted,
    Precision,
    Promise,
    RunConfig,
    RunFailed,
    RunFinished,
    RunRecord,
    SplitName,
    SplitRule,
    State,
    StepLogged,
    Task,
)
from tl_core.splits.splitting import SEALED, read_split
from tl_core.store.identifiers import new_id, now
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace

STEP_S = 0.5
WATTS: float | None = 9.0
"""Power of every training; None makes runs of a machine, or a version, that does not measure energy."""
METHOD = "estimated: 9 W × load"
TOKENS_A_STEP = 160
EXAMPLES_A_STEP = 16
NUM_STEPS = 60
STEPS_AN_EVALUATION = 4
NUM_LAYERS = 6
_FACTS = {"id": "builtin", "title": "all-MiniLM-L6", "pooling": "mean"}
A_LAYER = 0.08
"""A layer's share of the built-in encoder's weights, about."""


def make_workspace(path: Path) -> Workspace:
    """Open an empty workspace whose settings are those that ``TL_WORKSPACE=path`` gives."""
    return open_workspace(path)


def store_sample_dataset(
    workspace: Workspace, name: str = "small reviews", rule: SplitRule | None = None
) -> Intake:
    """Store the sixty texts: 33 for training, 9 for validation, 18 for test."""
    return _store([text for group in TEXTS.values() for text in group], workspace, name, rule)


def store_other_dataset(workspace: Workspace) -> Intake:
    """Store sixty other texts, with a split of their own."""
    texts = [f"{text} Really." for group in TEXTS.values() for text in group]
    return _store(texts, workspace, "other reviews")


def _store(texts: Sequence[str], workspace: Workspace, name: str, rule: SplitRule | None = None) -> Intake:
    labels = [label for label in TEXTS for _ in TEXTS[label]]
    built = build_dataset(table(text=texts, label=labels), name=name, choice=CHOICE)
    return store_dataset(workspace, built, rule)


def add_experiment(
    workspace: Workspace,
    intake: Intake,
    arms: Sequence[str] = ("majority", "tfidf", "scratch", "fine_tuned"),
    num_seeds: int = 1,
    promise: Promise | None = None,
    **overrides: Any,
) -> ExperimentConfig:
    """Plan and queue an experiment; ``overrides`` are those of `plan_as_asked`."""
    experiment = plan_on(intake, arms, num_seeds=num_seeds, **overrides)
    queue_runs(workspace, experiment, promise)
    return experiment


def add_series(
    workspace: Workspace,
    intake: Intake,
    arms: Sequence[str] = ("majority", "tfidf", "scratch", "fine_tuned"),
    num_splits: int = 3,
    **overrides: Any,
) -> tuple[ExperimentConfig, ...]:
    """Plan and queue an experiment on several splits; return all of them."""
    first = plan_on(intake, arms, num_splits=num_splits, **overrides)
    series = (first, *repeat(workspace, first))
    for one in series:
        queue_runs(workspace, one)
    return series


def plan_on(intake: Intake, arms: Sequence[str], **overrides: Any) -> ExperimentConfig:
    """Plan an experiment with one seed; ``overrides`` are those of `plan_as_asked`."""
    asked: dict[str, Any] = {
        "experiment_id": new_id("exp"),
        "name": intake.dataset.info.name,
        "task": Task.SENTIMENT,
        "base_model": "builtin",
        "dataset": intake.dataset.info,
        "split": intake.split.info,
        "num_seeds": 1,
        **overrides,
    }
    return plan_as_asked(arms=parse_arms(arms), **asked)


def runs_of(workspace: Workspace, experiment: ExperimentConfig) -> list[RunConfig]:
    """Return the configurations of an experiment's runs, in their order of work."""
    return [run.config for run in workspace.database.list_runs(experiment.experiment_id)]


def run_of(workspace: Workspace, experiment: ExperimentConfig, arm: str, seed: int = 0) -> RunConfig:
    """Return the configuration of one run."""
    return next(run for run in runs_of(workspace, experiment) if (run.arm.name, run.seed) == (arm, seed))


def start_run(workspace: Workspace, run: RunConfig, num_evaluations: int = 4) -> None:
    """Let a queued run be carried out by this very process, and write what it has measured so far."""
    _claim(workspace, run)
    _write_start(workspace, run, _events(run, num_evaluations, accuracy=0.6))


def finish_run(workspace: Workspace, run: RunConfig, accuracy: float = 0.7) -> None:
    """Carry a queued run to its end.

    Parameters
    ----------
    accuracy
        Share of the validation and test examples that its predictions get right, to the next example.
    """
    job_id = _claim(workspace, run)
    events = _events(run, NUM_STEPS // STEPS_AN_EVALUATION, accuracy)
    last = events[-1]
    events.append(_evaluation(run, last.step, len(events), min(1.0, accuracy + 0.1), split=SplitName.TRAIN))
    events.append(RunFinished(**_stamp(len(events), last.step)))
    record = _write_start(workspace, run, events)
    folder = workspace.run_folder(run.run_id)
    folder.model_dir.mkdir()
    _write_predictions(workspace, run, accuracy)
    ended = _ended(record, State.FINISHED, last.train_s)
    if run.arm.kind.is_neural and not run.arm.kind.is_frozen:
        ended = ended.model_copy(update={"kept_share": kept_share(run.arm)})
        folder.write_layers(_layers(run))
    folder.write_record(ended)
    Queue(workspace.database).finish(job_id, State.FINISHED)


def leave_first_task(workspace: Workspace, second: RunConfig, first: RunConfig, accuracy: float) -> None:
    """Write what a second task has left of a first: its own head's accuracy, and probes of 0.9 and 0.8."""
    examples = pq.read_table(workspace.dataset_folder(first.dataset_fingerprint) / "examples.parquet")
    split = read_split(workspace.dataset_folder(first.dataset_fingerprint), first.split_hash)
    targets = examples["target"].to_numpy()[split.test]
    shares = {"head_after": accuracy, "probe_before": 0.9, "probe_after": 0.8}
    parts = [
        _prediction_rows(name, examples.take(split.test), _logits(workspace, first, targets, share))
        for name, share in shares.items()
    ]
    workspace.run_folder(second.run_id).write_first_task(pa.concat_tables(parts))


def fail_run(
    workspace: Workspace,
    run: RunConfig,
    message: str = "The loss is no longer a finite number.",
    reason: str = "diverged",
) -> None:
    """Let a queued run end after its second evaluation."""
    job_id = _claim(workspace, run)
    events = _events(run, 2, accuracy=0.4)
    events.append(RunFailed(reason=reason, message=message, **_stamp(len(events), events[-1].step)))
    state = State.CANCELLED if reason == "cancelled" else State.FAILED
    record = _write_start(workspace, run, events)
    workspace.run_folder(run.run_id).write_record(_ended(record, state, events[-1].train_s, message))
    Queue(workspace.database).finish(job_id, state, message)


def finish_all(workspace: Workspace, experiment: ExperimentConfig, **accuracies: float) -> None:
    """Finish every run of an experiment, with an accuracy by kind of arm (``fine_tuned=0.9``), else 0.5."""
    for run in runs_of(workspace, experiment):
        finish_run(workspace, run, accuracies.get(run.arm.kind.value, 0.5))


def kept_share(arm: Arm) -> float:
    """Return about the share that the built-in model's arms keep."""
    if arm.num_layers is not None:
        return 1 - arm.num_layers * A_LAYER
    shares = {
        "fine_tuned": 1.0,
        "embeddings_only": 1 - NUM_LAYERS * A_LAYER,
        "encoder_only": NUM_LAYERS * A_LAYER,
    }
    return shares.get(arm.kind.value, 0.0)


def _layers(run: RunConfig) -> LayerChanges:
    """Let parts move further, and stay less alike, from the bottom to the top."""
    step = 0.01 if run.arm.kind.is_pretrained else 0.3
    names = ["embeddings", *(f"layer {place}" for place in range(1, NUM_LAYERS + 1)), "head"]
    parts = [
        LayerChange(
            part=name,
            moved=step * (1 + place + 0.1 * run.seed),
            similarity=None if name == "head" else 1 / (1 + step * place),
        )
        for place, name in enumerate(names)
    ]
    return LayerChanges(num_texts=9, parts=tuple(parts))


def _claim(workspace: Workspace, run: RunConfig) -> int:
    """Claim the job of one run; those before it in the queue go back to their places."""
    queue, passed = Queue(workspace.database), []
    while (job := queue.claim([JobKind.RUN])) is not None and job.ref_id != run.run_id:
        passed.append(job)
    for other in passed:
        queue.requeue(other.id, other.payload)
    assert job is not None, f"{run.run_id} is not queued"
    queue.record_process(job.id, ProcessIdentity.of(os.getpid()))
    return job.id


def _write_start(workspace: Workspace, run: RunConfig, events: Sequence[Event]) -> RunRecord:
    folder = workspace.run_folder(run.run_id)
    moment = now()
    record = RunRecord(
        config=run,
        state=State.RUNNING,
        device="cpu",
        precision=Precision.FLOAT32 if run.arm.kind.is_neural else None,
        num_threads=2,
        versions={"python": "3.11.7", "torch": "2.13.0"},
        base_model_facts=_FACTS if run.base_model else {},
        micro_batch_size=run.training.batch_size if run.arm.kind.is_neural else None,
        num_parameters=22_714_371 if run.arm.kind.is_neural else None,
        train_class_counts=_even_counts(run.train_size, len(run.labels)),
        energy_method=None if WATTS is None else METHOD,
        created_at=moment,
        started_at=moment,
    )
    folder.write_record(record)
    folder.write_experiment(workspace.database.get_experiment(run.experiment_id))
    for event in events:
        folder.append_event(event)
    folder.log_path.write_text("the run began\n", encoding="utf-8")
    return record


def _even_counts(num_examples: int, num_labels: int) -> tuple[int, ...]:
    return tuple(
        num_examples // num_labels + (label < num_examples % num_labels) for label in range(num_labels)
    )


def _ended(record: RunRecord, state: State, train_s: float, error: str | None = None) -> RunRecord:
    facts = {"state": state, "error": error, "finished_at": now(), "train_s": train_s, "wall_s": train_s + 8}
    return record.model_copy(update=facts | {"energy_wh": _energy_wh(train_s)})


def _energy_wh(train_s: float) -> float | None:
    return None if WATTS is None else WATTS * train_s / 3600


def _stamp(seq: int, step: int) -> dict[str, Any]:
    return {
        "seq": seq,
        "step": step,
        "examples_seen": step * EXAMPLES_A_STEP,
        "tokens_seen": step * TOKENS_A_STEP,
        "train_s": step * STEP_S,
        "wall_s": 7 + step * STEP_S * 1.2,
        "energy_wh": _energy_wh(step * STEP_S),
    }


def _events(run: RunConfig, num_evaluations: int, accuracy: float) -> list[Event]:
    """Return the events of a run up to an evaluation; arms without a network have a single one."""
    if not run.arm.kind.is_neural:
        return [PhaseStarted(phase="training", **_stamp(0, 0)), _evaluation(run, 0, 1, accuracy)]
    events: list[Event] = [
        PhaseStarted(phase="loading", **_stamp(0, 0)),
        PhaseStarted(phase="training", num_steps=NUM_STEPS, **_stamp(1, 0)),
        _evaluation(run, 0, 2, 1 / len(run.labels)),
    ]
    floor = 1 / len(run.labels)
    for evaluation in range(1, num_evaluations + 1):
        step = evaluation * STEPS_AN_EVALUATION
        progress = 1 - np.exp(-4 * step / NUM_STEPS)
        loss, rate = float(1.1 - progress), 1e-4 * (1 - step / NUM_STEPS)
        events.append(
            StepLogged(
                loss=loss, learning_rate=rate, grad_norm=1.5, memory_mib=900.0, **_stamp(len(events), step)
            )
        )
        reached = float(floor + (accuracy - floor) * progress)
        events.append(_evaluation(run, step, len(events), reached))
    return events


def _evaluation(
    run: RunConfig, step: int, seq: int, accuracy: float, split: SplitName = SplitName.VALIDATION
) -> EvalFinished:
    num_examples = run.train_size if split is SplitName.TRAIN else 9
    return EvalFinished(
        split=split,
        num_examples=num_examples,
        loss=1.2 - accuracy,
        accuracy=accuracy,
        macro_f1=accuracy,
        predicted_class_counts=(num_examples, *[0] * (len(run.labels) - 1)),
        **_stamp(seq, step),
    )


def _write_predictions(workspace: Workspace, run: RunConfig, accuracy: float) -> None:
    """Write predictions of which a share is right; which ones depends on arm and seed alone."""
    examples = pq.read_table(workspace.dataset_folder(run.dataset_fingerprint) / "examples.parquet")
    split = read_split(workspace.dataset_folder(run.dataset_fingerprint), run.split_hash)
    targets = examples["target"].to_numpy()
    validation, test, sealed = (
        _prediction_rows(name, examples.take(rows), _logits(workspace, run, targets[rows], accuracy))
        for name, rows in (
            (SplitName.VALIDATION.value, split.validation),
            (SplitName.TEST.value, split.test),
            (SEALED, split.sealed),
        )
    )
    folder = workspace.run_folder(run.run_id)
    folder.write_predictions(pa.concat_tables([validation, test]))
    if len(split.sealed):
        folder.write_sealed(sealed)


def _prediction_rows(split: str, examples: pa.Table, logits: npt.NDArray[np.float32]) -> pa.Table:
    flat = pa.array(logits.reshape(-1))
    return pa.table(
        {
            "split": pa.array([split] * len(logits)),
            "example_id": examples["example_id"].combine_chunks(),
            "target": examples["target"].combine_chunks(),
            "logits": pa.FixedSizeListArray.from_arrays(flat, logits.shape[1]),
        }
    )


def _logits(
    workspace: Workspace, run: RunConfig, targets: npt.NDArray[np.int32], accuracy: float
) -> npt.NDArray[np.float32]:
    num_labels = len(run.labels)
    if run.arm.kind.value == "majority":
        return np.tile(np.eye(num_labels, dtype=np.float32)[0], (len(targets), 1))
    kinds = list(ArmKind)
    others = [one.config for one in workspace.database.list_runs(run.experiment_id)]
    others.sort(key=lambda one: (one.seed, one.train_size, kinds.index(one.arm.kind), one.arm.name))
    place = [one.run_id for one in others].index(run.run_id)
    random = np.random.default_rng([run.seed, place, len(targets)])
    is_right = random.permutation(len(targets)) < round(accuracy * len(targets))
    answers = np.where(is_right, targets, (targets + 1) % num_labels)
    noise = random.normal(scale=0.3, size=(len(targets), num_labels)).clip(-0.9, 0.9)
    logits: npt.NDArray[np.float32] = (3 * np.eye(num_labels)[answers] + noise).astype(np.float32)
    return logits
