"""The clock is set while a supervisor and its run are at work: everything about them stays true."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.jobs.clock import set_clock, set_clock_of_children
from tests.jobs.supervising import REPOSITORY, Background
from tests.store.makers import make_experiment, make_run
from tests.waiting import wait_until
from tl_core.cli import commands
from tl_core.jobs.client import supervisor_is_alive
from tl_core.jobs.presence import WebServerPresence, has_web_server
from tl_core.jobs.processes import child_environment
from tl_core.jobs.queue import Queue
from tl_core.schema import State
from tl_core.store.workspace import Workspace

TRAINS = """
import os, sys, time
from pathlib import Path
root, job_id = Path(sys.argv[2]), sys.argv[4]
(root / f"began-{job_id}").touch()
time.sleep(60)
"""


@pytest.mark.parametrize("step_s", [-5.0, 5.0])
def test_a_run_goes_on_alone_and_is_found_when_the_clock_is_set(
    workspace: Workspace,
    queue: Queue,
    background: Background,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step_s: float,
) -> None:
    script = tmp_path / "trains.py"
    script.write_text(TRAINS)
    runs = [make_run("run_a", position=0), make_run("run_b", position=1)]
    workspace.database.add_experiment(make_experiment(), runs)
    first, second = (run.job_id for run in workspace.database.list_runs())
    assert first is not None
    assert second is not None
    began = workspace.root / f"began-{first}"
    supervisor = background.start_and_wait(script)
    wait_until(began.exists, "the first run trains")
    wait_until(lambda: queue.get(first).pid, "its process is noted")

    set_clock(monkeypatch, step_s)
    set_clock_of_children(monkeypatch, tmp_path, step_s)
    assert supervisor_is_alive(workspace.settings)
    assert [" running " in line for line in commands.run_lines(workspace)[0]] == [True, False]

    supervisor.send_signal(signal.SIGKILL)
    supervisor.wait()
    assert not supervisor_is_alive(workspace.settings)
    assert [" running " in line for line in commands.run_lines(workspace)[0]] == [True, False]

    began.unlink()
    background.start_and_wait(script)
    stop = [sys.executable, "-m", "tl_core.jobs.stop"]
    environment = child_environment(workspace.settings)
    assert queue.get(first).state is State.RUNNING
    said = subprocess.run(stop, env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert said.stdout.splitlines() == ["Stopped.", "1 queued job waits for the next start."]
    assert (queue.get(first).state, queue.get(first).error) == (State.CANCELLED, "ended with the supervisor")
    assert queue.get(second).state is State.QUEUED
    assert not list(workspace.root.glob("began-*")), "no other process trained beside the first"


def test_a_web_server_is_present_when_the_clock_was_set(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    WebServerPresence(workspace).announce()
    set_clock(monkeypatch, 5.0)
    assert has_web_server(workspace)
