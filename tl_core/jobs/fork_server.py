"""A process that has the heavy libraries imported and forks a copy of itself for each job.

Importing torch and transformers takes a process seconds before it does any work; a fork has them already.
Every job still gets a process, a session and a log of its own. Where the server is not ready, or cannot be
had (no ``fork`` that is safe outside Linux), a job's process is started afresh instead.
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Protocol, cast

from tl_core.jobs.processes import child_environment
from tl_core.settings import Settings

COMMAND = (sys.executable, "-m", "tl_core.experiments.fork_server")
_ANSWER_S = 2.0
_CLOSE_S = 1.0
_POLL_S = 0.02


class Handle(Protocol):
    """What a supervisor needs of a process it started, as `subprocess.Popen` has it."""

    pid: int

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None while the process lives."""

    def wait(self) -> int:
        """Wait for the exit code."""


class ForkedProcess:
    """A process that the fork server forked; its exit code comes through the fork server."""

    def __init__(self, pid: int, fork_server: "ForkServer") -> None:
        self.pid = pid
        self._fork_server = fork_server

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None while the process lives."""
        return self._fork_server.exit_codes.get(self.pid)

    def wait(self) -> int:
        """Wait for the exit code."""
        while (code := self.poll()) is None:
            time.sleep(_POLL_S)
        return code

    @property
    def is_lost(self) -> bool:
        """Whether the fork server died before it could tell the exit code."""
        return self.poll() is None and not self._fork_server.is_alive


class ForkServer:
    """The supervisor's side: starts the process, asks it to fork, learns how the forks ended.

    One line of JSON per message. To the fork server: ``{"job_id", "folder", "log"}``. From it:
    ``{"is_ready": true}`` once, ``{"forked": pid}`` per request, ``{"ended": pid, "code": exit code}``.
    A fork begins its job once its pid was told, so none works unknown to the supervisor. The server ends
    when its input closes, so it never outlives its supervisor.
    """

    def __init__(self, settings: Settings, command: Sequence[str] = COMMAND) -> None:
        self.exit_codes: dict[int, int] = {}
        self._is_ready = False
        self._forked: queue.SimpleQueue[int] = queue.SimpleQueue()
        with (settings.workspace / "fork_server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--workspace", str(settings.workspace)],
                env=child_environment(settings),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self._requests = cast("IO[str]", self._process.stdin)
        self._messages = cast("IO[str]", self._process.stdout)
        self._listener = threading.Thread(target=self._listen, name="fork-server-listener", daemon=True)
        self._listener.start()

    @property
    def is_alive(self) -> bool:
        """Whether the process lives."""
        return self._process.poll() is None

    @property
    def is_ready(self) -> bool:
        """Whether everything is imported and a fork can be asked for."""
        return self._is_ready and self.is_alive

    def fork(self, job_id: int, folder: Path, log: Path) -> ForkedProcess:
        """Have a job carried out by a fork, in ``folder``, with its output appended to ``log``.

        Raises
        ------
        OSError
            If the fork server is gone or does not answer. It is ended then, and so is a fork that it made too
            late, so that the job can be carried out by another process.
        """
        request = {"job_id": job_id, "folder": str(folder), "log": str(log)}
        self._requests.write(json.dumps(request) + "\n")
        self._requests.flush()
        try:
            return ForkedProcess(self._forked.get(timeout=_ANSWER_S), self)
        except queue.Empty:
            self._abandon()
            raise OSError("the fork server did not answer") from None

    def close(self) -> None:
        """End the fork server; its forks go on."""
        with contextlib.suppress(BrokenPipeError):
            self._requests.close()
        try:
            self._process.wait(_CLOSE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(_CLOSE_S)

    def _abandon(self) -> None:
        """End a fork server that is stuck, and the forks that nobody took from it."""
        self._process.kill()
        self.close()
        while not self._forked.empty():
            pid = self._forked.get_nowait()
            for kill in (os.killpg, os.kill):  # it may not lead a group of its own yet
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    kill(pid, signal.SIGKILL)

    def _listen(self) -> None:
        with self._messages:
            for line in self._messages:
                message = json.loads(line)
                if "forked" in message:
                    self.exit_codes.pop(message["forked"], None)  # of an earlier fork with the same pid
                    self._forked.put(message["forked"])
                elif "ended" in message:
                    self.exit_codes[message["ended"]] = message["code"]
                else:
                    self._is_ready = True
