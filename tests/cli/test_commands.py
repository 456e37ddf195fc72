"""Commands over runs that no supervisor carries out."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.makers import make_experiment, make_record, make_run
from tests.store.marking import mark_run
from tests.store.opening import open_workspace
from tests.waiting import wait_until
from tl_core.cli import commands
from tl_core.errors import NotFoundError
from tl_core.jobs.client import stop_supervisor
from tl_core.jobs.processes import ProcessIdentity
from tl_core.jobs.queue import Queue
from tl_core.schema import State
from tl_core.settings import Settings
from tl_core.store.rows import Job
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_workspace(tmp_path / "workspace")
    opened.database.add_experiment(make_experiment(), [make_run()])
    yield opened
    stop_supervisor(opened.settings)
    opened.close()


@pytest.fixture
def queue(workspace: Workspace) -> Queue:
    return Queue(workspace.database)


def claim(queue: Queue) -> Job:
    job = queue.claim([JobKind.RUN])
    assert job is not None
    return job


@pytest.mark.parametrize("stop_at", [State.QUEUED, State.CANCELLED])
def test_showing_a_run_that_wrote_nothing_says_how_it_stands(workspace: Workspace, stop_at: State) -> None:
    mark_run(workspace.database, "run_1", stop_at)
    with pytest.raises(NotFoundError, match=rf"run_1 \({stop_at.value}\) has no record yet") as raised:
        commands.show(workspace, "run_1")
    assert "\n" not in str(raised.value)


def test_showing_a_run_gives_its_record(workspace: Workspace) -> None:
    workspace.run_folder("run_1").write_record(make_record())
    mark_run(workspace.database, "run_1", State.RUNNING)
    assert commands.show(workspace, "run_1") == make_record().model_dump(mode="json") | {"damage": []}


def test_a_run_whose_process_is_dead_is_listed_as_failed(workspace: Workspace, queue: Queue) -> None:
    assert " queued " in commands.run_lines(workspace)[0][0]
    claim(queue)
    assert " failed " in commands.run_lines(workspace)[0][0]


def test_following_replaces_a_supervisor_that_died(
    workspace: Workspace, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def carry_out(settings: Settings) -> None:
        queue.finish(claim(queue).id, State.FINISHED)

    rounds = iter(range(10))
    monkeypatch.setattr(time, "sleep", lambda _: next(rounds))
    monkeypatch.setattr(commands, "SUPERVISOR_CHECK_S", 0.0)
    monkeypatch.setattr("tl_core.jobs.client.ensure_supervisor", carry_out)
    assert list(commands._follow(workspace, ["exp_1"])) == ["1/1 fine_tuned seed 0 done"]


def test_cancelling_a_run_that_lost_its_supervisor_ends_its_process(
    workspace: Workspace, queue: Queue
) -> None:
    job = claim(queue)
    with subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True
    ) as orphan:
        queue.record_process(job.id, ProcessIdentity.of(orphan.pid))
        commands.cancel(workspace, "run_1")
        assert orphan.wait(timeout=20) < 0
    wait_until(lambda: queue.get(job.id).state is State.CANCELLED, "the run is cancelled")


def test_cancelling_what_is_queued_starts_nothing(
    workspace: Workspace, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Settings] = []
    monkeypatch.setattr("tl_core.jobs.client.ensure_supervisor", started.append)
    commands.cancel(workspace, "exp_1")
    assert started == []
    assert workspace.database.get_run("run_1").state is State.CANCELLED
