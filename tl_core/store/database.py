"""Rows about datasets, experiments, runs and drafts. Every query sees one owner's rows alone."""

import contextlib
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from tl_core.errors import NotFoundError, UserError
from tl_core.schema import (
    Annotation,
    DatasetInfo,
    ExperimentConfig,
    ExperimentSummary,
    Promise,
    RunConfig,
    RunRecord,
    State,
    Took,
)
from tl_core.store.engine import UNUSABLE, explain
from tl_core.store.identifiers import now
from tl_core.store.rows import (
    EXPERIMENT_COLUMNS,
    RUN_COLUMNS,
    ExperimentEntry,
    PendingRun,
    PromiseRow,
    Removed,
    RunRow,
    experiment_of,
    states_words,
)
from tl_core.store.tables import (
    AnnotationTable,
    DatasetTable,
    DraftTable,
    ExperimentTable,
    JobKind,
    JobTable,
    LookTable,
    PromiseTable,
    RunTable,
)
from tl_core.words import quoted


class Database:
    """The tables as one owner sees them.

    Parameters
    ----------
    engine
        A migrated database.
    owner
        Whose rows are read, written and counted.
    """

    def __init__(self, engine: Engine, owner: str) -> None:
        self._engine = engine
        self.owner = owner

    def close(self) -> None:
        """Close the connections; the next transaction opens new ones."""
        self._engine.dispose()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Session]:
        """Commit what the block does as a whole, or nothing of it.

        Raises
        ------
        DamageError
            If the database cannot be used, or holds a row that cannot be read.
        """
        try:
            with Session(self._engine) as session, session.begin():
                yield session
        except UNUSABLE as error:
            if (told := explain(error)) is None:
                raise
            raise told from error

    def add_dataset(self, info: DatasetInfo) -> None:
        """Add a dataset, or describe it anew if its fingerprint is known."""
        row = DatasetTable(
            owner=self.owner,
            fingerprint=info.fingerprint,
            name=info.name,
            info=info.model_dump(mode="json"),
            created_at=now(),
        )
        with self.transaction() as session:
            session.merge(row)

    def list_datasets(self) -> list[DatasetInfo]:
        """Return every dataset, the newest first."""
        query = select(DatasetTable.info).where(DatasetTable.owner == self.owner)
        with self.transaction() as session:
            infos = session.scalars(query.order_by(DatasetTable.created_at.desc())).all()
            return [DatasetInfo.model_validate(info) for info in infos]

    def get_dataset(self, fingerprint: str) -> DatasetInfo:
        """Return one dataset. Raises NotFoundError."""
        with self.transaction() as session:
            row = session.get(DatasetTable, (self.owner, fingerprint))
            if row is None:
                raise _unknown("dataset", fingerprint)
            return DatasetInfo.model_validate(row.info)

    def add_experiment(
        self, config: ExperimentConfig, runs: Sequence[RunConfig], promise: Promise | None = None
    ) -> None:
        """Add an experiment and queue its runs in the order of their positions, as a whole.

        ``promise`` is what was said of its time, if anything was; it is kept beside what it takes.
        """
        with self.transaction() as session:
            session.add(self._experiment_row(config))
            if promise is not None:
                session.add(self._promise_row(config.experiment_id, promise))
            session.flush()
            for run in sorted(runs, key=lambda run: run.position):
                session.add(self._run_row(run, config.created_at))
                session.add(self._job_row(run, config.created_at))
                session.flush()  # one by one, because the order of the job ids is the order of work

    def list_experiments(self, *, with_archived: bool = True) -> list[ExperimentConfig]:
        """Return every experiment, or those that no person has put away, the newest first."""
        query = select(*EXPERIMENT_COLUMNS).where(ExperimentTable.owner == self.owner)
        if not with_archived:
            archived = select(AnnotationTable.experiment_id).where(
                AnnotationTable.annotation["is_archived"].as_boolean()
            )
            query = query.where(ExperimentTable.experiment_id.not_in(archived))
        newest_first = (ExperimentTable.created_at.desc(), ExperimentTable.experiment_id.desc())
        with self.transaction() as session:
            return [experiment_of(row) for row in session.execute(query.order_by(*newest_first))]

    def list_entries(self) -> list[ExperimentEntry]:
        """Return every experiment with what stands beside it, the newest first."""
        counted = (
            select(RunTable.experiment_id, RunTable.state, func.count())
            .where(RunTable.owner == self.owner)
            .group_by(RunTable.experiment_id, RunTable.state)
        )
        configs = self.list_experiments()
        with self.transaction() as session:
            counts: dict[str, dict[State, int]] = {}
            for experiment_id, state, number in session.execute(counted).all():
                counts.setdefault(experiment_id, {})[State(state)] = number
            kept = session.scalars(self._annotations()).all()
            annotations = {
                row.experiment_id: Annotation.model_validate(row.annotation) for row in kept if row.annotation
            }
            summaries = {
                row.experiment_id: ExperimentSummary.model_validate(row.summary)
                for row in kept
                if row.summary
            }
        beside = _beside_by_id(configs, counts)
        return [
            ExperimentEntry(
                config=config,
                counts=counts.get(config.experiment_id, {}),
                annotation=annotations.get(config.experiment_id, Annotation()),
                summary=summaries.get(config.experiment_id),
                beside=beside[config.experiment_id],
            )
            for config in configs
        ]

    def list_series(self, series_id: str) -> list[ExperimentConfig]:
        """Return the experiments of a series that are there, by the place of their split."""
        of_series = or_(
            ExperimentTable.experiment_id == series_id,
            ExperimentTable.config["series"]["first"].as_string() == series_id,
        )
        query = select(*EXPERIMENT_COLUMNS).where(ExperimentTable.owner == self.owner, of_series)
        with self.transaction() as session:
            found = [experiment_of(row) for row in session.execute(query)]
        return sorted(found, key=lambda one: one.series.place if one.series else 0)

    def list_on_split(self, split_hash: str) -> list[tuple[str, str]]:
        """Return the experiments on a split, the oldest first, each with the states of its runs in words."""
        on_split = ExperimentTable.config["split"]["hash"].as_string() == split_hash
        query = (
            select(ExperimentTable.experiment_id, RunTable.state, func.count())
            .join(RunTable, RunTable.experiment_id == ExperimentTable.experiment_id)
            .where(ExperimentTable.owner == self.owner, on_split)
            .group_by(ExperimentTable.experiment_id, RunTable.state)
            .order_by(ExperimentTable.created_at, ExperimentTable.experiment_id)
        )
        counts: dict[str, dict[State, int]] = {}
        with self.transaction() as session:
            for experiment_id, state, number in session.execute(query).all():
                counts.setdefault(experiment_id, {})[State(state)] = number
        return [(experiment_id, states_words(found)) for experiment_id, found in counts.items()]

    def rename_experiment(self, experiment_id: str, name: str) -> None:
        """Call an experiment by another name; runs that have begun keep the old one in their folders.

        Raises
        ------
        NotFoundError
            If there is no such experiment.
        UserError
            If nothing of the name is left to read.
        """
        if not (kept := " ".join(name.split())):
            raise UserError("The name is empty.", "Give the experiment a name.")
        with self.transaction() as session:
            self._experiment(session, experiment_id).name = kept

    def annotate(self, experiment_id: str, annotation: Annotation) -> None:
        """Keep a person's words on an experiment. Raises NotFoundError."""
        with self.transaction() as session:
            self._beside(session, experiment_id).annotation = annotation.model_dump(mode="json")

    def keep_summary(self, experiment_id: str, summary: ExperimentSummary) -> None:
        """Keep what an experiment came to. Raises NotFoundError."""
        with self.transaction() as session:
            self._beside(session, experiment_id).summary = summary.model_dump(mode="json")

    def get_summary(self, experiment_id: str) -> ExperimentSummary | None:
        """Return what is kept of what an experiment came to."""
        query = self._annotations().where(AnnotationTable.experiment_id == experiment_id)
        with self.transaction() as session:
            row = session.scalar(query)
            return ExperimentSummary.model_validate(row.summary) if row and row.summary else None

    def get_experiment(self, experiment_id: str) -> ExperimentConfig:
        """Return one experiment. Raises NotFoundError."""
        query = select(*EXPERIMENT_COLUMNS).where(ExperimentTable.owner == self.owner)
        with self.transaction() as session:
            found = session.execute(query.where(ExperimentTable.experiment_id == experiment_id)).first()
            if found is None:
                raise _unknown("experiment", experiment_id)
            return experiment_of(found)

    def delete_experiment(self, experiment_id: str) -> Removed:
        """Remove an experiment with its runs and their jobs.

        Raises
        ------
        NotFoundError
            If there is no such experiment.
        UserError
            If one of its runs is running or in use.
        """
        with self.transaction() as session:
            experiment = self._experiment(session, experiment_id)
            runs = session.scalars(self._runs().where(RunTable.experiment_id == experiment_id)).all()
            removed = self._remove_runs(session, [run.run_id for run in runs])
            session.delete(experiment)
            session.execute(delete(AnnotationTable).where(AnnotationTable.experiment_id == experiment_id))
        return removed

    def list_runs(self, experiment_id: str | None = None) -> list[RunRow]:
        """Return the runs of one experiment in their order of work, or all runs, oldest first."""
        query = self._runs_with_jobs()
        if experiment_id is not None:
            query = query.where(RunTable.experiment_id == experiment_id)
        with self.transaction() as session:
            ordered = query.order_by(RunTable.created_at, RunTable.experiment_id, RunTable.position)
            return [RunRow.of(row) for row in session.execute(ordered)]

    def list_pending_runs(self) -> list[PendingRun]:
        """Return the runs that are queued or running, of all experiments, in the order of the queue."""
        query = self._runs_with_jobs().where(JobTable.state.in_([State.QUEUED.value, State.RUNNING.value]))
        columns = (RunTable.run_id, RunTable.experiment_id, RunTable.position, JobTable.state)
        with self.transaction() as session:
            rows = session.execute(query.with_only_columns(*columns).order_by(JobTable.id)).all()
        return [
            PendingRun(
                run_id=run_id,
                experiment_id=experiment_id,
                position=position,
                is_running=state == State.RUNNING.value,
            )
            for run_id, experiment_id, position, state in rows
        ]

    def list_promises(self) -> list[PromiseRow]:
        """Return what was promised for each experiment and what it took, the newest first."""
        query = select(PromiseTable).where(PromiseTable.owner == self.owner)
        newest_first = (PromiseTable.created_at.desc(), PromiseTable.experiment_id.desc())
        with self.transaction() as session:
            return [PromiseRow.of(row) for row in session.scalars(query.order_by(*newest_first))]

    def known_runs(self, run_ids: Collection[str]) -> set[str]:
        """Return which of some runs the database knows, whoever owns them."""
        with self.transaction() as session:
            return set(session.scalars(select(RunTable.run_id).where(RunTable.run_id.in_(run_ids))))

    def num_finished_runs(self) -> int:
        """Return how many runs have finished."""
        finished = self._runs().where(RunTable.state == State.FINISHED.value).subquery()
        with self.transaction() as session:
            return session.scalar(select(func.count()).select_from(finished)) or 0

    def get_run(self, run_id: str) -> RunRow:
        """Return one run. Raises NotFoundError."""
        with self.transaction() as session:
            found = session.execute(self._runs_with_jobs().where(RunTable.run_id == run_id)).first()
            if found is None:
                raise _unknown("run", run_id)
            return RunRow.of(found)

    def mark_run(self, session: Session, run_id: str, state: State, error: str | None = None) -> None:
        """Set a run's state and the moment it began or ended, within a transaction. Raises NotFoundError."""
        values: dict[str, Any] = {"state": state.value, "error": error}
        if state is State.QUEUED:
            values |= {"started_at": None, "finished_at": None}
        if state is State.RUNNING:
            values["started_at"] = now()
        if state.is_final:
            values["finished_at"] = now()
        of_owner = and_(RunTable.owner == self.owner, RunTable.run_id == run_id)
        row = session.scalar(update(RunTable).where(of_owner).values(values).returning(RunTable))
        if row is None:
            raise _unknown("run", run_id)
        if state is State.FINISHED:
            self._note_look(session, row)
        if state.is_final:
            self._keep_what_it_took(session, row.experiment_id)

    def delete_run(self, run_id: str) -> Removed:
        """Remove a run and its jobs. Raises NotFoundError, and UserError while it is running or in use."""
        with self.transaction() as session:
            if session.scalar(self._runs().where(RunTable.run_id == run_id)) is None:
                raise _unknown("run", run_id)
            return self._remove_runs(session, [run_id])

    def import_run(self, record: RunRecord, experiment: ExperimentConfig) -> None:
        """Add the row of a run that was carried out elsewhere, and its experiment's if it is new.

        A run whose record does not end is imported as failed, for no process here carries it on. Raises
        UserError if the run is known already, or its experiment is another owner's or another one of this id.
        """
        is_over = record.state.is_final
        with self.transaction() as session:
            if session.get(RunTable, record.config.run_id) is not None:
                raise UserError(f"{record.config.run_id} is in this workspace already.")
            known = session.get(ExperimentTable, experiment.experiment_id)
            if known is None:
                session.add(self._experiment_row(experiment))
                session.flush()
            elif known.owner != self.owner:
                raise UserError(f"{known.experiment_id} belongs to another user.")
            elif not _is_renamed(known, experiment):
                raise UserError(
                    f"{record.config.run_id} belongs to an experiment {known.experiment_id} with other"
                    " settings than the one in this workspace.",
                    "Import it into another workspace.",
                )
            run = self._run_row(record.config, record.created_at)
            run.state = record.state.value if is_over else State.FAILED.value
            run.error = record.error if is_over else "imported before it was done"
            run.started_at, run.finished_at = record.started_at, record.finished_at
            session.add(run)
            if record.state is State.FINISHED:
                self._note_look(session, run)

    def save_draft(self, key: str, content: dict[str, Any]) -> None:
        """Keep what a person has entered under ``key``, in place of what was there."""
        with self.transaction() as session:
            session.merge(DraftTable(owner=self.owner, key=key, content=content, updated_at=now()))

    def get_draft(self, key: str) -> dict[str, Any] | None:
        """Return what is kept under ``key``."""
        with self.transaction() as session:
            row = session.get(DraftTable, (self.owner, key))
            return dict(row.content) if row else None

    def _note_look(self, session: Session, run: RunTable) -> None:
        """Write down that an arm was scored on a split's test examples; the first time counts."""
        key = (self.owner, run.config["split_hash"], run.experiment_id, run.arm, run.train_size)
        if session.get(LookTable, key) is None:
            names = ("owner", "split_hash", "experiment_id", "arm", "train_size")
            fields = dict(zip(names, key, strict=True))
            session.add(LookTable(**fields, first_at=run.finished_at or now()))

    def _keep_what_it_took(self, session: Session, experiment_id: str) -> None:
        """Write what an experiment took beside its promise, the first time that all its runs have ended."""
        kept = session.get(PromiseTable, experiment_id)
        if kept is None or kept.took is not None:
            return
        query = self._runs().where(RunTable.experiment_id == experiment_id).order_by(RunTable.position)
        runs = session.scalars(query).all()
        if all(State(run.state).is_final for run in runs):
            promise = Promise.model_validate(kept.promise)
            kept.took = _what_it_took(promise, kept.created_at, runs).model_dump(mode="json")

    def _runs(self) -> Select[RunTable]:
        return select(RunTable).where(RunTable.owner == self.owner)

    def _runs_with_jobs(self) -> Select[*tuple[Any, ...]]:
        belongs = and_(JobTable.kind == JobKind.RUN.value, JobTable.ref_id == RunTable.run_id)
        joined = select(*RUN_COLUMNS).select_from(RunTable).outerjoin(JobTable, belongs)
        return joined.where(RunTable.owner == self.owner)

    def _experiment(self, session: Session, experiment_id: str) -> ExperimentTable:
        row = session.get(ExperimentTable, experiment_id)
        if row is None or row.owner != self.owner:
            raise _unknown("experiment", experiment_id)
        return row

    def _annotations(self) -> Select[AnnotationTable]:
        return select(AnnotationTable).where(AnnotationTable.owner == self.owner)

    def _beside(self, session: Session, experiment_id: str) -> AnnotationTable:
        """Return the row that stands beside an experiment, new if there is none. Raises NotFoundError."""
        self._experiment(session, experiment_id)
        row = session.get(AnnotationTable, experiment_id)
        if row is None:
            row = AnnotationTable(
                experiment_id=experiment_id, owner=self.owner, annotation=None, summary=None
            )
            session.add(row)
        return row

    def _remove_runs(self, session: Session, run_ids: Sequence[str]) -> Removed:
        are_runs = and_(RunTable.owner == self.owner, RunTable.run_id.in_(run_ids))
        are_jobs = and_(JobTable.owner == self.owner, JobTable.ref_id.in_(run_ids))
        jobs = session.scalars(select(JobTable).where(are_jobs)).all()
        states = session.scalars(select(RunTable.state).where(are_runs)).all()
        if State.RUNNING.value in (*states, *(job.state for job in jobs)):
            raise UserError(
                f"{', '.join(run_ids)} cannot be deleted while running or in use.",
                "Cancel the work, or wait until it is done.",
            )
        session.execute(delete(JobTable).where(are_jobs))
        session.execute(delete(RunTable).where(are_runs))
        return Removed(tuple(run_ids), tuple(job.id for job in jobs))

    def _experiment_row(self, config: ExperimentConfig) -> ExperimentTable:
        return ExperimentTable(
            experiment_id=config.experiment_id,
            owner=self.owner,
            name=config.name,
            config=config.model_dump(mode="json"),
            created_at=config.created_at,
        )

    def _promise_row(self, experiment_id: str, promise: Promise) -> PromiseTable:
        return PromiseTable(
            experiment_id=experiment_id,
            owner=self.owner,
            promise=promise.model_dump(mode="json"),
            created_at=now(),
        )

    def _run_row(self, config: RunConfig, created_at: str) -> RunTable:
        return RunTable(
            run_id=config.run_id,
            owner=self.owner,
            experiment_id=config.experiment_id,
            name=f"{config.arm.name}, {config.train_size} examples, seed {config.seed}",
            arm=config.arm.name,
            seed=config.seed,
            train_size=config.train_size,
            position=config.position,
            config=config.model_dump(mode="json"),
            state=State.QUEUED.value,
            created_at=created_at,
        )

    def _job_row(self, config: RunConfig, created_at: str) -> JobTable:
        return JobTable(
            owner=self.owner,
            kind=JobKind.RUN.value,
            ref_id=config.run_id,
            payload={},
            state=State.QUEUED.value,
            created_at=created_at,
        )


