import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import wait_until
from tl_core.jobs.nursery import Nursery
from tl_core.settings import Settings

# The real nursery with a job of a few lines in place of `carry_out`, so that nothing heavy is imported.
STUB = """
import json, os, select, sys, types
for name in ("carry_out", "classical", "neural"):
    sys.modules["tl_core.experiments." + name] = types.ModuleType(name)
import tl_core.experiments as package
package.carry_out, package.classical, package.neural = (
    sys.modules["tl_core.experiments." + name] for name in ("carry_out", "classical", "neural")
)

def main(command_line):
    job_id = int(command_line[-1])
    print("job", job_id, "in", os.getcwd(), "session", os.getsid(0) == os.getpid(), flush=True)
    if job_id == 9:
        import time
        time.sleep(60)
    if job_id == 8:
        raise ValueError("a fault")
    return job_id

package.carry_out.main = main
from tl_core.experiments.nursery import main as serve
serve()
"""


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    settings = Settings(workspace=tmp_path, database_url="sqlite://")
    started = Nursery(settings, (sys.executable, "-c", STUB))
    wait_until(lambda: started.is_ready, "the nursery is ready")
    yield started
    started.close()


def test_a_fork_has_its_own_session_folder_and_log_and_its_exit_code_comes_back(
    nursery: Nursery, tmp_path: Path
) -> None:
    folder = tmp_path / "scratch"
    folder.mkdir()
    process = nursery.fork(75, folder, tmp_path / "log.txt")
    assert process.wait() == 75
    assert (tmp_path / "log.txt").read_text() == f"job 75 in {folder} session True\n"


def test_a_fault_in_a_job_ends_that_fork_alone(nursery: Nursery, tmp_path: Path) -> None:
    assert nursery.fork(8, tmp_path, tmp_path / "log.txt").wait() == 1
    assert "ValueError: a fault" in (tmp_path / "log.txt").read_text()
    assert nursery.fork(3, tmp_path, tmp_path / "log.txt").wait() == 3


def test_a_killed_fork_is_told_by_its_signal(nursery: Nursery, tmp_path: Path) -> None:
    process = nursery.fork(9, tmp_path, tmp_path / "log.txt")
    assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def test_the_nursery_ends_when_its_input_closes_and_its_fork_goes_on(
    nursery: Nursery, tmp_path: Path
) -> None:
    process = nursery.fork(9, tmp_path, tmp_path / "log.txt")
    nursery.close()
    assert not nursery.is_alive
    assert process.is_lost
    os.kill(process.pid, 0)
    os.kill(process.pid, signal.SIGKILL)


def test_a_dead_nursery_is_not_ready(nursery: Nursery, tmp_path: Path) -> None:
    nursery.close()
    assert not nursery.is_ready
