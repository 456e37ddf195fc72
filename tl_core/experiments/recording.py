"""What a run writes while it is carried out: its record, its events, its predictions."""

import importlib.metadata
import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tl_core.datasets.dataset import Dataset
from tl_core.schema import Event, PhaseStarted, RunConfig, RunFailed, RunFinished, RunRecord, SplitName, State
from tl_core.splits.splitting import SEALED, Split
from tl_core.store.run_folder import RunFolder
from tl_core.training.meters import Clock, Meter

PACKAGES = (
    "torch",
    "transformers",
    "sentence-transformers",
    "tokenizers",
    "datasets",
    "scikit-learn",
    "numpy",
    "safetensors",
)


def now() -> str:
    """Give the present moment in ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def versions() -> dict[str, str]:
    """Give the versions that decide a run's numbers."""
    packages = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {"python": platform.python_version(), **packages}


@dataclass
class Recorder:
    """Writes one run's folder. The record is replaced, events are appended, predictions come last."""

    folder: RunFolder
    record: RunRecord
    clock: Clock = field(default_factory=Clock)
    _started: float = field(default_factory=time.perf_counter)

    @classmethod
    def start(cls, folder: RunFolder, config: RunConfig, attempt: int) -> "Recorder":
        """Begin the run's folder anew: what an earlier attempt has written is gone, but it counts."""
        folder.start_over()
        moment = now()
        record = RunRecord(
            config=config,
            state=State.RUNNING,
            attempts=attempt,
            versions=versions(),
            created_at=moment,
            started_at=moment,
        )
        recorder = cls(folder, record)
        recorder.note()
        return recorder

    def note(self, **facts: Any) -> None:
        """Add facts to the record."""
        self.record = self.record.model_copy(update=facts)
        self.folder.write_record(self.record)

    def measure_with(self, meter: Meter | None) -> None:
        """Count energy from here on; without a meter it is not measured."""
        self.clock.measure_with(meter)
        self.note(energy_method=meter.method if meter else None)

    def phase(self, phase: Any) -> None:
        """Say which part of the work begins."""
        self.write(PhaseStarted(phase=phase, **self.clock.stamp()))

    def write(self, event: Event) -> None:
        """Append one event."""
        self.folder.append_event(event)

    def write_all(self, events: Iterable[Event]) -> list[Event]:
        """Append events as they come, and return them."""
        written = []
        for event in events:
            self.write(event)
            written.append(event)
        return written

    def write_predictions(
        self, dataset: Dataset, split: Split, score: Callable[[NDArray[np.int64]], NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        """Score validation and test and write ``predictions.parquet``; return the logits on validation.

        Those of sealed test examples lie in ``sealed.parquet``, which nothing reads before they are opened.

        Parameters
        ----------
        score
            Gives logits ``(n, num_labels)`` for dataset rows ``(n,)``.
        """
        on_validation, on_test = score(split.validation), score(split.test)
        groups = split.groups
        if groups is None and split.knows_groups:
            groups = np.arange(dataset.num_examples)
        parts = [
            prediction_rows(dataset, SplitName.VALIDATION.value, split.validation, on_validation, groups),
            prediction_rows(dataset, SplitName.TEST.value, split.test, on_test, groups),
        ]
        self.folder.write_predictions(pa.concat_tables(parts))
        if len(split.sealed):
            on_sealed = prediction_rows(dataset, SEALED, split.sealed, score(split.sealed), groups)
            self.folder.write_sealed(on_sealed)
        return on_validation

    def finish(self, stop_reason: Any = "budget") -> None:
        """Write the end of a run that reached it."""
        kept_step = self.clock.kept_step
        self.write(RunFinished(stop_reason=stop_reason, kept_step=kept_step, **self.clock.stamp()))
        self._close(State.FINISHED, None)

    def fail(self, reason: str, message: str) -> None:
        """Write the end of a run that did not reach it."""
        self.write(RunFailed(reason=reason, message=message, **self.clock.stamp()))
        self._close(State.CANCELLED if reason == "cancelled" else State.FAILED, message)

    def _close(self, state: State, error: str | None) -> None:
        self.note(
            state=state,
            error=error,
            finished_at=now(),
            train_s=self.clock.train_s,
            wall_s=time.perf_counter() - self._started,
            energy_wh=self.clock.energy_wh,
        )


def prediction_rows(
    dataset: Dataset,
    split: str,
    indices: NDArray[np.int64],
    logits: NDArray[np.float32],
    groups: NDArray[np.int64] | None = None,
) -> pa.Table:
    """Make rows of ``predictions.parquet`` from the logits ``(n, num_labels)`` of dataset rows ``(n,)``.

    ``groups`` are those of all rows of the dataset; None if they are unknown.
    """
    num_examples, num_labels = logits.shape
    flat = pa.array(np.ascontiguousarray(logits, dtype=np.float32).reshape(-1))
    table = pa.table(
        {
            "split": pa.array([split] * num_examples),
            "example_id": dataset.table.column("example_id").take(pa.array(indices)).combine_chunks(),
            "target": pa.array(dataset.targets()[indices].astype(np.int32)),
            "logits": pa.FixedSizeListArray.from_arrays(flat, num_labels),
        }
    )
    return table if groups is None else table.append_column("group", pa.array(groups[indices], pa.int64()))
