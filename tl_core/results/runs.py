"""What one finished run has written, as numbers, and why others have failed."""

import contextlib
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import ValidationError

from tl_core.catalogue.local_folders import LocalModel
from tl_core.errors import ComparisonError, DamageError, DivergedError, NotFoundError, TlError
from tl_core.evaluation.class_metrics import balanced_accuracy, quadratic_kappa
from tl_core.evaluation.flags import RunHealth
from tl_core.evaluation.metrics import Evaluation, accuracy, evaluate, macro_f1
from tl_core.evaluation.predictions import ArmPredictions, Conditions
from tl_core.evaluation.ranking import BY_CHANCE, log_odds
from tl_core.jobs.outcome import ENDED_WITH_SUPERVISOR
from tl_core.models import facts
from tl_core.schema import (
    BudgetRule,
    EvalFinished,
    Event,
    Metric,
    RunConfig,
    RunFailed,
    RunFinished,
    RunRecord,
    SplitName,
    State,
)
from tl_core.store.rows import RunRow
from tl_core.store.run_folder import EventLog, RunFolder
from tl_core.store.workspace import Workspace

UNREADABLE = (TlError, OSError, ValidationError, pa.ArrowException)
"""What reading an incomplete or damaged folder raises."""

_known_ids: "WeakValueDictionary[str, NDArray[np.str_]]" = WeakValueDictionary()
DAMAGED = "damaged"
"""What a run is called that has finished and cannot be read any more, so that it counts nowhere."""
_OF_CONFUSION = {
    Metric.ACCURACY: accuracy,
    Metric.MACRO_F1: macro_f1,
    Metric.BALANCED_ACCURACY: balanced_accuracy,
    Metric.QUADRATIC_KAPPA: quadratic_kappa,
}
_WORDS = {
    "diverged": ("diverged", DivergedError.usual_remedy),
    "out_of_memory": ("ran out of memory", "Choose a smaller batch, or keep less of each example."),
    "signal": ("was stopped from outside", "Run it again. If it happens again, the machine may lack memory."),
    "exception": ("failed with an error", "See the log."),
}


@dataclass(frozen=True, kw_only=True)
class Damage:
    """One thing that is damaged in a finished run's folder.

    ``message`` names the run and the file; ``counts`` is whether the run counts all the same.
    """

    run_id: str
    message: str
    counts: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class FinishedRun:
    """One finished run, read from its folder, where its logits stay: hundreds of runs fit the memory.

    Attributes
    ----------
    example_ids, targets
        The test examples, the open ones unless ``is_on_sealed``, ``(n,)`` each.
    validation_targets
        The validation split, on which temperatures are fitted.
    predicted
        The highest-scoring class on test, ``(n,)``; the lower class id wins a tie.
    log_odds
        Of the second of two classes on test, ``(n,)``; None with more.
    groups
        Number of each test example's group, ``(n,)``; None where each stands alone, or if it is unknown.
    knows_groups
        Whether the run says so; one of an earlier version does not.
    answers_hash
        The same for runs with the same logits on test.
    test
        Its metrics on test.
    health
        What the flags need to know.
    damage
        What else of its folder is damaged; its predictions are whole, so that it counts.
    """

    record: RunRecord
    events: tuple[Event, ...]
    folder: RunFolder
    example_ids: NDArray[np.str_]
    targets: NDArray[np.int64]
    validation_targets: NDArray[np.int64]
    predicted: NDArray[np.int32]
    log_odds: NDArray[np.float32] | None
    groups: NDArray[np.int64] | None
    knows_groups: bool
    answers_hash: str
    test: Evaluation
    health: RunHealth
    damage: tuple[Damage, ...] = ()
    is_on_sealed: bool = False

    @property
    def config(self) -> RunConfig:
        """The run's frozen configuration."""
        return self.record.config

    @property
    def floor(self) -> float:
        """Value on test of always answering the largest class of its train examples."""
        counts = np.array(self.record.train_class_counts)
        return always_largest(self.test, counts, self.config.headline_metric)

    @property
    def logits(self) -> NDArray[np.float32]:
        """Read the logits on test, ``(n, num_labels)``. Raises as `RunFolder.read_predictions` does."""
        if self.is_on_sealed:
            return logits_of(self.folder.read_sealed())
        return logits_of(_part(self.folder.read_predictions(), SplitName.TEST))

    def on_sealed(self, num_sealed: int) -> "FinishedRun":
        """Return the same run with the sealed test examples in place of the open ones: for their opening.

        Raises as `RunFolder.read_sealed` does, and DamageError if they are not ``num_sealed``.
        """
        table = self.folder.read_sealed()
        if table.num_rows != num_sealed:
            what = f"it has {table.num_rows:,} of {num_sealed:,} predictions"
            raise self.folder.damage_to("sealed.parquet", what)
        _require_labels(self.folder, "sealed.parquet", table, len(self.config.labels))
        return replace(self, is_on_sealed=True, **_answers(table))

    @property
    def validation_logits(self) -> NDArray[np.float32]:
        """Read those on validation. Raises as `RunFolder.read_predictions` does."""
        return logits_of(_part(self.folder.read_predictions(), SplitName.VALIDATION))