def _is_renamed(known: ExperimentTable, experiment: ExperimentConfig) -> bool:
    """Whether an experiment is the known one, under whatever name."""
    of_one_name = {"name": known.name}
    return ExperimentConfig.model_validate(known.config | of_one_name) == experiment.model_copy(
        update=of_one_name
    )


def _beside_by_id(
    configs: Sequence[ExperimentConfig], counts: Mapping[str, Mapping[State, int]]
) -> dict[str, str]:
    """Hash, for each experiment, the others on its split that are over and have results."""
    own: dict[str, int] = {}
    of_split: dict[str, int] = {}
    for config in configs:
        states = counts.get(config.experiment_id, {})
        if State.FINISHED in states and all(state.is_final for state in states):
            line = f"{config.experiment_id} {states_words(states)}"
            own[config.experiment_id] = int.from_bytes(hashlib.sha256(line.encode()).digest()[:8])
            # Exclusive or: one hash leaves again as it came, and their order does not matter.
            of_split[config.split.hash] = of_split.get(config.split.hash, 0) ^ own[config.experiment_id]
    others = {
        config.experiment_id: of_split.get(config.split.hash, 0) ^ own.get(config.experiment_id, 0)
        for config in configs
    }
    return {key: f"{digest:016x}" if digest else "" for key, digest in others.items()}


