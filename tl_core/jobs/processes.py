"""Processes known by pid and creation time, for a pid alone may be used again."""

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from tl_core.settings import Settings

_CLOCK_TOLERANCE_S = 2.0
_POLL_S = 0.05
_CODE_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class ProcessIdentity:
    """One process, for as long as the machine is up.

    ``created`` is in seconds since 1970. It is compared loosely, because the kernel derives it from the
    clock, which may be set while the process runs.
    """

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity":
        """Identify a process. Raises psutil.NoSuchProcess if it is gone."""
        return cls(pid, psutil.Process(pid).create_time())

    @classmethod
    def read(cls, path: Path) -> "ProcessIdentity | None":
        """Read a file that holds the form of `str`; None if there is nothing of the kind (yet)."""
        try:
            pid, created = path.read_text().split()
            return cls(int(pid), float(created))
        except (FileNotFoundError, ValueError):
            return None

    def __str__(self) -> str:
        return f"{self.pid} {self.created}"

    def is_alive(self) -> bool:
        """Whether the process is there and is more than a zombie."""
        try:
            process = psutil.Process(self.pid)
            is_same: bool = abs(process.create_time() - self.created) < _CLOCK_TOLERANCE_S
            return is_same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def end(self, timeout_s: float) -> None:
        """Ask the process to end, force it after ``timeout_s`` seconds, and wait until it is gone."""
        deadline = time.monotonic() + timeout_s
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
            while self.is_alive():
                if time.monotonic() > deadline:
                    os.kill(self.pid, signal.SIGKILL)
                time.sleep(_POLL_S)

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the process and everything it started, if it leads a group of its own."""
        # PermissionError is macOS's answer for a group in which only zombies are left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


def child_environment(settings: Settings) -> dict[str, str]:
    """Environment for a process of the engine: this code and these settings, whatever its folder."""
    paths = [str(_CODE_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "TL_WORKSPACE": str(settings.workspace),
        "TL_DATABASE_URL": settings.database_url,
        "TL_SUPERVISOR_IDLE_S": str(settings.supervisor_idle_s),
    }
