"""Jobs on data in their real processes, under a real supervisor."""

import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.jobs.supervising import kill_job
from tests.waiting import wait_until
from tl_core.experiments.on_data import carry_out_on_data
from tl_core.intake.doctor_jobs import submit_examination
from tl_core.intake.intake import Intake, take_in
from tl_core.intake.large_files import find_prepared, submit_intake
from tl_core.intake.uploads import keep_upload
from tl_core.jobs.queue import LANGUAGES, Queue, progress_of
from tl_core.jobs.supervisor import Supervisor
from tl_core.schema import SplitRule, State
from tl_core.store.rows import Job
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace

START_S = 60.0


def csv(num_rows: int) -> bytes:
    rows = [f"the customer number {i} wrote a letter about thing {i},{'ab'[i % 2]}" for i in range(num_rows)]
    return "\n".join(["text,label", *rows]).encode()


@contextmanager
def supervised(workspace: Workspace) -> Iterator[Queue]:
    """Work on the queue beside the test until it is empty; no process is left behind."""
    queue = Queue(workspace.database)
    work = threading.Thread(target=lambda: _work(workspace))
    work.start()
    try:
        yield queue
        work.join(START_S)
        assert not work.is_alive()
    finally:
        for job in queue.list_running():
            kill_job(job)
        work.join()


def _work(workspace: Workspace) -> None:
    supervisor = Supervisor(workspace, idle_s=0.0, fork_server=(sys.executable, "-c", "raise SystemExit(3)"))
    supervisor._stopping_on_signals = _nothing  # signals can be heard in the main thread alone
    supervisor.run()


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@pytest.fixture
def many(workspace: Workspace, tmp_path: Path) -> Intake:
    """A dataset that is examined for seconds."""
    path = tmp_path / "many.csv"
    path.write_bytes(csv(4_000))
    return take_in(workspace, path, name="many", rule=SplitRule())


def test_a_real_process_takes_an_upload_in_and_leaves_no_scratch(workspace: Workspace) -> None:
    upload = keep_upload(workspace, csv(40), "mine.csv")
    job = submit_intake(workspace, upload)
    with supervised(workspace) as queue:
        wait_until(lambda: queue.get(job.id).state.is_final, "the upload is taken in", START_S)
    assert queue.get(job.id).state is State.FINISHED
    assert find_prepared(workspace, upload) is not None
    assert not workspace.scratch_folder(job.id).exists()
    assert not (workspace.root / "fork_server.log").exists()  # it would hold torch for nothing


def test_what_is_wrong_with_a_file_is_the_job_s_error(workspace: Workspace) -> None:
    job = submit_intake(workspace, keep_upload(workspace, b"one\ncolumn\n", "one.csv"))
    with supervised(workspace) as queue:
        wait_until(lambda: queue.get(job.id).state.is_final, "the job has ended", START_S)
    ended = queue.get(job.id)
    assert ended.state is State.FAILED
    assert "“one.csv” has only one column" in (ended.error or "")


def in_languages(queue: Queue, job: Job) -> Callable[[], bool]:
    return lambda: progress_of(queue.get(job.id))[1].startswith(LANGUAGES)


def test_examining_is_cancelled_within_two_seconds(workspace: Workspace, many: Intake) -> None:
    job = submit_examination(workspace, many, None)
    with supervised(workspace) as queue:
        wait_until(in_languages(queue, job), "languages are recognised", START_S)
        asked = time.monotonic()
        queue.request_cancel(job.id)
        wait_until(lambda: queue.get(job.id).state.is_final, "it is cancelled", 2.0)
        assert time.monotonic() - asked < 2.0
    assert queue.get(job.id).state is State.CANCELLED


def test_the_death_of_its_process_is_named(workspace: Workspace, many: Intake) -> None:
    job = submit_examination(workspace, many, None)
    with supervised(workspace) as queue:
        wait_until(in_languages(queue, job), "languages are recognised", START_S)
        os.kill(queue.get(job.id).pid or 0, signal.SIGKILL)
        wait_until(lambda: queue.get(job.id).state.is_final, "its death is noticed", 2.0)
    ended = queue.get(job.id)
    assert (ended.state, (ended.error or "")[:17]) == (State.FAILED, "killed by SIGKILL")


def test_temporary_files_lie_where_the_supervisor_clears(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", None)
    submit_intake(workspace, keep_upload(workspace, csv(40), "mine.csv"))
    job = Queue(workspace.database).claim([JobKind.TAKE_IN])
    assert job is not None
    carry_out_on_data(workspace, job, lambda: False)
    assert tempfile.gettempdir() == str(tmp_path)
