"""The queue: jobs in the database, each claimed by one process, and the phases they note as progress."""

import time
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Select, Update, and_, func, select, update
from sqlalchemy.orm import Session

from tl_core.errors import CancelledError, NotFoundError, UserError
from tl_core.jobs.processes import ProcessIdentity
from tl_core.schema import State
from tl_core.store.database import Database
from tl_core.store.identifiers import now
from tl_core.store.rows import Job
from tl_core.store.tables import JobKind, JobTable

_PENDING = (State.QUEUED.value, State.RUNNING.value)
_NO_PROCESS = {"pid": None, "process_start": None, "process_created": None}
_AFRESH: dict[str, Any] = {
    **_NO_PROCESS,
    "state": State.QUEUED.value,
    "payload": {},
    "error": None,
    "cancel_requested": False,
    "num_done": 0,
    "num_total": 0,
    "started_at": None,
    "finished_at": None,
}
"""A job as it was before its first attempt, but for the number of attempts."""
Report = Callable[[str, int, int], None]
"""Called with a phase and how much of how much of it is done; raises CancelledError to stop the work."""
READING, SCREENING, SPLITTING, LOOKING, WRITING, MENDING, NEAR, TOKENS, LANGUAGES = (
    "Reading",
    "Checking every row",
    "Splitting",
    "Looking for problems",
    "Writing the examples",
    "Changing the examples",
    "Looking for near duplicates",
    "Counting tokens",
    "Recognising languages",
)
PHASES: Mapping[JobKind, tuple[str, ...]] = MappingProxyType(
    {
        JobKind.TAKE_IN: (READING, SCREENING, SPLITTING, LOOKING, WRITING),
        JobKind.EXAMINE: (READING, NEAR, TOKENS, LANGUAGES),
        JobKind.FIX: (READING, MENDING, SPLITTING, LOOKING, WRITING),
    }
)
_A_PHASE = 100
_PAUSE_S = 0.3


