import contextlib
import os
import queue
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.waiting import wait_until
from tl_core.jobs import fork_server as nursery_module
from tl_core.jobs.fork_server import Nursery
from tl_core.jobs.processes import ProcessIdentity
from tl_core.settings import Settings

# The real nursery with modules of a few lines in place of its own, so that nothing heavy is imported.
STUB = """
import sys
import tl_core.experiments as package
package.__path__.insert(0, sys.argv.pop(1))
import tl_core.experiments.fork_server as nursery
{change}
nursery.main()
"""
CARRY_OUT = """
import os, time

def main(command_line):
    job_id = int(command_line[-1])
    print("job", job_id, "in", os.getcwd(), "session", os.getsid(0) == os.getpid(), flush=True)
    if job_id == 9:
        time.sleep(60)
    if job_id == 8:
        raise ValueError("a fault")
    return job_id
"""
NOISE = "import os; print('a library greets'); os.write(1, b'and so does its C code\\n')"
DIES_BEFORE_TELLING = """
import os, signal
say = nursery._say
nursery._say = lambda messages, message: (
    os.kill(os.getpid(), signal.SIGKILL) if "forked" in message else say(messages, message)
)
"""


class TooLate(queue.Queue[int]):
    """Keeps what arrives from the one who waits for it."""

    def get(self, block: bool = True, timeout: float | None = None) -> int:
        if timeout is not None:
            wait_until(lambda: not self.empty(), "the answer has come")
            self.late = ProcessIdentity.of(self.queue[0])
            raise queue.Empty
        return super().get(block)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Nursery]]:
    modules = tmp_path / "modules"
    modules.mkdir()
    for name, code in {"carry_out": CARRY_OUT, "classical": "", "neural": NOISE}.items():
        (modules / f"{name}.py").write_text(code)
    with contextlib.ExitStack() as stack:

        def start(change: str = "") -> Nursery:
            settings = Settings(workspace=tmp_path, database_url="sqlite://")
            command = (sys.executable, "-c", STUB.format(change=change), str(modules))
            started = Nursery(settings, command)
            stack.callback(started.close)
            wait_until(lambda: started.is_ready, "the nursery is ready")
            return started

        yield start


@pytest.fixture
def nursery(start: Callable[[str], Nursery]) -> Nursery:
    return start("")


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


def test_what_a_library_prints_while_it_is_imported_goes_to_the_log(nursery: Nursery, tmp_path: Path) -> None:
    assert nursery.fork(3, tmp_path, tmp_path / "log.txt").wait() == 3
    said = (tmp_path / "nursery.log").read_text()
    assert "a library greets" in said
    assert "and so does its C code" in said
    assert "greets" not in (tmp_path / "log.txt").read_text()


def test_a_fork_that_is_told_too_late_is_ended(
    nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = TooLate()
    monkeypatch.setattr(nursery, "_forked", answers)
    with pytest.raises(OSError, match="did not answer"):
        nursery.fork(9, tmp_path, tmp_path / "log.txt")
    wait_until(lambda: not answers.late.is_alive(), "the fork has ended")
    assert not nursery.is_alive


def test_a_fork_that_nobody_was_told_of_does_no_work(
    start: Callable[[str], Nursery], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nursery_module, "_ANSWER_S", 0.5)
    nursery = start(DIES_BEFORE_TELLING)
    with pytest.raises(OSError, match="did not answer"):
        nursery.fork(3, tmp_path, tmp_path / "log.txt")
    assert not (tmp_path / "log.txt").exists()


def test_a_pid_that_is_used_again_has_no_exit_code_yet(nursery: Nursery, tmp_path: Path) -> None:
    earlier = nursery.fork(3, tmp_path, tmp_path / "log.txt")
    assert earlier.wait() == 3
    nursery.exit_codes.update(dict.fromkeys(range(earlier.pid, earlier.pid + 10_000), 7))
    process = nursery.fork(9, tmp_path, tmp_path / "log.txt")
    assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