def reason_of(error: Exception) -> str:
    """Say in one line why a folder could not be read."""
    return error.message if isinstance(error, TlError) else f"{type(error).__name__} while it was read"


def other_test_examples(run: FinishedRun, whose: str, remedy: str) -> ComparisonError:
    """Make the error about a run whose test examples are not those of the others."""
    return ComparisonError(
        f"{run.config.run_id} was tested on other examples than the other runs of {whose}.", remedy
    )


def value_of(evaluation: Evaluation, metric: Metric) -> float:
    """Pick the headline metric, one that fits the labels (`schema.metrics_for`)."""
    return float(getattr(evaluation, metric.value))


def always_largest(evaluation: Evaluation, train_class_counts: NDArray[np.int64], metric: Metric) -> float:
    """Say what always answering the largest class of the train examples reaches on some examples."""
    if metric is Metric.AUROC:
        return BY_CHANCE
    confusion = np.zeros_like(evaluation.confusion)
    confusion[:, train_class_counts.argmax()] = evaluation.confusion.sum(axis=1)
    return _OF_CONFUSION[metric](confusion)


def read_finished_run(folder: RunFolder) -> FinishedRun:
    """Read a finished run's folder.

    Raises
    ------
    NotFoundError
        If a file is missing.
    DamageError
        If a file without which the run does not count is damaged.
    """
    record = folder.read_record()
    run_id, num_labels = record.config.run_id, len(record.config.labels)
    if run_id != folder.path.name:
        raise folder.damage_to("run.json", f"it is that of {run_id}")
    if not record.train_class_counts:
        raise NotFoundError(
            f"The record of {run_id} does not say how many training examples each label has, as in an earlier"
            " version.",
            "Train it again.",
        )
    counts = record.train_class_counts
    if len(counts) != num_labels or min(counts) < 0 or sum(counts) == 0:
        raise folder.damage_to("run.json", "the training examples do not belong to the labels")
    table = folder.read_predictions()
    _require_labels(folder, "predictions.parquet", table, num_labels)
    parts = [_part(table, name) for name in (SplitName.TEST, SplitName.VALIDATION)]
    test, validation = parts
    for part, name in zip(parts, ("test", "validation"), strict=True):
        if part.num_rows == 0:
            raise folder.damage_to("predictions.parquet", f"it has no {name} predictions")
    log = folder.read_log()
    if not log.events and log.problem:
        raise folder.damage_to("events.jsonl", log.problem)
    if not log.events:
        raise NotFoundError(f"events.jsonl of {run_id} is empty.", "Train it again.")
    return FinishedRun(
        record=record,
        events=log.events,
        folder=folder,
        validation_targets=targets_of(validation),
        **_answers(test),
        health=_health(record, log.events, evaluate(targets_of(validation), logits_of(validation))),
        damage=tuple(
            Damage(run_id=run_id, message=message, counts=True)
            for message in _find_damage(folder, record, log)
        ),
    )


