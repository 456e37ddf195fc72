"""What the database says about runs and jobs, as frozen values that outlive its transactions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Text, cast

from tl_core.schema import (
    METHOD,
    Annotation,
    ExperimentConfig,
    ExperimentSummary,
    Promise,
    RunConfig,
    State,
    Took,
)
from tl_core.store.tables import ExperimentTable, JobKind, JobTable, PromiseTable, RunTable

RUN_COLUMNS = (
    cast(RunTable.config, Text),
    RunTable.name,
    RunTable.state,
    RunTable.error,
    RunTable.created_at,
    RunTable.started_at,
    RunTable.finished_at,
    JobTable.id,
    JobTable.pid,
    JobTable.process_start,
    JobTable.process_created,
)
"""What a `RunRow` is made of, from a run joined with its job; the configuration as text."""

EXPERIMENT_COLUMNS = (ExperimentTable.name, cast(ExperimentTable.config, Text))
"""What `experiment_of` reads; the configuration as text."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A place in the queue and the process that carries it out.

    Attributes
    ----------
    ref_id
        The run that is carried out, exported or used for predicting; the upload that is taken in, or the
        dataset that is examined or mended.
    payload
        What the kind of job needs to know beyond ``ref_id``.
    attempts
        How often a process was given the job.
    process_start
        What tells process ``pid`` from others with its number, as `tl_core.jobs.processes` writes it.
    num_done, num_total
        Progress in units of the job's own choice; 0 of 0 while unknown.
    """

    id: int
    kind: JobKind
    ref_id: str
    payload: dict[str, Any]
    state: State
    error: str | None
    attempts: int
    pid: int | None
    process_start: str | None
    cancel_requested: bool
    num_done: int
    num_total: int
    created_at: str
    started_at: str | None
    finished_at: str | None

    @classmethod
    def of(cls, row: JobTable) -> "Job":
        """Copy a row."""
        return cls(
            id=row.id,
            kind=JobKind(row.kind),
            ref_id=row.ref_id,
            payload=dict(row.payload),
            state=State(row.state),
            error=row.error,
            attempts=row.attempts,
            pid=row.pid,
            process_start=_process_start(row.process_start, row.process_created),
            cancel_requested=row.cancel_requested,
            num_done=row.num_done,
            num_total=row.num_total,
            created_at=row.created_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
        )


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """A run as the database knows it; ``job_id`` is None for an imported run."""

    config: RunConfig
    name: str
    state: State
    error: str | None
    created_at: str
    started_at: str | None
    finished_at: str | None
    job_id: int | None
    pid: int | None
    process_start: str | None

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.config.run_id

    @classmethod
    def of(cls, columns: Sequence[Any]) -> "RunRow":
        """Make a row of what `RUN_COLUMNS` selected."""
        config, name, state, error, created_at, started_at, finished_at, *of_job = columns
        job_id, pid, process_start, process_created = of_job
        return cls(
            config=_run_config(config),
            name=name,
            state=State(state),
            error=error,
            created_at=created_at,
            started_at=started_at,
            finished_at=finished_at,
            job_id=job_id,
            pid=pid,
            process_start=_process_start(process_start, process_created),
        )


def experiment_of(columns: Sequence[Any]) -> ExperimentConfig:
    """Read an experiment under the name that it goes by now, from what `EXPERIMENT_COLUMNS` selected."""
    name, text = columns
    return _experiment_config(text, name)


@dataclass(frozen=True, kw_only=True)
class PendingRun:
    """A run's place in the queue; ``position`` is its place in its experiment."""

    run_id: str
    experiment_id: str
    position: int
    is_running: bool


@dataclass(frozen=True, kw_only=True)
class PromiseRow:
    """What was promised for an experiment and what it took; ``took`` is None until every run has ended."""

    experiment_id: str
    promise: Promise
    took: Took | None

    @classmethod
    def of(cls, row: PromiseTable) -> "PromiseRow":
        """Copy a row."""
        return cls(
            experiment_id=row.experiment_id,
            promise=Promise.model_validate(row.promise),
            took=None if row.took is None else Took.model_validate(row.took),
        )


@dataclass(frozen=True)
class Removed:
    """What has lost its rows, and so may lose its folders."""

    run_ids: tuple[str, ...]
    job_ids: tuple[int, ...]


# Pages list every experiment and run of a workspace; only what has not been read yet is parsed. Nobody may
# change what is returned.
@lru_cache(maxsize=20_000)
def _run_config(text: str) -> RunConfig:
    return RunConfig.model_validate_json(text)


@lru_cache(maxsize=5_000)
def _experiment_config(text: str, name: str) -> ExperimentConfig:
    config = ExperimentConfig.model_validate_json(text)
    return config if name == config.name else config.model_copy(update={"name": name})


def _process_start(start: str | None, created: float | None) -> str | None:
    if start is None and created is not None:  # the version before started it
        return str(created)
    return start


def states_words(counts: Mapping[State, int]) -> str:
    """Write down how many runs are in which state: ``cancelled 8, finished 4``."""
    return ", ".join(f"{state.value} {counts[state]}" for state in sorted(counts))


@dataclass(frozen=True, kw_only=True)
class ExperimentEntry:
    """An experiment as the list of all shows it.

    Attributes
    ----------
    counts
        Runs by state, as the database has them.
    summary
        What it came to; None while nobody has looked.
    beside
        The other experiments on its split that are over and have results, as a hash; empty without one.
    """

    config: ExperimentConfig
    counts: Mapping[State, int]
    annotation: Annotation
    summary: ExperimentSummary | None
    beside: str = ""

    @property
    def is_over(self) -> bool:
        """Whether no run will change any more."""
        return all(state.is_final for state in self.counts)

    @property
    def states(self) -> str:
        """The runs' states, as `states_words` writes them."""
        return states_words(self.counts)

    @property
    def made_of(self) -> str:
        """What a summary is made of: the runs' states, and those of the split's other experiments."""
        return f"{self.states}; beside {self.beside}" if self.beside else self.states

    @property
    def is_summed_up(self) -> bool:
        """Whether the summary is of all runs on the split as they stand, by the method of today."""
        of_today = (self.made_of, METHOD)
        return self.summary is not None and (self.summary.states, self.summary.method) == of_today
