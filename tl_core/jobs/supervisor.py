"""The supervisor: one small process a workspace that carries out queued jobs, each in its own process.

``python -m tl_core.jobs.supervisor`` runs it detached from any terminal; `tl_core.jobs.worker.work` runs the
same one in the foreground. Its children outlive it if it is killed, and the next supervisor adopts them.
"""

import argparse
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence

from tl_core.jobs.child import Child
from tl_core.jobs.dry_run import last_begun
from tl_core.jobs.fork_server import COMMAND, ForkServer
from tl_core.jobs.outcome import ENDED_WITH_SUPERVISOR, Outcome, judge_fault
from tl_core.jobs.presence import has_web_server
from tl_core.jobs.processes import ProcessIdentity
from tl_core.jobs.queue import Queue
from tl_core.settings import Settings
from tl_core.store.files import locked_at_once
from tl_core.store.rows import Job
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace

CARRY_OUT = (sys.executable, "-m", "tl_core.experiments.carry_out")

_TICK_S = 0.1
_MAX_MEMORY_ATTEMPTS = 4
_CHECK_S = 30.0  # a check that began so long before the supervisor still announces runs
_FORK_SERVER_IDLE_S = 120.0  # it holds about half a gibibyte while nobody trains
_SLOTS = (
    frozenset({JobKind.RUN}),
    frozenset({JobKind.PREDICT_FILE, JobKind.EXPORT, JobKind.VERIFY}),
    frozenset({JobKind.TAKE_IN, JobKind.FIX}),  # somebody waits for these
    frozenset({JobKind.EXAMINE}),
)

logger = logging.getLogger(__name__)