def _answers(test: pa.Table) -> dict[str, Any]:
    """Return what a `FinishedRun` says of its test examples, from their prediction rows."""
    logits, targets = logits_of(test), targets_of(test)
    return {
        "example_ids": _shared(np.array(test.column("example_id").to_pylist())),
        "targets": targets,
        "predicted": logits.argmax(axis=1).astype(np.int32),
        "log_odds": log_odds(logits) if logits.shape[1] == 2 else None,
        "groups": groups_of(test),
        "knows_groups": "group" in test.column_names,
        "answers_hash": hashlib.sha256(logits.tobytes()).hexdigest(),
        "test": evaluate(targets, logits),
    }


def _require_labels(folder: RunFolder, file: str, table: pa.Table, num_labels: int) -> None:
    if table.column("logits").type.list_size != num_labels:
        raise folder.damage_to(file, f"it is not about the {num_labels} classes of the run")


def looks(events: Sequence[Event]) -> list[EvalFinished]:
    """Return the evaluations on validation that make a learning curve: all of the same examples."""
    validation = SplitName.VALIDATION
    return [e for e in events if isinstance(e, EvalFinished) and e.split is validation and not e.is_whole]


def _shared(ids: NDArray[np.str_]) -> NDArray[np.str_]:
    """Return the same array for the same ids: all runs on one split have them, and they are large."""
    return _known_ids.setdefault(hashlib.sha256(ids.tobytes()).hexdigest(), ids)


def kept_evaluation(config: RunConfig, events: Sequence[Event]) -> EvalFinished | None:
    """Find the evaluation on validation of the weights that a run kept; None before its end, or without one.

    A run of an earlier version does not say which: with `BudgetRule.PLATEAU` a network then kept those of the
    lowest loss after the first step, and otherwise the last.
    """
    end, seen = events[-1] if events else None, looks(events)
    if not isinstance(end, RunFinished) or not seen:
        return None
    whole = [one for one in events if isinstance(one, EvalFinished) and one.is_whole]
    if whole:
        return whole[-1]
    if end.kept_step is not None:
        return next((one for one in reversed(seen) if one.step == end.kept_step), seen[-1])
    trained = [one for one in seen if one.step > 0]
    if config.training.budget is BudgetRule.PLATEAU and trained:
        return min(trained, key=lambda one: one.loss)
    return seen[-1]


def _find_damage(folder: RunFolder, record: RunRecord, log: EventLog) -> Iterator[str]:
    """Yield what is damaged of files without which a run counts all the same."""
    # A finished run may lack its last line and counts: what it had trained by then stands in its record.
    last = log.events[-1]
    has_end = isinstance(last, RunFinished) or last.train_s >= (record.train_s or 0.0)
    if problem := log.problem or ("" if has_end else "it ends before the run did"):
        yield folder.damage_to("events.jsonl", problem).message
    for read in (folder.read_experiment, folder.read_layers, folder.read_first_task):
        try:
            read()
        except NotFoundError:  # not every run writes it
            continue
        except DamageError as error:
            yield error.message
    for file, what in facts.find_damage(folder.model_dir):
        yield folder.damage_to(f"model/{file}", what).message


def find_damage(folder: RunFolder, run: RunRow) -> tuple[Damage, ...]:
    """Find what is damaged or missing in the folder of a run that has finished; nothing of any other."""
    if run.state is not State.FINISHED:
        return ()
    try:
        return read_finished_run(folder).damage
    except UNREADABLE as error:
        return (Damage(run_id=run.run_id, message=reason_of(error), counts=False),)


