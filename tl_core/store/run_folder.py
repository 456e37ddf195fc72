"""A run's folder: the truth about what happened. Nothing else reads or writes its files."""

import contextlib
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import ValidationError

from tl_core.errors import CUT_OFF, DamageError, NotFoundError, cannot_be_read, damaged_file
from tl_core.outside import open_file, parse_json, read_bytes
from tl_core.schema import EVENT, SCHEMA_VERSION, Event, ExperimentConfig, Frozen, LayerChanges, RunRecord
from tl_core.store.files import replacing
from tl_core.words import plural

_GROUP = "group"
MOST_VALUES = 2_000_000_000
"""Most logits of a run: a file of some megabytes can claim more rows than any memory holds."""

_Read = TypeVar("_Read", bound=Frozen)


class EventLog(NamedTuple):
    """What can be read of a file of events; ``problem`` says what cannot, and is empty if all is well."""

    events: tuple[Event, ...]
    problem: str = ""


def predictions_schema(num_labels: int, *, has_groups: bool = True) -> pa.Schema:
    """Columns of ``predictions.parquet``; ``logits`` holds ``num_labels`` float32 a row.

    Rows with the same number in ``group`` may be alike; a run of an earlier version does not know it.
    """
    fields = pa.schema(
        [
            pa.field("split", pa.string(), nullable=False),
            pa.field("example_id", pa.string(), nullable=False),
            pa.field("target", pa.int32(), nullable=False),
            pa.field("logits", pa.list_(pa.float32(), num_labels), nullable=False),
        ]
    )
    return fields.append(pa.field(_GROUP, pa.int64(), nullable=False)) if has_groups else fields


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
    def _sealed_path(self) -> Path:
        return self.path / "sealed.parquet"

    @property
    def _layers_path(self) -> Path:
        return self.path / "layers.json"

    @property
    def _first_task_path(self) -> Path:
        return self.path / "first_task.parquet"

    def start_over(self) -> None:
        """Remove what an earlier attempt has measured; its log and the experiment stay."""
        measured = (self._predictions_path, self._sealed_path, self._layers_path, self._first_task_path)
        for path in (self._record_path, self._events_path, *measured):
            if path.is_dir() and not path.is_symlink():  # what has taken the file's place goes too
                shutil.rmtree(path)
            path.unlink(missing_ok=True)
        shutil.rmtree(self.model_dir, ignore_errors=True)

    def has_record(self) -> bool:
        """Whether ``run.json`` is there."""
        return self._record_path.is_file()

    def write_record(self, record: RunRecord) -> None:
        """Replace ``run.json``."""
        _write_text(self._record_path, record.model_dump_json(indent=2))

    def read_record(self) -> RunRecord:
        """Read ``run.json``. Raises NotFoundError if the run has not written it, DamageError if damaged."""
        return _read_json(self._record_path, RunRecord)

    def write_experiment(self, config: ExperimentConfig) -> None:
        """Keep the experiment beside the run, so that the folder can be imported elsewhere."""
        _write_text(self._experiment_path, config.model_dump_json(indent=2))

    def read_experiment(self) -> ExperimentConfig:
        """Read the experiment that the run belongs to. Raises as `read_record` does."""
        return _read_json(self._experiment_path, ExperimentConfig)

    def write_layers(self, changes: LayerChanges) -> None:
        """Replace ``layers.json``."""
        _write_text(self._layers_path, changes.model_dump_json(indent=2))

    def read_layers(self) -> LayerChanges:
        """Read what training changed. Raises as `read_record` does."""
        return _read_json(self._layers_path, LayerChanges)

    def append_event(self, event: Event) -> None:
        """Write one line and flush it. One writer at a time."""
        self.path.mkdir(parents=True, exist_ok=True)
        self._drop_torn_line()
        with self._events_path.open("ab") as file:
            file.write(EVENT.dump_json(event) + b"\n")

    def read_log(self) -> EventLog:
        """Read the events, in order: damaged lines are left out and counted, a torn last line in silence."""
        try:
            whole, _end, _torn = read_bytes(self._events_path).rpartition(b"\n")
        except FileNotFoundError:
            return EventLog(())
        except OSError as error:
            return EventLog((), cannot_be_read(error))
        events, num_damaged = _parse(whole)
        return EventLog(tuple(events), _lines_left_out(num_damaged))

    def read_events(self, after_seq: int = -1) -> list[Event]:
        """Return the events that can be read and have a larger ``seq``, in order."""
        return [event for event in self.read_log().events if event.seq > after_seq]

    def tail_events(self) -> "EventTail":
        """Follow the events of a run that is being carried out."""
        return EventTail(self._events_path)

    def last_event(self) -> Event | None:
        """Return the last event that can be read."""
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
        """Read ``predictions.parquet``, in the form of `predictions_schema` and with finite logits.

        Raises as `read_record` does.
        """
        return _read_predictions(self._predictions_path)

    def write_sealed(self, table: pa.Table) -> None:
        """Replace ``sealed.parquet``, in the form of ``predictions.parquet``."""
        _write_predictions(self._sealed_path, table)

    def read_sealed(self) -> pa.Table:
        """Read the predictions of the sealed test examples: for their opening. Raises as `read_record`."""
        return _read_predictions(self._sealed_path)

    def write_first_task(self, table: pa.Table) -> None:
        """Replace ``first_task.parquet``, in the form of ``predictions.parquet``."""
        _write_predictions(self._first_task_path, table)

    def read_first_task(self) -> pa.Table:
        """Read what is left of the task that the base model learned before. Raises as `read_record` does."""
        return _read_predictions(self._first_task_path)

    def damage_to(self, file: str, what: str) -> DamageError:
        """Say of one file of the run, by its path in the folder, what is wrong with it."""
        return _damage(self.path.name, file, what)

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
    _num_damaged: int = field(default=0, repr=False)
    _refusal: str = field(default="", repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def problem(self) -> str:
        """What the last look could not read, as in `EventLog`."""
        return self._refusal or _lines_left_out(self._num_damaged)

    def read(self) -> tuple[Event, ...]:
        """Return all events so far that can be read; of a new attempt, once it has begun, its own alone."""
        with self._lock:
            self._refusal = ""
            try:
                with open_file(self.path) as file:
                    # Times with all their digits make the first line of every attempt another one.
                    if file.read(len(self._first_line)) != self._first_line:
                        self._forget()
                    file.seek(self._offset)
                    self._take_in(file.read())
            except FileNotFoundError:
                self._forget()
            except OSError as error:
                self._forget()
                self._refusal = cannot_be_read(error)
            return tuple(self._events)

    def _take_in(self, written: bytes) -> None:
        whole, end, _torn = written.rpartition(b"\n")
        events, num_damaged = _parse(whole)
        self._events += events
        self._num_damaged += num_damaged
        self._first_line = self._first_line or whole.partition(b"\n")[0]
        self._offset += len(whole) + len(end)

    def _forget(self) -> None:
        self._events, self._first_line, self._offset, self._num_damaged = [], b"", 0, 0


def _parse(whole: bytes) -> tuple[list[Event], int]:
    """Parse whole lines; return the events, and how many lines are none."""
    events, num_damaged = [], 0
    for line in filter(None, whole.split(b"\n")):
        try:
            events.append(EVENT.validate_json(line))
        except ValidationError:
            num_damaged += 1
    return events, num_damaged


def _lines_left_out(num_damaged: int) -> str:
    if not num_damaged:
        return ""
    return f"{plural(num_damaged, 'line is', 'lines are')} unreadable and left out"


def _write_predictions(path: Path, table: pa.Table) -> None:
    num_labels = table.schema.field("logits").type.list_size
    schema = predictions_schema(num_labels, has_groups=_GROUP in table.column_names)
    with replacing(path) as file:
        pq.write_table(
            table.cast(schema),
            file,
            write_page_checksum=True,
            compression="zstd",  # ids are hexadecimal digits
            use_dictionary=["split"],  # logits hardly ever repeat
        )


_COLUMNS = ("split", "example_id", "target", "logits")


def _read_predictions(path: Path) -> pa.Table:
    with _reading(path), open_file(path) as file:
        stored = pq.ParquetFile(file, page_checksum_verification=True)
        schema = stored.schema_arrow
        has_groups = _GROUP in schema.names
        columns = (*_COLUMNS, _GROUP) if has_groups else _COLUMNS
        types = {name: schema.field(name).type for name in columns if name in schema.names}
        logits = types.get("logits")
        num_labels = logits.list_size if logits and pa.types.is_fixed_size_list(logits) else 0
        wanted = predictions_schema(max(1, num_labels), has_groups=has_groups)
        if num_labels < 1 or types != {field.name: field.type for field in wanted}:
            raise ValueError("the columns are not those of predictions")
        if stored.metadata.num_rows * num_labels > MOST_VALUES:
            raise ValueError(f"it claims {stored.metadata.num_rows:,} rows")
        table = stored.read(list(columns))
        if any(column.null_count for column in table.columns):
            raise ValueError("it has rows without a value")
        targets = table.column("target").to_numpy()
        if not ((targets >= 0) & (targets < num_labels)).all():
            raise ValueError("it has targets that are no class")
        if not np.isfinite(pc.list_flatten(table.column("logits")).to_numpy()).all():
            raise ValueError("it has logits that are no numbers")
        return table


def _write_text(path: Path, text: str) -> None:
    with replacing(path) as file:
        file.write(text.encode() + b"\n")


def _read_json(path: Path, model: type[_Read]) -> _Read:
    with _reading(path):
        written = read_bytes(path)
        try:
            return model.model_validate_json(written)
        except ValidationError as error:
            raise ValueError(_what_is_wrong(written, error)) from error


def _what_is_wrong(written: bytes, error: ValidationError) -> str:
    with contextlib.suppress(ValueError):
        found = parse_json(written)
        version = found.get("schema_version") if isinstance(found, dict) else None
        if isinstance(version, int) and version > SCHEMA_VERSION:
            return "a newer version of this program has written it"
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say of whatever keeps a file from being read which run and which file it is."""
    try:
        yield
    except FileNotFoundError:
        raise NotFoundError(
            f"{path.name} is missing in the run folder {path.parent.name}.",
            "Wait until the run has come that far, or train it again.",
        ) from None
    except OSError as error:
        raise _damage(path.parent.name, path.name, cannot_be_read(error)) from error
    except pa.ArrowException as error:
        raise _damage(path.parent.name, path.name, f"{CUT_OFF} ({type(error).__name__})") from error
    except ValueError as error:
        raise _damage(path.parent.name, path.name, str(error)) from error


def _damage(run: str, file: str, what: str) -> DamageError:
    return damaged_file(DamageError, file, run, what, "delete the run and train it again")
