"""Rows about datasets, experiments, runs and drafts. Every query sees one owner's rows alone."""

import contextlib
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Engine, Select, and_, delete, func, select, update
from sqlalchemy.orm import Session

from tl_core.errors import NotFoundError, UserError
from tl_core.schema import DatasetInfo, ExperimentConfig, RunConfig, RunRecord, State
from tl_core.store.engine import UNUSABLE, explain
from tl_core.store.identifiers import now
from tl_core.store.rows import Removed, RunRow
from tl_core.store.tables import DatasetTable, DraftTable, ExperimentTable, JobKind, JobTable, RunTable


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

    def add_experiment(self, config: ExperimentConfig, runs: Sequence[RunConfig]) -> None:
        """Add an experiment and queue its runs in the order of their positions, as a whole."""
        with self.transaction() as session:
            session.add(self._experiment_row(config))
            session.flush()
            for run in sorted(runs, key=lambda run: run.position):
                session.add(self._run_row(run, config.created_at))
                session.add(self._job_row(run, config.created_at))
                session.flush()  # one by one, because the order of the job ids is the order of work

    def list_experiments(self) -> list[ExperimentConfig]:
        """Return every experiment, the newest first."""
        query = select(ExperimentTable.config).where(ExperimentTable.owner == self.owner)
        newest_first = (ExperimentTable.created_at.desc(), ExperimentTable.experiment_id.desc())
        with self.transaction() as session:
            configs = session.scalars(query.order_by(*newest_first)).all()
            return [ExperimentConfig.model_validate(config) for config in configs]

    def get_experiment(self, experiment_id: str) -> ExperimentConfig:
        """Return one experiment. Raises NotFoundError."""
        with self.transaction() as session:
            return ExperimentConfig.model_validate(self._experiment(session, experiment_id).config)

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
        return removed

    def list_runs(self, experiment_id: str | None = None) -> list[RunRow]:
        """Return the runs of one experiment in their order of work, or all runs, oldest first."""
        query = self._runs_with_jobs()
        if experiment_id is not None:
            query = query.where(RunTable.experiment_id == experiment_id)
        with self.transaction() as session:
            ordered = query.order_by(RunTable.created_at, RunTable.experiment_id, RunTable.position)
            return [RunRow.of(run, job) for run, job in session.execute(ordered)]

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
            return RunRow.of(*found)

    def mark_run(self, run_id: str, state: State, error: str | None = None) -> None:
        """Set a run's state and the moment it began or ended. Raises NotFoundError."""
        with self.transaction() as session:
            self.mark_run_in(session, run_id, state, error)

    def mark_run_in(self, session: Session, run_id: str, state: State, error: str | None = None) -> None:
        """Do what `mark_run` does as a part of a larger transaction."""
        values: dict[str, Any] = {"state": state.value, "error": error}
        if state is State.QUEUED:
            values |= {"started_at": None, "finished_at": None}
        if state is State.RUNNING:
            values["started_at"] = now()
        if state.is_final:
            values["finished_at"] = now()
        of_owner = and_(RunTable.owner == self.owner, RunTable.run_id == run_id)
        if session.scalar(update(RunTable).where(of_owner).values(values).returning(RunTable.run_id)) is None:
            raise _unknown("run", run_id)

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
                raise UserError(f"Expected a new run; got {record.config.run_id}, which is here already.")
            known = session.get(ExperimentTable, experiment.experiment_id)
            if known is None:
                session.add(self._experiment_row(experiment))
                session.flush()
            elif known.owner != self.owner:
                raise UserError(f"Expected an experiment of your own; {known.experiment_id} is another's.")
            elif ExperimentConfig.model_validate(known.config) != experiment:
                raise UserError(
                    f"Expected a run of {known.experiment_id} as it stands here; "
                    f"{record.config.run_id} belongs to one with other settings.",
                    "Import it into a workspace of its own.",
                )
            run = self._run_row(record.config, record.created_at)
            run.state = record.state.value if is_over else State.FAILED.value
            run.error = record.error if is_over else "imported before it had ended"
            run.started_at, run.finished_at = record.started_at, record.finished_at
            session.add(run)

    def save_draft(self, key: str, content: dict[str, Any]) -> None:
        """Keep what a person has entered under ``key``, in place of what was there."""
        with self.transaction() as session:
            session.merge(DraftTable(owner=self.owner, key=key, content=content, updated_at=now()))

    def get_draft(self, key: str) -> dict[str, Any] | None:
        """Return what is kept under ``key``."""
        with self.transaction() as session:
            row = session.get(DraftTable, (self.owner, key))
            return dict(row.content) if row else None

    def _runs(self) -> Select[RunTable]:
        return select(RunTable).where(RunTable.owner == self.owner)

    def _runs_with_jobs(self) -> Select[RunTable, JobTable]:
        belongs = and_(JobTable.kind == JobKind.RUN.value, JobTable.ref_id == RunTable.run_id)
        return select(RunTable, JobTable).outerjoin(JobTable, belongs).where(RunTable.owner == self.owner)

    def _experiment(self, session: Session, experiment_id: str) -> ExperimentTable:
        row = session.get(ExperimentTable, experiment_id)
        if row is None or row.owner != self.owner:
            raise _unknown("experiment", experiment_id)
        return row

    def _remove_runs(self, session: Session, run_ids: Sequence[str]) -> Removed:
        are_runs = and_(RunTable.owner == self.owner, RunTable.run_id.in_(run_ids))
        are_jobs = and_(JobTable.owner == self.owner, JobTable.ref_id.in_(run_ids))
        jobs = session.scalars(select(JobTable).where(are_jobs)).all()
        states = session.scalars(select(RunTable.state).where(are_runs)).all()
        if State.RUNNING.value in (*states, *(job.state for job in jobs)):
            raise UserError(
                f"Expected no work on what is to be removed; got {', '.join(run_ids)} running or in use.",
                "Cancel the work or wait for its end.",
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


def _unknown(what: str, key: str) -> NotFoundError:
    prefix = {"run": "run_…", "experiment": "exp_…", "dataset": "64 hexadecimal digits"}[what]
    return NotFoundError(
        f"Expected the id of {'an' if what == 'experiment' else 'a'} {what} ({prefix}); got {key!r}.",
        "`tl_core runs` lists what there is.",
    )
