"""What web server and command line do with the supervisor: start it, ask for it, stop it."""

import dataclasses
import subprocess
import sys
import threading

from tl_core.jobs.outcome import VANISHED
from tl_core.jobs.processes import ProcessIdentity, child_environment
from tl_core.jobs.supervisor import lock_path
from tl_core.schema import State
from tl_core.settings import Settings
from tl_core.store.rows import RunRow

_STOP_TIMEOUT_S = 10.0


def ensure_supervisor(settings: Settings) -> None:
    """Start a supervisor if there is none; to be called after a job was submitted.

    It gets a session of its own, so that it survives this process and its terminal. If two start at once,
    the second ends by itself.
    """
    if supervisor_is_alive(settings):
        return
    settings.workspace.mkdir(parents=True, exist_ok=True)
    with (settings.workspace / "supervisor.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tl_core.jobs.supervisor"],
            cwd=settings.workspace,
            env=child_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # Somebody has to collect its exit code when it ends before this process does.
    threading.Thread(target=process.wait, name="supervisor-reaper", daemon=True).start()


def supervisor_is_alive(settings: Settings) -> bool:
    """Whether a supervisor has the workspace."""
    identity = _find_supervisor(settings)
    return identity is not None and identity.is_alive()


def stop_supervisor(settings: Settings) -> bool:
    """End the supervisor and the processes of its jobs; return whether there was one."""
    identity = _find_supervisor(settings)
    if identity is None or not identity.is_alive():
        return False
    identity.end(_STOP_TIMEOUT_S)
    return True


def observe(settings: Settings, run: RunRow) -> RunRow:
    """Return the run as it really stands: its state, and whether its process is alive.

    A run that is marked as running, whose process is dead and whose death no supervisor is there to notice,
    has failed.
    """
    if run.state is not State.RUNNING or supervisor_is_alive(settings) or _has_live_process(run):
        return run
    return dataclasses.replace(run, state=VANISHED.state, error=VANISHED.error)


def _has_live_process(run: RunRow) -> bool:
    if run.pid is None or run.process_start is None:
        return False
    return ProcessIdentity(run.pid, run.process_start).is_alive()


def _find_supervisor(settings: Settings) -> ProcessIdentity | None:
    return ProcessIdentity.read(lock_path(settings))