class Queue:
    """The jobs of one owner.

    Parameters
    ----------
    database
        Where the jobs are kept, and whose they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def submit(self, kind: JobKind, ref_id: str, payload: Mapping[str, Any]) -> int:
        """Add a job at the end of the queue and return its id.

        Runs get their jobs with their experiment (`Database.add_experiment`); this is for everything else.
        """
        row = JobTable(
            owner=self._database.owner,
            kind=kind.value,
            ref_id=ref_id,
            payload=dict(payload),
            state=State.QUEUED.value,
            created_at=now(),
        )
        with self._database.transaction() as session:
            session.add(row)
            session.flush()
            return row.id

    def get(self, job_id: int) -> Job:
        """Return one job. Raises NotFoundError."""
        with self._database.transaction() as session:
            row = session.scalar(self._select(JobTable.id == job_id))
            if row is None:
                raise NotFoundError(f"There is no job {job_id} in this workspace.")
            return Job.of(row)

    def find_latest(self, kind: JobKind, ref_id: str) -> Job | None:
        """Return the job of this kind that was submitted last for what it belongs to; None without one."""
        of_run = self._select(JobTable.kind == kind.value, JobTable.ref_id == ref_id)
        with self._database.transaction() as session:
            row = session.scalar(of_run.order_by(JobTable.id.desc()).limit(1))
            return None if row is None else Job.of(row)

    def list_running(self) -> list[Job]:
        """Return the jobs that are being carried out."""
        return self._list(JobTable.state == State.RUNNING.value)

    def list_pending(self, kind: JobKind) -> list[Job]:
        """Return the jobs of this kind that are queued or running."""
        return self._list(JobTable.kind == kind.value, JobTable.state.in_(_PENDING))

    def num_pending(self) -> int:
        """Count the jobs that are queued or running."""
        pending = self._select(JobTable.state.in_(_PENDING)).subquery()
        with self._database.transaction() as session:
            return session.scalar(select(func.count()).select_from(pending)) or 0

    def claim(self, kinds: Collection[JobKind]) -> Job | None:
        """Take the first queued job of ``kinds``, so that no other process gets it; None if there is none."""
        with self._database.transaction() as session:
            row = session.scalar(self._take_first(kinds).returning(JobTable))
            if row is None:
                return None
            self._let_run_follow(session, row)
            return Job.of(row)

    def record_process(self, job_id: int, process: ProcessIdentity) -> None:
        """Note which process carries out a job."""
        noted = {**_NO_PROCESS, "pid": process.pid, "process_start": process.start}
        with self._database.transaction() as session:
            session.execute(self._update(JobTable.id == job_id).values(noted))

    def record_progress(self, job_id: int, num_done: int, num_total: int) -> None:
        """Note how far a job has come, in units of its own choice."""
        with self._database.transaction() as session:
            session.execute(
                self._update(JobTable.id == job_id).values(num_done=num_done, num_total=num_total)
            )

    def finish(self, job_id: int, state: State, error: str | None = None) -> bool:
        """End a job if it is running, and return whether it was: what has ended stays as it ended."""
        return self._leave_running(job_id, state=state.value, error=error, finished_at=now())

    def requeue(self, job_id: int, payload: Mapping[str, Any]) -> bool:
        """Put a running job back to its place in the queue with another payload."""
        return self._leave_running(job_id, state=State.QUEUED.value, payload=dict(payload), **_NO_PROCESS)

    def retry(self, run_id: str) -> bool:
        """Queue a run once more, in its old place, that failed or was cancelled; return whether it was so.

        Its attempts go on being counted; a batch that memory made smaller begins whole again.

        Raises
        ------
        NotFoundError
            If there is no such run.
        UserError
            If the run was imported: nothing here knows how to carry it out.
        """
        job_id = self._database.get_run(run_id).job_id
        if job_id is None:
            raise UserError(
                f"{run_id} was imported, so it cannot be run again.",
                "Start an experiment on the same dataset instead.",
            )
        ended_early = JobTable.state.in_([State.FAILED.value, State.CANCELLED.value])
        afresh = self._update(JobTable.id == job_id, ended_early).values(_AFRESH).returning(JobTable)
        with self._database.transaction() as session:
            row = session.scalar(afresh)
            if row is None:
                return False
            self._let_run_follow(session, row)
            return True

    def request_cancel(self, job_id: int) -> None:
        """Cancel a job: at once if it is queued; a running one is ended by its supervisor."""
        with self._database.transaction() as session:
            self._cancel(session, JobTable.id == job_id)

    def cancel_run(self, run_id: str) -> None:
        """Cancel the training of a run. Raises NotFoundError if there is no such run."""
        self._database.get_run(run_id)
        with self._database.transaction() as session:
            self._cancel(session, self._is_run([run_id]))

    def cancel_experiment(self, experiment_id: str) -> None:
        """Cancel every run of an experiment that has not ended. Raises NotFoundError."""
        self._database.get_experiment(experiment_id)
        run_ids = [run.run_id for run in self._database.list_runs(experiment_id)]
        with self._database.transaction() as session:
            self._cancel(session, self._is_run(run_ids))

    def find_cancelled(self, job_ids: Collection[int]) -> set[int]:
        """Return which of the jobs somebody wants to end."""
        wanted = self._select(JobTable.id.in_(job_ids), JobTable.cancel_requested.is_(True))
        with self._database.transaction() as session:
            return set(session.scalars(wanted.with_only_columns(JobTable.id)))

    def _list(self, *conditions: ColumnElement[bool]) -> list[Job]:
        with self._database.transaction() as session:
            return [Job.of(row) for row in session.scalars(self._select(*conditions).order_by(JobTable.id))]

    def _take_first(self, kinds: Collection[JobKind]) -> Update:
        first = (
            self._select(
                JobTable.state == State.QUEUED.value, JobTable.kind.in_([kind.value for kind in kinds])
            )
            .with_only_columns(JobTable.id)
            .order_by(JobTable.id)
            .limit(1)
            .with_for_update(skip_locked=True)  # for PostgreSQL; SQLite has one writer at a time anyway
            .correlate(None)
        )
        return self._update(JobTable.id == first.scalar_subquery()).values(
            state=State.RUNNING.value, attempts=JobTable.attempts + 1, started_at=now()
        )

    def _cancel(self, session: Session, which: ColumnElement[bool]) -> None:
        running = self._update(which, JobTable.state == State.RUNNING.value)
        session.execute(running.values(cancel_requested=True))
        queued = self._update(which, JobTable.state == State.QUEUED.value)
        ended = queued.values(state=State.CANCELLED.value, finished_at=now()).returning(JobTable)
        for row in session.scalars(ended).all():
            self._let_run_follow(session, row)

    def _leave_running(self, job_id: int, **values: Any) -> bool:
        running = self._update(JobTable.id == job_id, JobTable.state == State.RUNNING.value)
        with self._database.transaction() as session:
            row = session.scalar(running.values(**values).returning(JobTable))
            if row is None:
                return False
            self._let_run_follow(session, row)
            return True

    def _let_run_follow(self, session: Session, job: JobTable) -> None:
        if job.kind == JobKind.RUN.value:
            self._database.mark_run(session, job.ref_id, State(job.state), job.error)

    def _select(self, *conditions: ColumnElement[bool]) -> Select[JobTable]:
        return select(JobTable).where(JobTable.owner == self._database.owner, *conditions)

    def _update(self, *conditions: ColumnElement[bool]) -> Update:
        return update(JobTable).where(JobTable.owner == self._database.owner, *conditions)

    @staticmethod
    def _is_run(run_ids: Collection[str]) -> ColumnElement[bool]:
        return and_(JobTable.kind == JobKind.RUN.value, JobTable.ref_id.in_(run_ids))


def quiet(phase: str, num_done: int, num_total: int) -> None:
    """Report to nobody."""


def reporter(queue: Queue, job: Job, should_stop: Callable[[], bool]) -> Report:
    """Make what notes the phases of a job in the queue, a few times a second at most."""
    phases, last_phase, last_note = PHASES[job.kind], "", 0.0

    def report(phase: str, num_done: int, num_total: int) -> None:
        nonlocal last_phase, last_note
        if should_stop():
            raise CancelledError("The work")
        if phase == last_phase and time.monotonic() - last_note < _PAUSE_S:
            return
        last_phase, last_note = phase, time.monotonic()
        done = _A_PHASE * phases.index(phase) + _A_PHASE * num_done // max(1, num_total)
        queue.record_progress(job.id, done, _A_PHASE * len(phases))

    return report


def progress_of(job: Job) -> tuple[float, str]:
    """Return how much of a job on data is done, in [0, 1], and the words of its phase."""
    if not job.num_total:
        return 0.0, "Queued" if job.pid is None else "Starting"
    phases = PHASES[job.kind]
    place = min(job.num_done // _A_PHASE, len(phases) - 1)
    words = f"{phases[place]}, step {place + 1} of {len(phases)}"
    return job.num_done / job.num_total, words
