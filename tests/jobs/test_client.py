import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.supervising import REPOSITORY
from tests.store.makers import make_experiment, make_run
from tests.store.opening import make_settings
from tests.waiting import wait_until
from tl_core.jobs.client import ensure_supervisor, observe, stop_supervisor, supervisor_is_alive
from tl_core.jobs.predictions import address_path
from tl_core.jobs.presence import WebServerPresence, has_web_server
from tl_core.jobs.processes import ProcessIdentity, child_environment
from tl_core.jobs.queue import Queue
from tl_core.jobs.stop import stop_prediction_server
from tl_core.jobs.worker import work
from tl_core.schema import State
from tl_core.settings import Settings
from tl_core.store.rows import RunRow
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace


@pytest.fixture
def settings(workspace: Workspace) -> Iterator[Settings]:
    yield workspace.settings
    stop_supervisor(workspace.settings)


@pytest.fixture
def running(workspace: Workspace, queue: Queue) -> RunRow:
    workspace.database.add_experiment(make_experiment(), [make_run()])
    job = queue.claim([JobKind.RUN])
    assert job is not None
    me = ProcessIdentity.of(os.getpid())
    queue.record_process(job.id, me)
    return workspace.database.get_run("run_1")


def run_module(name: str, settings: Settings) -> str:
    process = subprocess.run(
        [sys.executable, "-m", name],
        env=child_environment(settings),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return process.stdout


def test_a_supervisor_is_started_found_and_stopped(settings: Settings) -> None:
    assert not supervisor_is_alive(settings)
    ensure_supervisor(settings)
    wait_until(lambda: supervisor_is_alive(settings), "the supervisor is there")
    identity = ProcessIdentity.read(settings.workspace / "supervisor.lock")
    assert identity is not None
    assert os.getsid(identity.pid) == identity.pid, "it has a session of its own"
    ensure_supervisor(settings)
    assert ProcessIdentity.read(settings.workspace / "supervisor.lock") == identity
    assert stop_supervisor(settings)
    assert not supervisor_is_alive(settings)
    assert not stop_supervisor(settings)
    assert (settings.workspace / "supervisor.log").read_text() == ""


def test_a_run_with_a_live_process_is_running(settings: Settings, running: RunRow) -> None:
    assert observe(settings, running) == running


def test_a_run_whose_process_is_dead_is_shown_as_failed(
    settings: Settings, running: RunRow, dead: ProcessIdentity
) -> None:
    orphan = dataclasses.replace(running, pid=dead.pid, process_start=dead.start)
    shown = observe(settings, orphan)
    assert (shown.state, shown.error) == (State.FAILED, "the process vanished")
    assert observe(settings, dataclasses.replace(orphan, state=State.FINISHED)).state is State.FINISHED
    nobody = dataclasses.replace(running, pid=None, process_start=None)
    assert observe(settings, nobody).state is State.FAILED


def test_a_live_supervisor_is_left_to_say_what_became_of_a_run(
    settings: Settings, running: RunRow, alive: ProcessIdentity, dead: ProcessIdentity
) -> None:
    (settings.workspace / "supervisor.lock").write_text(str(alive))
    orphan = dataclasses.replace(running, pid=dead.pid, process_start=dead.start)
    assert observe(settings, orphan).state is State.RUNNING


def test_web_servers_are_present_until_they_withdraw_or_die(
    workspace: Workspace, dead: ProcessIdentity
) -> None:
    assert not has_web_server(workspace)
    presence = WebServerPresence(workspace)
    presence.announce()
    assert has_web_server(workspace)
    presence.withdraw()
    presence.withdraw()
    assert not has_web_server(workspace)
    note = workspace.root / "web_servers" / str(dead.pid)
    note.write_text(str(dead))
    assert not has_web_server(workspace)
    assert not note.exists()


def test_a_worker_without_work_returns(tmp_path: Path) -> None:
    assert work(make_settings(tmp_path / "workspace"), until_idle=True)


def test_goodbye_says_what_goes_on_only_while_something_does(
    settings: Settings, queue: Queue, running: RunRow, alive: ProcessIdentity
) -> None:
    assert run_module("tl_core.jobs.exit_message", settings) == ""
    (settings.workspace / "supervisor.lock").write_text(str(alive))
    assert run_module("tl_core.jobs.exit_message", settings).strip() == (
        "1 run goes on in the background; `make stop` ends it."
    )
    queue.submit(JobKind.EXPORT, "run_1", {})
    assert run_module("tl_core.jobs.exit_message", settings).strip() == (
        "2 runs go on in the background; `make stop` ends them."
    )


def test_stop_ends_even_a_process_that_lost_its_supervisor(
    settings: Settings, queue: Queue, running: RunRow
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True
    ) as orphan:
        identity = ProcessIdentity.of(orphan.pid)
        assert running.job_id is not None
        queue.record_process(running.job_id, identity)
        queue.submit(JobKind.EXPORT, "run_1", {})
        said = run_module("tl_core.jobs.stop", settings)
        assert orphan.wait(timeout=20) < 0
    assert said.splitlines() == ["Stopped.", "1 queued job waits for the next start."]
    assert queue.get(running.job_id).state is State.CANCELLED


def test_stop_ends_the_prediction_server(settings: Settings) -> None:
    module = settings.workspace / "server.py"
    module.write_text("import time; time.sleep(60)")
    command = [sys.executable, str(module), "tl_core.inference.server", str(settings.workspace)]
    with subprocess.Popen(command) as server:
        address_path(settings.workspace).write_text(json.dumps({"pid": server.pid, "port": 1, "token": ""}))
        assert run_module("tl_core.jobs.stop", settings) == "Stopped.\n"
        assert server.wait(timeout=20) == -signal.SIGTERM


def test_stop_spares_another_program_that_has_the_servers_number(
    settings: Settings, alive: ProcessIdentity, dead: ProcessIdentity
) -> None:
    for identity in (alive, dead):
        address_path(settings.workspace).write_text(json.dumps({"pid": identity.pid}))
        assert not stop_prediction_server(settings)
    assert alive.is_alive()
    address_path(settings.workspace).write_text("{")
    assert not stop_prediction_server(settings)


def test_stop_with_nothing_to_stop_says_so(settings: Settings) -> None:
    assert run_module("tl_core.jobs.stop", settings) == "Nothing was running.\n"