def stack_runs(name: str, runs: Sequence[FinishedRun]) -> ArmPredictions:
    """Stack runs on the same test examples by seed, as the predictions of the arm of that name."""
    first = runs[0]
    is_trained = not first.config.arm.kind.is_frozen  # a frozen one has a precision of its own
    conditions = tuple(
        Conditions(
            base_model=run.config.base_model,
            max_length=text_limit(run),
            tokenizer=run.record.base_model_facts.get("tokenizer", ""),
            precision=run.record.precision.value if run.record.precision and is_trained else "",
        )
        for run in runs
        if run.config.base_model
    )
    odds = [run.log_odds for run in runs if run.log_odds is not None]
    return ArmPredictions(
        arm=name,
        train_size=first.config.train_size,
        seeds=tuple(run.config.seed for run in runs),
        example_ids=first.example_ids,
        targets=first.targets,
        predicted=np.stack([run.predicted for run in runs]),
        num_labels=len(first.config.labels),
        log_odds=np.stack(odds) if odds else None,
        read_logits=lambda: np.stack([run.logits for run in runs]),
        split_hash=first.config.split_hash,
        groups=next((run.groups for run in runs if run.knows_groups), None),
        conditions=conditions,
        epochs=epochs_of(runs),
    ).in_canonical_order()


def epochs_of(runs: Sequence[FinishedRun]) -> tuple[float, ...]:
    """Count for each run of one arm the epochs behind the weights it kept; empty without a network."""
    networks = [run for run in runs if run.config.arm.kind.is_whole]
    kept = [kept_evaluation(run.config, run.events) or run.events[-1] for run in networks]
    return tuple(
        look.examples_seen / sum(run.record.train_class_counts)
        for look, run in zip(kept, networks, strict=True)
    )


def text_limit(run: FinishedRun) -> int:
    """Tokens that a run with a network kept of each text: the setting, or less if its network reads less."""
    return int(run.record.base_model_facts.get("max_length", run.config.training.max_length))


def _part(table: pa.Table, split: SplitName) -> pa.Table:
    return table.filter(pc.equal(table.column("split"), split.value))


def targets_of(table: pa.Table) -> NDArray[np.int64]:
    """Return the class ids of some prediction rows, ``(n,)``."""
    targets: NDArray[np.int64] = table.column("target").to_numpy().astype(np.int64)
    return targets


def groups_of(table: pa.Table) -> NDArray[np.int64] | None:
    """Return the group of each prediction row, ``(n,)``; None where each stands alone, or none is noted."""
    if "group" not in table.column_names:
        return None
    groups: NDArray[np.int64] = table.column("group").to_numpy()
    return None if len(np.unique(groups)) == len(groups) else groups


def logits_of(table: pa.Table) -> NDArray[np.float32]:
    """Return the logits of some prediction rows, ``(n, num_labels)``."""
    column = table.column("logits").combine_chunks()
    flat = column.flatten().to_numpy().astype(np.float32)
    matrix: NDArray[np.float32] = flat.reshape(-1, column.type.list_size)
    return matrix