def _what_it_took(promise: Promise, promised_at: str, runs: Sequence[RunTable]) -> Took:
    """Measure the times of runs in their order of work; one that was cancelled in the queue never started."""
    begin = datetime.fromisoformat(promised_at)
    starts = [_seconds_since(begin, run.started_at) for run in runs]
    ends = [_seconds_since(begin, run.finished_at) for run in runs]
    times = [
        end - start for start, end in zip(starts, ends, strict=True) if start is not None and end is not None
    ]
    begun = [start for start in starts if start is not None]
    is_whole = all(run.state == State.FINISHED.value for run in runs) and len(times) == promise.num_runs
    return Took(
        start_s=min(begun, default=0.0),
        first_verdict_s=max(filter(None, ends[: promise.num_first]), default=0.0),
        total_s=max(filter(None, ends), default=0.0),
        work_s=sum(times),
        # A clock that was set back in between leaves times that are none.
        is_whole=is_whole and min([*begun, *times], default=0.0) >= 0,
    )


def _seconds_since(begin: datetime, moment: str | None) -> float | None:
    return None if moment is None else (datetime.fromisoformat(moment) - begin).total_seconds()


def _unknown(what: str, key: str) -> NotFoundError:
    return NotFoundError(
        f"There is no {what} {quoted(key, 100)} in this workspace.",
        "Check the id: it may be deleted, or in another workspace.",
    )
