import contextlib
import importlib.util
import os
import queue
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.waiting import wait_until
from tl_core.experiments.fork_server import WARM
from tl_core.jobs import fork_server as module
from tl_core.jobs.fork_server import ForkServer
from tl_core.jobs.processes import ProcessIdentity
from tl_core.settings import Settings

# The real fork server with modules of a few lines in place of its own, so that nothing heavy is imported.
STUB = """
import sys
import tl_core.experiments as package
package.__path__.insert(0, sys.argv.pop(1))
import tl_core.experiments.fork_server as fork_server
{change}
fork_server.main()
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
say = fork_server._say
fork_server._say = lambda messages, message: (
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


def test_all_that_is_imported_beforehand_is_there() -> None:
    """Stubs stand for it in the other tests."""
    assert [name for name in WARM if importlib.util.find_spec(name) is None] == []


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], ForkServer]]:
    modules = tmp_path / "modules"
    modules.mkdir()
    for name, code in {"carry_out": CARRY_OUT, "neural": NOISE}.items():
        (modules / f"{name}.py").write_text(code)
    with contextlib.ExitStack() as stack:

        def start(change: str = "") -> ForkServer:
            settings = Settings(workspace=tmp_path, database_url="sqlite://")
            command = (sys.executable, "-c", STUB.format(change=change), str(modules))
            started = ForkServer(settings, command)
            stack.callback(started.close)
            wait_until(lambda: started.is_ready, "the fork server is ready")
            return started

        yield start


@pytest.fixture
def fork_server(start: Callable[[str], ForkServer]) -> ForkServer:
    return start("")


def test_a_fork_has_its_own_session_folder_and_log_and_its_exit_code_comes_back(
    fork_server: ForkServer, tmp_path: Path
) -> None:
    folder = tmp_path / "scratch"
    folder.mkdir()
    process = fork_server.fork(75, folder, tmp_path / "log.txt")
    assert process.wait() == 75
    assert (tmp_path / "log.txt").read_text() == f"job 75 in {folder} session True\n"


def test_a_fault_in_a_job_ends_that_fork_alone(fork_server: ForkServer, tmp_path: Path) -> None:
    assert fork_server.fork(8, tmp_path, tmp_path / "log.txt").wait() == 1
    assert "ValueError: a fault" in (tmp_path / "log.txt").read_text()
    assert fork_server.fork(3, tmp_path, tmp_path / "log.txt").wait() == 3


def test_a_killed_fork_is_told_by_its_signal(fork_server: ForkServer, tmp_path: Path) -> None:
    process = fork_server.fork(9, tmp_path, tmp_path / "log.txt")
    assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def test_the_fork_server_ends_when_its_input_closes_and_its_fork_goes_on(
    fork_server: ForkServer, tmp_path: Path
) -> None:
    process = fork_server.fork(9, tmp_path, tmp_path / "log.txt")
    fork_server.close()
    assert not fork_server.is_alive
    assert process.is_lost
    os.kill(process.pid, 0)
    os.kill(process.pid, signal.SIGKILL)


def test_a_dead_fork_server_is_not_ready(fork_server: ForkServer, tmp_path: Path) -> None:
    fork_server.close()
    assert not fork_server.is_ready


def test_what_a_library_prints_while_it_is_imported_goes_to_the_log(
    fork_server: ForkServer, tmp_path: Path
) -> None:
    assert fork_server.fork(3, tmp_path, tmp_path / "log.txt").wait() == 3
    said = (tmp_path / "fork_server.log").read_text()
    assert "a library greets" in said
    assert "and so does its C code" in said
    assert "greets" not in (tmp_path / "log.txt").read_text()


def test_a_fork_that_is_told_too_late_is_ended(
    fork_server: ForkServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = TooLate()
    monkeypatch.setattr(fork_server, "_forked", answers)
    with pytest.raises(OSError, match="did not answer"):
        fork_server.fork(9, tmp_path, tmp_path / "log.txt")
    wait_until(lambda: not answers.late.is_alive(), "the fork has ended")
    assert not fork_server.is_alive


def test_a_fork_that_nobody_was_told_of_does_no_work(
    start: Callable[[str], ForkServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ANSWER_S", 0.5)
    fork_server = start(DIES_BEFORE_TELLING)
    with pytest.raises(OSError, match="did not answer"):
        fork_server.fork(3, tmp_path, tmp_path / "log.txt")
    assert not (tmp_path / "log.txt").exists()


def test_a_pid_that_is_used_again_has_no_exit_code_yet(fork_server: ForkServer, tmp_path: Path) -> None:
    earlier = fork_server.fork(3, tmp_path, tmp_path / "log.txt")
    assert earlier.wait() == 3
    fork_server.exit_codes.update(dict.fromkeys(range(earlier.pid, earlier.pid + 10_000), 7))
    process = fork_server.fork(9, tmp_path, tmp_path / "log.txt")
    assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
