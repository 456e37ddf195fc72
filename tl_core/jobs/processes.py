"""Processes known by pid and start, for a pid alone may be used again."""

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from tl_core.settings import Settings

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_CLOCK_TOLERANCE_S = 2.0
_POLL_S = 0.05
_CODE_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class ProcessIdentity:
    """One process, told apart from all that had its pid before or will have it after.

    ``start`` is ``SECONDS@BOOT`` and does not move when the clock is set. On Linux it is the seconds from
    the boot to the start of the process and the id of that boot; elsewhere the start by the clock as the
    kernel noted it at that moment, and no id. The version before wrote the creation time by today's clock,
    one number in seconds since 1970; such a ``start`` is compared loosely.
    """

    pid: int
    start: str

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity":
        """Identify a process. Raises psutil.NoSuchProcess if it is gone."""
        return cls(pid, _start_of(psutil.Process(pid)))

    @classmethod
    def read(cls, path: Path) -> "ProcessIdentity | None":
        """Read a file that holds the form of `str`; None if there is nothing of the kind (yet)."""
        try:
            pid, start = path.read_text().split()
            float(start.partition("@")[0])
            return cls(int(pid), start)
        except (FileNotFoundError, ValueError):
            return None

    def __str__(self) -> str:
        return f"{self.pid} {self.start}"

    def is_alive(self) -> bool:
        """Whether the process is there and is more than a zombie."""
        try:
            process = psutil.Process(self.pid)
            return self._is_start_of(process) and process.status() != psutil.STATUS_ZOMBIE
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

    def _is_start_of(self, process: psutil.Process) -> bool:
        if "@" in self.start:
            return _start_of(process) == self.start
        return bool(abs(process.create_time() - float(self.start)) < _CLOCK_TOLERANCE_S)


def _start_of(process: psutil.Process) -> str:
    # psutil keeps to itself the start that it compares in `is_running`: the public `create_time` adds the
    # time of the boot by today's clock.
    _, seconds = process._ident
    boot = ""
    with contextlib.suppress(OSError):  # there are other systems, and containers that hide it
        boot = _BOOT_ID.read_text().strip()
    return f"{seconds}@{boot}"


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
