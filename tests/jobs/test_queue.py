import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.dialects import postgresql

from tests.store.makers import make_experiment, make_record, make_run
from tl_core.errors import NotFoundError, UserError
from tl_core.jobs.processes import ProcessIdentity
from tl_core.jobs.queue import Queue
from tl_core.schema import State
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace

CLAIM_ALL = """
import sys
import time
from pathlib import Path
from tests.store.opening import open_workspace
from tl_core.jobs.processes import ProcessIdentity
from tl_core.jobs.queue import Queue
from tl_core.store.tables import JobKind

workspace = open_workspace(Path(sys.argv[1]))
queue = Queue(workspace.database)
print("ready", flush=True)
sys.stdin.readline()
while (job := queue.claim([JobKind.EXPORT])) is not None:
    print(job.id)
    time.sleep(0.001)  # lets the others in
workspace.close()
"""


@pytest.fixture
def run_job(workspace: Workspace) -> int:
    workspace.database.add_experiment(make_experiment(), [make_run()])
    job_id = workspace.database.get_run("run_1").job_id
    assert job_id is not None
    return job_id


def test_four_processes_claim_200_jobs_each_exactly_once(workspace: Workspace, queue: Queue) -> None:
    job_ids = [queue.submit(JobKind.EXPORT, "run_1", {}) for _ in range(200)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIM_ALL, str(workspace.root)],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    assert [process.stdout.readline() for process in processes if process.stdout] == ["ready\n"] * 4
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    claimed = [[int(line) for line in process.communicate(timeout=60)[0].split()] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    assert sorted(job_id for part in claimed for job_id in part) == job_ids
    assert sum(map(bool, claimed)) > 1, "one process alone proves nothing"


def test_jobs_are_claimed_in_order_and_by_kind(queue: Queue) -> None:
    first, other, second = (
        queue.submit(kind, "run_1", {}) for kind in (JobKind.EXPORT, JobKind.PREDICT_FILE, JobKind.EXPORT)
    )
    assert [job.id for _ in range(2) if (job := queue.claim([JobKind.EXPORT]))] == [first, second]
    assert queue.claim([JobKind.EXPORT, JobKind.RUN]) is None
    claimed = queue.claim(list(JobKind))
    assert claimed is not None
    assert (claimed.id, claimed.state, claimed.attempts) == (other, State.RUNNING, 1)
    assert queue.claim([]) is None


def test_on_postgresql_a_job_that_another_process_is_taking_is_skipped(queue: Queue) -> None:
    statement = str(queue._take_first([JobKind.RUN]).compile(dialect=postgresql.dialect()))
    assert re.search(r"UPDATE jobs SET .*\(SELECT jobs\.id.*FOR UPDATE SKIP LOCKED\)", statement, re.DOTALL)


def test_a_job_comes_back_with_its_payload_process_and_progress(queue: Queue) -> None:
    job_id = queue.submit(JobKind.PREDICT_FILE, "run_1", {"upload": "up_1"})
    queue.record_process(job_id, ProcessIdentity(123, "456.5@boot"))
    queue.record_progress(job_id, 3, 10)
    job = queue.get(job_id)
    assert (job.kind, job.ref_id, job.payload) == (JobKind.PREDICT_FILE, "run_1", {"upload": "up_1"})
    assert (job.pid, job.process_start, job.num_done, job.num_total) == (123, "456.5@boot", 3, 10)
    with pytest.raises(NotFoundError, match="There is no job"):
        queue.get(job_id + 1)


def test_the_run_follows_its_job(workspace: Workspace, queue: Queue, run_job: int) -> None:
    database = workspace.database
    queue.claim([JobKind.RUN])
    assert database.get_run("run_1").state is State.RUNNING
    assert queue.requeue(run_job, {"memory_attempt": 1})
    assert database.get_run("run_1").state is State.QUEUED
    again = queue.claim([JobKind.RUN])
    assert again is not None
    assert (again.payload, again.attempts) == ({"memory_attempt": 1}, 2)
    assert queue.finish(run_job, State.FAILED, "diverged")
    run = database.get_run("run_1")
    assert (run.state, run.error) == (State.FAILED, "diverged")
    assert run.finished_at is not None


def test_a_job_of_another_kind_leaves_its_run_alone(workspace: Workspace, queue: Queue, run_job: int) -> None:
    queue.claim([JobKind.RUN])
    queue.finish(run_job, State.FINISHED)
    export = queue.submit(JobKind.EXPORT, "run_1", {})
    queue.claim([JobKind.EXPORT])
    queue.finish(export, State.FAILED, "disk full")
    assert workspace.database.get_run("run_1").state is State.FINISHED


def test_what_has_ended_stays_as_it_ended(queue: Queue, run_job: int) -> None:
    assert not queue.finish(run_job, State.FINISHED), "it has not begun"
    queue.claim([JobKind.RUN])
    assert queue.finish(run_job, State.CANCELLED, "cancelled")
    assert not queue.finish(run_job, State.FINISHED)
    assert not queue.requeue(run_job, {})
    assert queue.get(run_job).state is State.CANCELLED


def test_a_queued_run_is_cancelled_at_once(workspace: Workspace, queue: Queue, run_job: int) -> None:
    queue.cancel_run("run_1")
    assert workspace.database.get_run("run_1").state is State.CANCELLED
    assert queue.claim([JobKind.RUN]) is None
    assert queue.find_cancelled([run_job]) == set()


def test_a_running_run_is_marked_for_its_supervisor(workspace: Workspace, queue: Queue, run_job: int) -> None:
    queue.claim([JobKind.RUN])
    assert queue.find_cancelled([run_job]) == set()
    queue.cancel_run("run_1")
    assert queue.find_cancelled([run_job, 999]) == {run_job}
    assert workspace.database.get_run("run_1").state is State.RUNNING


def test_cancelling_an_experiment_spares_what_has_ended_and_other_work(
    workspace: Workspace, queue: Queue
) -> None:
    database = workspace.database
    database.add_experiment(make_experiment(), [make_run(f"run_{index}", index) for index in range(3)])
    database.add_experiment(make_experiment("exp_2"), [make_run("run_x", 0, "exp_2")])
    export = queue.submit(JobKind.EXPORT, "run_0", {})
    ended = queue.claim([JobKind.RUN])
    assert ended is not None
    queue.finish(ended.id, State.FINISHED)
    running = queue.claim([JobKind.RUN])
    assert running is not None
    queue.cancel_experiment("exp_1")
    states = [run.state for run in database.list_runs("exp_1")]
    assert states == [State.FINISHED, State.RUNNING, State.CANCELLED]
    assert queue.find_cancelled([running.id]) == {running.id}
    assert database.get_run("run_x").state is State.QUEUED
    assert queue.get(export).state is State.QUEUED


def test_cancelling_something_unknown_says_so(queue: Queue) -> None:
    with pytest.raises(NotFoundError, match="“nothing”"):
        queue.cancel_run("nothing")
    with pytest.raises(NotFoundError, match="“nothing”"):
        queue.cancel_experiment("nothing")


def test_pending_are_the_queued_and_the_running(queue: Queue) -> None:
    for _ in range(3):
        queue.submit(JobKind.EXPORT, "run_1", {})
    job = queue.claim([JobKind.EXPORT])
    assert job is not None
    assert queue.num_pending() == 3
    assert queue.list_running() == [queue.get(job.id)]
    queue.finish(job.id, State.FINISHED)
    assert queue.num_pending() == 2
    assert queue.list_running() == []


def test_the_latest_job_of_a_kind_and_run_is_found(queue):
    assert queue.find_latest(JobKind.EXPORT, "run_1") is None
    queue.submit(JobKind.EXPORT, "run_1", {})
    wanted = queue.submit(JobKind.EXPORT, "run_1", {})
    queue.submit(JobKind.EXPORT, "run_2", {})
    queue.submit(JobKind.PREDICT_FILE, "run_1", {})
    assert queue.find_latest(JobKind.EXPORT, "run_1").id == wanted


def test_a_run_that_ended_early_is_queued_again_as_if_nothing_had_been(
    workspace: Workspace, queue: Queue, run_job: int
) -> None:
    queue.claim([JobKind.RUN])
    queue.requeue(run_job, {"memory_attempt": 1})
    queue.claim([JobKind.RUN])
    queue.record_process(run_job, ProcessIdentity(123, "456.5@boot"))
    queue.cancel_run("run_1")
    queue.finish(run_job, State.FAILED, "out of memory")
    assert queue.retry("run_1")
    run, job = workspace.database.get_run("run_1"), queue.get(run_job)
    assert (run.state, run.error, run.started_at, run.finished_at) == (State.QUEUED, None, None, None)
    assert (job.payload, job.pid, job.cancel_requested, job.error) == ({}, None, False, None)
    again = queue.claim([JobKind.RUN])
    assert again is not None
    assert (again.id, again.attempts) == (run_job, 3)


def test_only_what_failed_or_was_cancelled_is_queued_again(
    workspace: Workspace, queue: Queue, run_job: int
) -> None:
    assert not queue.retry("run_1"), "it is queued"
    queue.claim([JobKind.RUN])
    assert not queue.retry("run_1"), "it is running"
    queue.finish(run_job, State.FINISHED)
    assert not queue.retry("run_1"), "it has finished"
    assert workspace.database.get_run("run_1").state is State.FINISHED
    with pytest.raises(NotFoundError, match="“nothing”"):
        queue.retry("nothing")


def test_a_cancelled_run_can_be_queued_again(workspace: Workspace, queue: Queue, run_job: int) -> None:
    queue.cancel_run("run_1")
    assert queue.retry("run_1")
    assert queue.find_cancelled([run_job]) == set()


def test_an_imported_run_cannot_be_carried_out_again(workspace: Workspace, queue: Queue) -> None:
    failed = make_record(make_run()).model_copy(update={"state": State.FAILED})
    workspace.database.import_run(failed, make_experiment())
    with pytest.raises(UserError, match="run_1 was imported"):
        queue.retry("run_1")
