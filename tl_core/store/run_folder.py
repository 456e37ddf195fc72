"""A run's folder: the truth about what happened. Nothing else reads or writes its files."""

import shutil
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tl_core.errors import NotFoundError
from tl_core.schema import EVENT, Event, ExperimentConfig, LayerChanges, RunRecord
from tl_core.store.files import replacing


def predictions_schema(num_labels: int) -> pa.Schema:
    """Columns of ``predictions.parquet``; ``logits`` holds ``num_labels`` float32 a row."""
    return pa.schema(
        [
            pa.field("split", pa.string(), nullable=False),
            pa.field("example_id", pa.string(), nullable=False),
            pa.field("target", pa.int32(), nullable=False),
            pa.field("logits", pa.list_(pa.float32(), num_labels), nullable=False),
        ]
    )


@dataclass(frozen=True)
class RunFolder:
    """The files of one run below ``path``; the folder is made by the first write."""

    path: Path

    @property
    def model_dir(self) -> Path:
        """Folder of the weights in the Hub's layout; whoever saves them makes it."""
        return self.path / "model"

    @property
    def log_path(self) -> Path:
        """What the run's processes printed."""
        return self.path / "log.txt"

    @property
    def _record_path(self) -> Path:
        return self.path / "run.json"

    @property
    def _experiment_path(self) -> Path:
        return self.path / "experiment.json"

    @property
    def _events_path(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def _predictions_path(self) -> Path:
        return self.path / "predictions.parquet"

    @property
    def _layers_path(self) -> Path:
        return self.path / "layers.json"

    @property
    def _first_task_path(self) -> Path:
        return self.path / "first_task.parquet"

    def start_over(self) -> None:
        """Remove what an earlier attempt has measured; its log and the experiment stay."""
        measured = (self._predictions_path, self._layers_path, self._first_task_path)
        for path in (self._record_path, self._events_path, *measured):
            path.unlink(missing_ok=True)
        shutil.rmtree(self.model_dir, ignore_errors=True)

    def has_record(self) -> bool:
        """Whether ``run.json`` is there."""
        return self._record_path.is_file()

    def write_record(self, record: RunRecord) -> None:
        """Replace ``run.json``."""
        _write_text(self._record_path, record.model_dump_json(indent=2))

    def read_record(self) -> RunRecord:
        """Read ``run.json``. Raises NotFoundError if the run has not written it."""
        return RunRecord.model_validate_json(_read_text(self._record_path))

    def write_experiment(self, config: ExperimentConfig) -> None:
        """Keep the experiment beside the run, so that the folder can be imported elsewhere."""
        _write_text(self._experiment_path, config.model_dump_json(indent=2))

    def read_experiment(self) -> ExperimentConfig:
        """Read the experiment that the run belongs to. Raises NotFoundError if it is not there."""
        return ExperimentConfig.model_validate_json(_read_text(self._experiment_path))

    def write_layers(self, changes: LayerChanges) -> None:
        """Replace ``layers.json``."""
        _write_text(self._layers_path, changes.model_dump_json(indent=2))

    def read_layers(self) -> LayerChanges:
        """Read what training changed. Raises NotFoundError if the run has not written it."""
        return LayerChanges.model_validate_json(_read_text(self._layers_path))

    def append_event(self, event: Event) -> None:
        """Write one line and flush it. One writer at a time."""
        self.path.mkdir(parents=True, exist_ok=True)
        self._drop_torn_line()
        with self._events_path.open("ab") as file:
            file.write(EVENT.dump_json(event) + b"\n")

    def read_events(self, after_seq: int = -1) -> list[Event]:
        """Return the events with a larger ``seq``, in order; a torn last line is left out."""
        try:
            whole, _end, _torn = self._events_path.read_bytes().rpartition(b"\n")
        except FileNotFoundError:
            return []
        events = (EVENT.validate_json(line) for line in whole.splitlines())
        return [event for event in events if event.seq > after_seq]

    def tail_events(self) -> "EventTail":
        """Follow the events of a run that is being carried out."""
        return EventTail(self._events_path)

    def last_event(self) -> Event | None:
        """Return the last whole event."""
        events = self.read_events()
        return events[-1] if events else None

    def write_predictions(self, table: pa.Table) -> None:
        """Replace ``predictions.parquet``.

        Parameters
        ----------
        table
            Columns of `predictions_schema`. Raises ValueError or pyarrow.ArrowInvalid if others are given.
        """
        _write_predictions(self._predictions_path, table)

    def read_predictions(self) -> pa.Table:
        """Read ``predictions.parquet``. Raises NotFoundError if the run has not written it."""
        return _read_table(self._predictions_path)

    def write_first_task(self, table: pa.Table) -> None:
        """Replace ``first_task.parquet``, in the form of ``predictions.parquet``."""
        _write_predictions(self._first_task_path, table)

    def read_first_task(self) -> pa.Table:
        """Read what is left of the task that the base model learned before. Raises NotFoundError."""
        return _read_table(self._first_task_path)

    def _drop_torn_line(self) -> None:
        """Cut off what a writer that died in the middle of a line has left, lest it spoil the next one."""
        if not self._events_path.exists():
            return
        with self._events_path.open("r+b") as file:
            file.seek(0, 2)
            if (size := file.tell()) == 0:
                return
            file.seek(size - 1)
            if file.read(1) != b"\n":
                file.seek(0)
                file.truncate(file.read().rfind(b"\n") + 1)


@dataclass
class EventTail:
    """Follows a growing file of events: each look parses only what was written since the last one.

    May be shared between threads.
    """

    path: Path
    _events: list[Event] = field(default_factory=list, repr=False)
    _first_line: bytes = field(default=b"", repr=False)
    _offset: int = field(default=0, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def read(self) -> tuple[Event, ...]:
        """Return all events so far; after a new attempt has begun, those of that attempt alone."""
        with self._lock:
            try:
                with self.path.open("rb") as file:
                    # Times with all their digits make the first line of every attempt another one.
                    if file.read(len(self._first_line)) != self._first_line:
                        self._forget()
                    file.seek(self._offset)
                    self._take_in(file.read())
            except FileNotFoundError:
                self._forget()
            return tuple(self._events)

    def _take_in(self, written: bytes) -> None:
        whole, end, _torn = written.rpartition(b"\n")
        lines = whole.splitlines()
        self._events += [EVENT.validate_json(line) for line in lines]
        self._first_line = self._first_line or (lines[0] if lines else b"")
        self._offset += len(whole) + len(end)

    def _forget(self) -> None:
        self._events, self._first_line, self._offset = [], b"", 0


def _write_predictions(path: Path, table: pa.Table) -> None:
    num_labels = table.schema.field("logits").type.list_size
    with replacing(path) as file:
        pq.write_table(table.cast(predictions_schema(num_labels)), file)


def _read_table(path: Path) -> pa.Table:
    if not path.is_file():
        raise _missing(path)
    return pq.read_table(path)


def _write_text(path: Path, text: str) -> None:
    with replacing(path) as file:
        file.write(text.encode() + b"\n")


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise _missing(path) from None


def _missing(path: Path) -> NotFoundError:
    return NotFoundError(
        f"Expected {path.name} in the run folder {path.parent.name}; it is not there.",
        "The run has not come that far, or its folder is incomplete.",
    )
