"""One process that carries out one job, whether this supervisor started it or an earlier one did."""

import contextlib
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tl_core.jobs.fork_server import ForkedProcess, ForkServer, Handle
from tl_core.jobs.outcome import Outcome, judge_exit, judge_traces, settle_folder
from tl_core.jobs.processes import ProcessIdentity, child_environment
from tl_core.schema import RunFailed, State
from tl_core.store.rows import Job
from tl_core.store.run_folder import RunFolder
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace

_GRACE_S = 1.0  # between asking and forcing, so that cancelling is done within two seconds under load too


@dataclass
class Child:
    """A job's process.

    Attributes
    ----------
    identity
        None if the process died, or its supervisor did, before anybody noted it.
    process
        The handle that yields the exit code; None for a process that an earlier supervisor started.
    end_reason
        Why the process was asked to end.
    """

    workspace: Workspace
    job: Job
    identity: ProcessIdentity | None
    process: Handle | None = None
    end_reason: str | None = None
    _force_at: float = field(default=float("inf"), repr=False)

    @classmethod
    def start(
        cls, workspace: Workspace, job: Job, command: Sequence[str], fork_server: ForkServer | None = None
    ) -> "Child":
        """Start ``command --workspace W --job-id N`` in a session of its own, in an empty folder.

        A fork server that is ready forks it instead.
        """
        folder = _run_folder(workspace, job)
        if folder is not None:
            # The process does both once more, but one that dies before it has may not be judged by what an
            # earlier attempt has left, and its folder can be imported elsewhere like any other.
            run = workspace.database.get_run(job.ref_id)
            folder.start_over()
            folder.write_experiment(workspace.database.get_experiment(run.config.experiment_id))
        scratch, log = workspace.scratch_folder(job.id), _log_path(workspace, job)
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        log.parent.mkdir(parents=True, exist_ok=True)
        process: Handle | None = None
        if fork_server is not None and fork_server.is_ready:
            with contextlib.suppress(OSError):
                process = fork_server.fork(job.id, scratch, log)
        if process is None:
            with log.open("ab") as output:
                process = subprocess.Popen(
                    [*command, "--workspace", str(workspace.root), "--job-id", str(job.id)],
                    cwd=scratch,
                    env=child_environment(workspace.settings),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        identity = None
        with contextlib.suppress(psutil.NoSuchProcess):  # a fork server collects a fork that ends at once
            identity = ProcessIdentity.of(process.pid)
        return cls(workspace, job, identity, process)

    @classmethod
    def adopt(cls, workspace: Workspace, job: Job) -> "Child":
        """Take over the process of a job that is marked as running; it may be dead."""
        identity = None
        if job.pid is not None and job.process_start is not None:
            identity = ProcessIdentity(job.pid, job.process_start)
        return cls(workspace, job, identity, end_reason="cancelled" if job.cancel_requested else None)

    def has_ended(self) -> bool:
        """Whether the process is gone; asks the system without waiting."""
        if isinstance(self.process, ForkedProcess) and self.process.is_lost:
            self.process = None  # from here on it is judged like one that was adopted
        if self.process is not None:
            return self.process.poll() is not None
        return self.identity is None or not self.identity.is_alive()

    def end(self, reason: str) -> None:
        """Ask the process and its descendants to end, and force them once the grace is over.

        To be called again and again until `has_ended`.
        """
        if self.identity is None or self.has_ended():
            return
        if self._force_at == float("inf"):
            self.end_reason = reason
            self._force_at = time.monotonic() + _GRACE_S
            self.identity.signal_group(signal.SIGTERM)
        elif time.monotonic() >= self._force_at:
            self.identity.signal_group(signal.SIGKILL)

    def judge(self) -> Outcome:
        """Tell how the process ended, once it has."""
        told = self._told()
        if self.process is not None:
            outcome = judge_exit(self.process.wait(), _log_path(self.workspace, self.job), told)
        else:
            outcome = judge_traces(_run_folder(self.workspace, self.job), told)
        if self.end_reason is not None and outcome.state is not State.FINISHED:
            return Outcome(State.CANCELLED, self.end_reason, "cancelled")
        return outcome

    def settle(self, outcome: Outcome) -> None:
        """Make a run's folder tell the outcome that its process could not write."""
        folder = _run_folder(self.workspace, self.job)
        if folder is not None:
            run = self.workspace.database.get_run(self.job.ref_id)
            settle_folder(folder, run, outcome, self._told())

    def clean(self) -> None:
        """Remove the folder that the process started in."""
        shutil.rmtree(self.workspace.scratch_folder(self.job.id), ignore_errors=True)

    def _told(self) -> RunFailed | None:
        folder = _run_folder(self.workspace, self.job)
        last = folder.last_event() if folder else None
        return last if isinstance(last, RunFailed) else None


def _run_folder(workspace: Workspace, job: Job) -> RunFolder | None:
    return workspace.run_folder(job.ref_id) if job.kind is JobKind.RUN else None


def _log_path(workspace: Workspace, job: Job) -> Path:
    folder = _run_folder(workspace, job)
    return folder.log_path if folder else workspace.output_folder(job.id) / "log.txt"