class Supervisor:
    """Claims jobs, starts and watches their processes, and writes down how they ended.

    One training goes on at a time; beside it one export or file prediction, one file that is taken in or
    dataset that is mended, and one search for slow findings.

    Parameters
    ----------
    workspace
        Whose queue is worked on.
    idle_s
        Seconds without work after which it ends itself; None to wait for ever.
    heeds_web_servers
        Whether it waits for work as long as a web server is alive.
    command
        What carries out a job; ``--workspace W --job-id N`` is added to it.
    fork_server
        What a fork server is started with, from the first check of a plan or the first job on, so that jobs
        need not import torch again; None to start every process afresh.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        idle_s: float | None,
        heeds_web_servers: bool = False,
        command: Sequence[str] = CARRY_OUT,
        fork_server: Sequence[str] | None = None,
    ) -> None:
        self._workspace = workspace
        self._queue = Queue(workspace.database)
        self._idle_s = idle_s
        self._heeds_web_servers = heeds_web_servers
        self._command = command
        self._fork_server_command = fork_server
        self._fork_server: ForkServer | None = None
        self._children: list[Child] = []
        self._is_stopping = False
        self._last_busy = time.monotonic()
        begun = last_begun(workspace)
        self._last_check = 0.0 if time.time() - begun < _CHECK_S else begun

    def run(self) -> bool:
        """Work until idle or told to stop (SIGTERM, SIGINT), which ends the children too.

        Returns False at once if another supervisor has the workspace.
        """
        has_served = False
        with self._stopping_on_signals():
            while self._serve():
                has_served = True
                # A job submitted while this one was letting go has found no supervisor wanting.
                if self._is_stopping or self._queue.num_pending() == 0:
                    break
        return has_served

    def end_all(self) -> int:
        """End every process of a running job that no supervisor watches; return how many there were."""
        self._is_stopping = True
        with locked_at_once(self._workspace.settings.supervisor_lock) as lock:
            if lock is None:
                return 0
            self._adopt()
            num_children = len(self._children)
            self._end_children()
            return num_children

    def _serve(self) -> bool:
        with locked_at_once(self._workspace.settings.supervisor_lock) as lock:
            if lock is None:
                return False
            lock.truncate(0)
            lock.write(str(ProcessIdentity.of(os.getpid())))
            lock.flush()
            try:
                self._work()
            finally:
                lock.truncate(0)
            return True

    def _work(self) -> None:
        self._adopt()
        self._last_busy = time.monotonic()
        while not self._is_stopping:
            self._reap()
            self._honour_cancels()
            self._expect_runs()
            self._claim()
            if self._is_idle():
                break
            time.sleep(_TICK_S)
        self._end_children()
        self._close_fork_server()

    def _adopt(self) -> None:
        self._children = [Child.adopt(self._workspace, job) for job in self._queue.list_running()]

    def _reap(self) -> None:
        ended = [child for child in self._children if child.has_ended()]
        still_running = {job.id for job in self._queue.list_running()} if ended else set()
        for child in ended:
            self._children.remove(child)
            if child.job.id in still_running:  # otherwise the process has finished the job by itself
                self._conclude(child)
            child.clean()

    def _conclude(self, child: Child) -> None:
        try:
            outcome = child.judge()
        except Exception as error:  # a damaged folder ends its own job and no other
            logger.exception("Job %d has ended; its folder cannot be read", child.job.id)
            outcome = judge_fault("the folder cannot be read", error)
        num_retries = int(child.job.payload.get("memory_attempt", 0))
        if outcome.is_out_of_memory and num_retries < _MAX_MEMORY_ATTEMPTS:
            self._queue.requeue(child.job.id, {**child.job.payload, "memory_attempt": num_retries + 1})
            return
        self._finish(child, outcome)

    def _finish(self, child: Child, outcome: Outcome) -> None:
        """Write the outcome into the run's folder if that can be done, and into the database in any case."""
        try:
            child.settle(outcome)
        except Exception:  # a full disk, say
            logger.exception("Job %d has ended; its folder does not say so", child.job.id)
        self._queue.finish(child.job.id, outcome.state, outcome.error)

    def _honour_cancels(self) -> None:
        if not self._children:
            return
        unwanted = self._queue.find_cancelled([child.job.id for child in self._children])
        for child in self._children:
            if child.job.id in unwanted:
                child.end("cancelled")

    def _claim(self) -> None:
        busy = {child.job.kind for child in self._children}
        free = [kind for slot in _SLOTS if not slot & busy for kind in slot]
        job = self._queue.claim(free) if free else None
        if job is not None:
            self._start(job)

    def _start(self, job: Job) -> None:
        try:
            if not job.kind.is_on_data:  # which needs no torch, and little memory beside its own
                self._warm_fork_server()
            fork_server = None if job.kind.is_on_data else self._fork_server
            child = Child.start(self._workspace, job, self._command, fork_server)
        except Exception as error:  # whatever keeps one job from starting, the next one has its turn
            logger.exception("Job %d could not be started", job.id)
            outcome = judge_fault("the process could not be started", error)
            self._finish(Child.adopt(self._workspace, job), outcome)
            return
        self._children.append(child)
        if child.identity is not None:
            self._queue.record_process(job.id, child.identity)

    def _expect_runs(self) -> None:
        """Have a fork server get ready while a plan is checked: its runs follow in seconds."""
        begun = last_begun(self._workspace)
        if begun == self._last_check:
            return
        self._last_check = begun
        self._last_busy = time.monotonic()
        try:
            self._warm_fork_server()
        except OSError:  # the runs themselves will tell
            logger.exception("A fork server could not be started")

    def _warm_fork_server(self) -> None:
        """Have a fork server get ready; until it is, processes are started afresh."""
        if self._fork_server is not None and not self._fork_server.is_alive:
            self._fork_server = None
        if self._fork_server is None and self._fork_server_command is not None:
            self._fork_server = ForkServer(self._workspace.settings, self._fork_server_command)

    def _close_fork_server(self) -> None:
        if self._fork_server is not None:
            self._fork_server.close()
            self._fork_server = None

    def _end_children(self) -> None:
        while self._children:
            for child in self._children:
                child.end(ENDED_WITH_SUPERVISOR)
            self._reap()
            time.sleep(_TICK_S / 2)

    def _is_idle(self) -> bool:
        if self._children:
            self._last_busy = time.monotonic()
            return False
        idle_s = time.monotonic() - self._last_busy
        if idle_s > _FORK_SERVER_IDLE_S:
            self._close_fork_server()
        if self._idle_s is None or idle_s < self._idle_s:
            return False
        return not (self._heeds_web_servers and has_web_server(self._workspace))

    @contextlib.contextmanager
    def _stopping_on_signals(self) -> Iterator[None]:
        def stop(_number: int, _frame: object) -> None:
            self._is_stopping = True

        before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def default_fork_server() -> Sequence[str] | None:
    """Return what a fork server is started with where forking is safe: macOS's libraries do not bear it."""
    return COMMAND if sys.platform == "linux" else None


def main() -> None:
    """Run the supervisor of a workspace until nobody needs it."""
    parser = argparse.ArgumentParser(prog="python -m tl_core.jobs.supervisor", description=main.__doc__)
    parser.add_argument("--workspace", help="the folder to work in; TL_WORKSPACE if not given")
    settings = Settings.from_environment(parser.parse_args().workspace)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    workspace = Workspace.open(settings)
    supervisor = Supervisor(
        workspace,
        idle_s=settings.supervisor_idle_s,
        heeds_web_servers=True,
        fork_server=default_fork_server(),
    )
    supervisor.run()
    workspace.close()


if __name__ == "__main__":
    main()
