import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.supervising import Background, kill_job
from tests.store.opening import open_workspace
from tl_core.jobs.processes import ProcessIdentity
from tl_core.jobs.queue import Queue
from tl_core.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_workspace(tmp_path / "workspace")
    yield opened
    for job in Queue(opened.database).list_running():
        kill_job(job)
    opened.close()


@pytest.fixture
def queue(workspace: Workspace) -> Queue:
    return Queue(workspace.database)


@pytest.fixture
def background(workspace: Workspace) -> Iterator[Background]:
    started = Background(workspace.root)
    yield started
    started.kill_all()


@pytest.fixture
def dead() -> ProcessIdentity:
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
    ) as process:
        return ProcessIdentity.of(process.pid)


@pytest.fixture
def alive() -> Iterator[ProcessIdentity]:
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
    ) as process:
        yield ProcessIdentity.of(process.pid)
