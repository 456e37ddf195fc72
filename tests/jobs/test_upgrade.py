"""A workspace that a version without ``process_start`` has made, opened while its work may still go on."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from tests.store.makers import make_experiment, make_run
from tests.store.opening import make_settings, open_workspace
from tl_core.cli import commands
from tl_core.jobs.client import stop_supervisor, supervisor_is_alive
from tl_core.jobs.processes import ProcessIdentity
from tl_core.jobs.queue import Queue
from tl_core.jobs.supervisor import Supervisor
from tl_core.schema import State
from tl_core.store import engine
from tl_core.store.tables import JobKind

CLAIM = "UPDATE jobs SET state = 'running', pid = :pid, process_created = :created WHERE ref_id = 'run_1'"
FOLLOW = "UPDATE runs SET state = 'running' WHERE run_id = 'run_1'"


def make_old_workspace(root: Path, pid: int, created: float) -> None:
    """Leave a workspace of the first revision, whose run is carried out by the process ``pid``."""
    workspace = open_workspace(root)
    workspace.database.add_experiment(make_experiment(), [make_run(), make_run("run_2", position=1)])
    config = Config()
    config.set_main_option("script_location", str(Path(engine.__file__).parent / "migrations"))
    with workspace.database.transaction() as session:
        config.attributes["connection"] = session.connection()
        command.downgrade(config, "0001")
        session.execute(text(CLAIM), {"pid": pid, "created": created})
        session.execute(text(FOLLOW))
    workspace.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "old"


def test_a_run_that_the_version_before_started_is_running_and_can_be_stopped(root: Path) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(sleep, start_new_session=True) as trains:
        make_old_workspace(root, trains.pid, psutil.Process(trains.pid).create_time())
        workspace = open_workspace(root)
        assert " running " in commands.run_lines(workspace)[0][0]
        assert Supervisor(workspace, idle_s=0.0).end_all() == 1
        assert trains.wait(timeout=20) < 0
    assert workspace.database.get_run("run_1").state is State.CANCELLED
    workspace.close()


def test_a_run_whose_process_died_before_the_upgrade_has_failed(root: Path, dead: ProcessIdentity) -> None:
    make_old_workspace(root, dead.pid, psutil.Process().create_time() - 3_600)
    workspace = open_workspace(root)
    assert " failed " in commands.run_lines(workspace)[0][0]
    workspace.close()


def test_a_supervisor_of_the_version_before_is_found_and_stopped(root: Path) -> None:
    root.mkdir()
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as supervisor:
        created = psutil.Process(supervisor.pid).create_time()
        (root / "supervisor.lock").write_text(f"{supervisor.pid} {created}")
        assert supervisor_is_alive(make_settings(root))
        assert stop_supervisor(make_settings(root))
        assert supervisor.wait(timeout=20) < 0


def test_a_supervisor_of_the_version_before_can_go_on_writing(root: Path) -> None:
    make_old_workspace(root, os.getpid(), 0.0)
    workspace = open_workspace(root)
    created = psutil.Process().create_time()
    with workspace.database.transaction() as session:
        session.execute(text(CLAIM), {"pid": os.getpid(), "created": created})
    assert " running " in commands.run_lines(workspace)[0][0]
    workspace.close()


def test_a_job_that_is_queued_again_forgets_the_process_of_the_version_before(root: Path) -> None:
    make_old_workspace(root, os.getpid(), psutil.Process().create_time())
    workspace = open_workspace(root)
    queue = Queue(workspace.database)
    (job,) = queue.list_running()
    queue.requeue(job.id, {})
    again = queue.claim([JobKind.RUN])
    assert again is not None
    assert (again.pid, again.process_start) == (None, None)
    workspace.close()
