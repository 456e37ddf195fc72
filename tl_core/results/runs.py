"""What one finished run has written, as numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import ValidationError

from tl_core.errors import NotFoundError, TlError
from tl_core.evaluation.flags import RunHealth
from tl_core.evaluation.metrics import Evaluation, accuracy, evaluate, macro_f1
from tl_core.evaluation.predictions import Conditions
from tl_core.schema import (
    BudgetRule,
    EvalFinished,
    Event,
    Metric,
    RunConfig,
    RunFinished,
    RunRecord,
    SplitName,
)
from tl_core.store.run_folder import RunFolder

UNREADABLE = (TlError, OSError, ValidationError, pa.ArrowException)
"""What reading an incomplete or damaged folder raises."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FinishedRun:
    """One finished run, read from its folder.

    Attributes
    ----------
    example_ids, targets, logits
        The test split: ``(n,)``, ``(n,)``, ``(n, num_labels)``.
    validation_targets, validation_logits
        The validation split, on which temperatures are fitted.
    test
        Its metrics on test.
    health
        What the flags need to know.
    """

    record: RunRecord
    events: tuple[Event, ...]
    example_ids: NDArray[np.str_]
    targets: NDArray[np.int64]
    logits: NDArray[np.float32]
    validation_targets: NDArray[np.int64]
    validation_logits: NDArray[np.float32]
    test: Evaluation
    health: RunHealth

    @property
    def config(self) -> RunConfig:
        """The run's frozen configuration."""
        return self.record.config


def reason_of(error: Exception) -> str:
    """Say in one line why a folder could not be read."""
    return error.message if isinstance(error, TlError) else f"{type(error).__name__} while it was read"


def value_of(evaluation: Evaluation, metric: Metric) -> float:
    """Pick the headline metric."""
    return evaluation.accuracy if metric is Metric.ACCURACY else evaluation.macro_f1


def read_finished_run(folder: RunFolder) -> FinishedRun:
    """Read a finished run's folder.

    Raises
    ------
    NotFoundError
        If a file is missing.
    """
    record = folder.read_record()
    if not record.train_class_counts:
        raise NotFoundError(
            f"Expected the train examples of each class in the record of {record.config.run_id}; "
            "there are none, as in records of an earlier version."
        )
    table = folder.read_predictions()
    is_test = pc.equal(table.column("split"), SplitName.TEST.value)
    test, validation = table.filter(is_test), table.filter(pc.invert(is_test))
    logits = logits_of(test)
    targets = targets_of(test)
    if len(targets) == 0:
        raise NotFoundError(f"Expected test predictions in {record.config.run_id}; there are none.")
    evaluation = evaluate(targets, logits)
    events = tuple(folder.read_events())
    if not events:
        raise NotFoundError(f"Expected the events of {record.config.run_id}; there are none.")
    return FinishedRun(
        record=record,
        events=events,
        example_ids=np.array(test.column("example_id").to_pylist()),
        targets=targets,
        logits=logits,
        validation_targets=targets_of(validation),
        validation_logits=logits_of(validation),
        test=evaluation,
        health=_health(record, events, evaluation, logits_of(validation)),
    )


def kept_evaluation(config: RunConfig, events: Sequence[Event]) -> EvalFinished | None:
    """Find the evaluation on validation of the weights that a run kept; None before its end, or without one.

    A run of an earlier version does not say which: with `BudgetRule.PLATEAU` a network then kept those of the
    lowest loss after the first step, and otherwise the last.
    """
    end = events[-1] if events else None
    seen = [one for one in events if isinstance(one, EvalFinished) and one.split is SplitName.VALIDATION]
    if not isinstance(end, RunFinished) or not seen:
        return None
    if end.kept_step is not None:
        return next((one for one in reversed(seen) if one.step == end.kept_step), seen[-1])
    trained = [one for one in seen if one.step > 0]
    if config.training.budget is BudgetRule.PLATEAU and trained:
        return min(trained, key=lambda one: one.loss)
    return seen[-1]


def conditions_of(runs: Sequence[FinishedRun]) -> tuple[Conditions, ...]:
    """Read what the runs of one arm must share with those of another; empty without a network."""
    return tuple(
        Conditions(
            base_model=run.config.base_model,
            max_length=text_limit(run),
            tokenizer=run.record.base_model_facts.get("tokenizer", ""),
            precision=run.record.precision.value if run.record.precision else "",
        )
        for run in runs
        if run.config.base_model
    )


def epochs_of(runs: Sequence[FinishedRun]) -> tuple[float, ...]:
    """Count for each run of one arm the epochs behind the weights it kept; empty without a network."""
    networks = [run for run in runs if run.config.arm.kind.is_neural]
    kept = [kept_evaluation(run.config, run.events) or run.events[-1] for run in networks]
    return tuple(
        look.examples_seen / sum(run.record.train_class_counts)
        for look, run in zip(kept, networks, strict=True)
    )


def text_limit(run: FinishedRun) -> int:
    """Tokens that a run with a network kept of each text: the setting, or less if its network reads less."""
    return int(run.record.base_model_facts.get("max_length", run.config.training.max_length))


def targets_of(table: pa.Table) -> NDArray[np.int64]:
    """Return the class ids of some prediction rows, ``(n,)``."""
    targets: NDArray[np.int64] = table.column("target").to_numpy().astype(np.int64)
    return targets


def logits_of(table: pa.Table) -> NDArray[np.float32]:
    """Return the logits of some prediction rows, ``(n, num_labels)``."""
    column = table.column("logits").combine_chunks()
    flat = column.flatten().to_numpy().astype(np.float32)
    matrix: NDArray[np.float32] = flat.reshape(-1, column.type.list_size)
    return matrix


def _health(
    record: RunRecord,
    events: tuple[Event, ...],
    test: Evaluation,
    validation: NDArray[np.float32],
) -> RunHealth:
    """Reduce a run, with its logits on validation, to what the flags look at."""
    num_labels = len(record.config.labels)
    counts = np.array(record.train_class_counts)
    metric = record.config.headline_metric
    evaluations = [event for event in events if isinstance(event, EvalFinished)]
    train = [event.accuracy for event in evaluations if event.split is SplitName.TRAIN]
    looks = [event for event in evaluations if event.split is SplitName.VALIDATION]
    looks = looks if record.config.arm.kind.is_neural else []
    end = events[-1]
    return RunHealth(
        seed=record.config.seed,
        majority_share=float(counts.max() / counts.sum()),
        train_accuracy=train[-1] if train else None,
        validation_losses=tuple(look.loss for look in looks),
        validation_values=tuple(
            look.accuracy if metric is Metric.ACCURACY else look.macro_f1 for look in looks
        ),
        has_levelled_off=isinstance(end, RunFinished) and end.stop_reason == "plateau",
        predicted_class_counts=(
            tuple(np.bincount(validation.argmax(axis=1), minlength=num_labels).tolist()),
            tuple(test.confusion.sum(axis=0).tolist()),
        ),
        test_value=value_of(test, metric),
        majority_test_value=_constant_value(test, int(counts.argmax()), metric),
        hardly_known=tuple(record.hardly_known.items()),
    )


def _constant_value(test: Evaluation, answer: int, metric: Metric) -> float:
    """Score always giving one answer on the same examples."""
    confusion = np.zeros_like(test.confusion)
    confusion[:, answer] = test.confusion.sum(axis=1)
    return accuracy(confusion) if metric is Metric.ACCURACY else macro_f1(confusion)