def _health(
    record: RunRecord,
    events: tuple[Event, ...],
    validation: Evaluation,
) -> RunHealth:
    """Reduce a run, with its answers on the whole of validation, to what the flags look at."""
    counts = np.array(record.train_class_counts)
    metric = record.config.headline_metric
    is_ranked = metric is Metric.AUROC
    floors = {
        Metric.AUROC: BY_CHANCE,
        Metric.BALANCED_ACCURACY: 1 / np.count_nonzero(counts),
        Metric.QUADRATIC_KAPPA: 0.0,
    }
    judged_by = metric if metric in floors else Metric.ACCURACY
    train = [e.value(judged_by) for e in events if isinstance(e, EvalFinished) and e.split is SplitName.TRAIN]
    seen = looks(events) if record.config.arm.kind.is_whole else []
    end = events[-1]
    return RunHealth(
        seed=record.config.seed,
        is_ranked=is_ranked,
        majority_share=BY_CHANCE if is_ranked else float(counts.max() / counts.sum()),
        train_floor=floors.get(metric),
        train_accuracy=train[-1] if train else None,
        validation_losses=tuple(look.loss for look in seen),
        validation_values=tuple(look.value(metric) for look in seen),
        has_levelled_off=isinstance(end, RunFinished) and end.stop_reason == "plateau",
        predicted_class_counts=() if is_ranked else tuple(validation.confusion.sum(axis=0).tolist()),
        value=value_of(validation, metric),
        majority_value=always_largest(validation, counts, metric),
        hardly_known=tuple(record.hardly_known.items()),
    )


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One way in which runs have failed.

    Attributes
    ----------
    words
        What happened, to follow the runs' names.
    message
        What the run or the system said.
    attempts
        The most attempts that one of the runs took.
    """

    runs: tuple[RunRow, ...]
    words: str
    message: str
    attempts: int
    remedy: str


def find_failures(workspace: Workspace, runs: Iterable[RunRow]) -> list[Failure]:
    """Group the failed runs by what happened to them."""
    groups: dict[tuple[str, str], list[RunRow]] = {}
    for run in runs:
        if run.state is not State.FAILED:
            continue
        reason, message = "signal", run.error or "the process ended unseen"
        last = workspace.run_folder(run.run_id).last_event()
        if isinstance(last, RunFailed):
            reason, message = last.reason, last.message
        groups.setdefault((reason, message), []).append(run)

    failures = []
    for (reason, message), group in groups.items():
        words, remedy = _WORDS.get(reason, _WORDS["exception"])
        attempts = max(_num_attempts(workspace, run) for run in group)
        failures.append(
            Failure(runs=tuple(group), words=words, message=message, attempts=attempts, remedy=remedy)
        )
    return failures


def find_cancelled(runs: Iterable[RunRow]) -> dict[str, list[RunRow]]:
    """Group the cancelled runs by who ended them, in words that follow "was" or "were"."""
    groups: dict[str, list[RunRow]] = {}
    for run in runs:
        if run.state is State.CANCELLED:
            words = "stopped with the server" if run.error == ENDED_WITH_SUPERVISOR else "cancelled by you"
            groups.setdefault("cancelled" if run.job_id is None else words, []).append(run)
    return groups


def _num_attempts(workspace: Workspace, run: RunRow) -> int:
    with contextlib.suppress(TlError):  # a run that was ended early may have left no record, or half of one
        return workspace.run_folder(run.run_id).read_record().attempts
    return 1


def name_runs(runs: Iterable[RunRow], arm_names: Mapping[str, str]) -> str:
    """Name runs briefly: ``From scratch, seeds 0 and 2; TF-IDF, seed 0``."""
    seeds: dict[str, list[str]] = {}
    for run in runs:
        seeds.setdefault(arm_names[run.config.arm.name], []).append(str(run.config.seed))
    return "; ".join(
        f"{label}, {name_seeds(sorted(set(numbers), key=int))}" for label, numbers in seeds.items()
    )


def name_seeds(numbers: Sequence[str]) -> str:
    """Write seed indices: ``seed 0``, ``seeds 0, 1 and 2``."""
    if len(numbers) == 1:
        return f"seed {numbers[0]}"
    return f"seeds {', '.join(numbers[:-1])} and {numbers[-1]}"


def run_behind(workspace: Workspace, base_model: str) -> str | None:
    """Return the id of the run whose model a base model is; None for any other, and for one that is gone."""
    local = LocalModel.parse(base_model)
    folder = local.find() if local else None
    if folder is None:
        return None
    is_of_run = folder.name == "model" and folder.parent.parent == (workspace.root / "runs").resolve()
    return folder.parent.name if is_of_run else None
