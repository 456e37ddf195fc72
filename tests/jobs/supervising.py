"""Supervisors in processes of their own, with small scripts in the place of trainings.

``python -m tests.jobs.supervising WORKSPACE IDLE_S SCRIPT`` is such a process.
"""

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.store.opening import open_workspace
from tests.waiting import wait_until
from tl_core.jobs.processes import ProcessIdentity
from tl_core.jobs.supervisor import Supervisor
from tl_core.store.rows import Job

REPOSITORY = Path(__file__).parents[2]


@dataclass
class Background:
    """Starts supervisors of one workspace and leaves none behind."""

    root: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, script: Path, idle_s: float = 60.0) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.jobs.supervising", str(self.root), str(idle_s), str(script)],
            cwd=REPOSITORY,
        )
        self.processes.append(process)
        return process

    def start_and_wait(self, script: Path, idle_s: float = 60.0) -> subprocess.Popen[bytes]:
        process = self.start(script, idle_s)
        lock = self.root / "supervisor.lock"
        wait_until(lambda: _pid_in(lock) == process.pid, "the supervisor has the workspace")
        return process

    def kill_all(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


def kill_job(job: Job) -> None:
    if job.pid is None or job.process_start is None:
        return
    if ProcessIdentity(job.pid, job.process_start).is_alive():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(job.pid, signal.SIGKILL)


def _pid_in(lock: Path) -> int | None:
    identity = ProcessIdentity.read(lock)
    return identity.pid if identity else None


def main() -> None:
    root, idle_s, script = sys.argv[1:]
    workspace = open_workspace(Path(root))
    command = (sys.executable, script)
    supervisor = Supervisor(workspace, idle_s=float(idle_s), heeds_web_servers=True, command=command)
    print("served" if supervisor.run() else "refused", flush=True)
    workspace.close()


if __name__ == "__main__":
    main()
