"""What web server and command line ask of the queue and of the supervisor that carries it out."""

import dataclasses
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from tl_core.jobs.outcome import VANISHED
from tl_core.jobs.processes import ProcessIdentity, child_environment
from tl_core.jobs.queue import Queue
from tl_core.schema import State
from tl_core.settings import Settings
from tl_core.store.rows import Job, RunRow
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace

_STOP_TIMEOUT_S = 10.0


def ensure_supervisor(settings: Settings) -> None:
    """Start a supervisor if there is none; `submit` and `launch` do.

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


def submit(workspace: Workspace, kind: JobKind, ref_id: str, payload: Mapping[str, Any]) -> Job:
    """Put a job at the end of the queue, and make sure that somebody carries it out."""
    queue = Queue(workspace.database)
    job = queue.get(queue.submit(kind, ref_id, payload))
    ensure_supervisor(workspace.settings)
    return job


def retry(workspace: Workspace, run_ids: Iterable[str]) -> bool:
    """Queue runs that ended early once more; False if the end of one has not been noted yet."""
    queued = [Queue(workspace.database).retry(run_id) for run_id in run_ids]
    ensure_supervisor(workspace.settings)
    return all(queued)


def attend(workspace: Workspace, job_id: int) -> Job:
    """Return a job as it stands; while it is not at its end, somebody carries it out."""
    job = Queue(workspace.database).get(job_id)
    if not job.state.is_final:
        ensure_supervisor(workspace.settings)
    return job


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
    if run.state is not State.RUNNING or supervisor_is_alive(settings):
        return run
    process = None
    if run.pid is not None and run.process_start is not None:
        process = ProcessIdentity(run.pid, run.process_start)
    if process is not None and process.is_alive():
        return run
    return dataclasses.replace(run, state=VANISHED.state, error=VANISHED.error)


def _find_supervisor(settings: Settings) -> ProcessIdentity | None:
    return ProcessIdentity.read(settings.supervisor_lock)
