"""Carrying out a job on data in the test's own process, as its process would."""

from tl_core.experiments.on_data import carry_out_on_data
from tl_core.jobs.queue import Queue
from tl_core.schema import State
from tl_core.store.rows import Job
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace


def carry_out_next(workspace: Workspace, kind: JobKind) -> Job:
    """Claim the first queued job of a kind and carry it out; it has finished then."""
    queue = Queue(workspace.database)
    job = queue.claim([kind])
    assert job is not None, f"no {kind.value} is queued"
    carry_out_on_data(workspace, job, lambda: False)
    queue.finish(job.id, State.FINISHED)
    return queue.get(job.id)
