"""Supervisors over real processes. Every script ends by itself within a minute, whatever happens."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import pytest

from tests.jobs.supervising import Background, kill_job
from tests.store.makers import make_event, make_experiment, make_record, make_run
from tests.waiting import DEADLINE_S, wait_until
from tl_core.jobs.child import Child
from tl_core.jobs.dry_run import checks_folder
from tl_core.jobs.fork_server import ForkServer
from tl_core.jobs.processes import ProcessIdentity
from tl_core.jobs.queue import Queue
from tl_core.jobs.supervisor import Supervisor
from tl_core.schema import RunFailed, State
from tl_core.store.rows import Job
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace

WriteScript = Callable[[str], Path]

PREAMBLE = """
import os, signal, sys, time
from pathlib import Path
root, job_id = Path(sys.argv[2]), sys.argv[4]
"""
STAMP = {"seq", "step", "examples_seen", "tokens_seen", "train_s", "wall_s"}
WAIT = "(root / f'began-{job_id}').touch()\ntime.sleep(60)"


@pytest.fixture
def write_script(tmp_path: Path) -> WriteScript:
    def write(body: str) -> Path:
        path = tmp_path / "script.py"
        path.write_text(PREAMBLE + body)
        return path

    return write


def add_runs(workspace: Workspace, run_ids: Sequence[str] = ("run_1",)) -> list[int]:
    runs = [make_run(run_id, position) for position, run_id in enumerate(run_ids)]
    workspace.database.add_experiment(make_experiment(), runs)
    return [run.job_id for run in workspace.database.list_runs() if run.job_id is not None]


def work_off(workspace: Workspace, script: Path) -> None:
    """Carry out what is queued in this process; a supervisor that does not end is told to."""
    alarm = threading.Timer(DEADLINE_S, os.kill, (os.getpid(), signal.SIGTERM))
    alarm.start()
    try:
        assert Supervisor(workspace, idle_s=0.0, command=(sys.executable, str(script))).run()
        assert alarm.is_alive(), f"still at work after {DEADLINE_S:g} s"
    finally:
        alarm.cancel()


def wait_for_process(queue: Queue, root: Path, job_id: int) -> Job:
    wait_until((root / f"began-{job_id}").exists, f"job {job_id} has begun")
    wait_until(lambda: queue.get(job_id).pid, f"the process of job {job_id} is noted")
    return queue.get(job_id)


def is_alive(job: Job) -> bool:
    assert job.pid is not None
    assert job.process_start is not None
    return ProcessIdentity(job.pid, job.process_start).is_alive()


def last_failure(workspace: Workspace, run_id: str = "run_1") -> RunFailed:
    event = workspace.run_folder(run_id).last_event()
    assert isinstance(event, RunFailed)
    return event


def test_a_run_is_carried_out_in_an_empty_folder_and_its_words_are_kept(
    workspace: Workspace, write_script: WriteScript
) -> None:
    (job_id,) = add_runs(workspace)
    work_off(workspace, write_script("print(os.listdir(), os.getcwd())\nprint('to stderr', file=sys.stderr)"))
    assert workspace.database.get_run("run_1").state is State.FINISHED
    folder = workspace.run_folder("run_1")
    scratch = workspace.scratch_folder(job_id)
    assert sorted(folder.log_path.read_text().splitlines()) == [f"[] {scratch}", "to stderr"]
    assert folder.read_experiment() == make_experiment()
    assert not scratch.exists()


def test_a_process_finds_the_engine_and_the_same_database(
    workspace: Workspace, queue: Queue, write_script: WriteScript
) -> None:
    script = write_script(
        "from tl_core.jobs.queue import Queue\n"
        "from tl_core.settings import Settings\n"
        "from tl_core.store.workspace import Workspace\n"
        "Queue(Workspace.open(Settings.from_environment()).database).record_progress(int(job_id), 1, 2)"
    )
    job_id = queue.submit(JobKind.EXPORT, "run_1", {})
    work_off(workspace, script)
    job = queue.get(job_id)
    assert (job.state, job.num_done, job.num_total) == (State.FINISHED, 1, 2)
    assert (workspace.output_folder(job_id) / "log.txt").read_text() == ""


def test_trainings_go_one_after_the_other_and_an_export_beside_them(
    workspace: Workspace, queue: Queue, write_script: WriteScript
) -> None:
    job_ids = [*add_runs(workspace, ["run_a", "run_b", "run_c"]), queue.submit(JobKind.EXPORT, "run_z", {})]
    export = job_ids[-1]
    script = write_script(
        "note = lambda word: (root / 'notes').open('a').write(f'{word} {job_id}\\n')\n"
        "note('begins')\n"
        "while job_id != '1' and not (root / 'go').exists(): time.sleep(0.01)\n"
        f"while job_id == '1' and '{export}' not in (root / 'notes').read_text(): time.sleep(0.01)\n"
        "(root / 'go').touch()\n"
        "note('ends')"
    )
    work_off(workspace, script)
    notes = [line.split() for line in (workspace.root / "notes").read_text().splitlines()]
    runs = [(word, int(job_id)) for word, job_id in notes if int(job_id) != export]
    assert runs == [(word, job_id) for job_id in job_ids[:-1] for word in ("begins", "ends")]
    assert notes.index(["begins", str(export)]) < notes.index(["ends", str(job_ids[0])])
    assert {run.state for run in workspace.database.list_runs()} == {State.FINISHED}


def test_a_failure_is_told_with_the_last_line_of_the_process(
    workspace: Workspace, write_script: WriteScript
) -> None:
    add_runs(workspace)
    work_off(workspace, write_script("raise ValueError('no such label')"))
    run = workspace.database.get_run("run_1")
    assert (run.state, run.error) == (State.FAILED, "ValueError: no such label")


def test_a_killed_process_is_told_with_its_signal_and_the_folder_agrees(
    workspace: Workspace, write_script: WriteScript
) -> None:
    add_runs(workspace)
    folder = workspace.run_folder("run_1")
    lines = "".join(make_event(seq).model_dump_json() + "\n" for seq in range(2)) + '{"seq": 2, "st'
    script = write_script(
        f"folder = Path({str(folder.path)!r})\n"
        f"(folder / 'run.json').write_text({make_record(state=State.RUNNING).model_dump_json()!r})\n"
        f"(folder / 'events.jsonl').write_text({lines!r})\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    work_off(workspace, script)
    run = workspace.database.get_run("run_1")
    assert run.state is State.FAILED
    assert run.error == "killed by SIGKILL (the system may have run out of memory)"
    assert folder.read_events()[:2] == [make_event(0), make_event(1)]
    failure = last_failure(workspace)
    assert (failure.seq, failure.step, failure.reason, failure.message) == (2, 1, "signal", run.error)
    record = folder.read_record()
    assert (record.state, record.error) == (State.FAILED, run.error)


def test_a_process_that_died_before_its_first_word_leaves_a_record_too(
    workspace: Workspace, write_script: WriteScript
) -> None:
    add_runs(workspace)
    work_off(workspace, write_script("sys.exit(3)"))
    record = workspace.run_folder("run_1").read_record()
    assert (record.state, record.config) == (State.FAILED, make_run())
    assert last_failure(workspace).seq == 0


def test_what_the_run_itself_told_is_believed_and_told_once(
    workspace: Workspace, write_script: WriteScript
) -> None:
    add_runs(workspace)
    failure = RunFailed(
        **make_event(0).model_dump(include=STAMP), reason="diverged", message="the loss is nan"
    )
    folder = workspace.run_folder("run_1").path
    script = write_script(
        f"(Path({str(folder)!r}) / 'events.jsonl').write_text({failure.model_dump_json()!r} + '\\n')\n"
        "sys.exit(1)"
    )
    work_off(workspace, script)
    assert workspace.database.get_run("run_1").error == "the loss is nan"
    assert workspace.run_folder("run_1").read_events() == [failure]


def test_out_of_memory_gets_fresh_processes_until_one_succeeds(
    workspace: Workspace, queue: Queue, write_script: WriteScript
) -> None:
    (job_id,) = add_runs(workspace)
    script = write_script(
        "attempts = root / 'attempts'\n"
        "attempts.open('a').write(f'{os.getpid()}\\n')\n"
        "sys.exit(75 if len(attempts.read_text().split()) < 3 else 0)"
    )
    work_off(workspace, script)
    job = queue.get(job_id)
    assert (job.state, job.attempts, job.payload) == (State.FINISHED, 3, {"memory_attempt": 2})
    assert workspace.database.get_run("run_1").state is State.FINISHED
    assert len(set((workspace.root / "attempts").read_text().split())) == 3


def test_out_of_memory_is_given_up_after_four_fresh_processes(
    workspace: Workspace, queue: Queue, write_script: WriteScript
) -> None:
    (job_id,) = add_runs(workspace)
    work_off(workspace, write_script("sys.exit(75)"))
    job = queue.get(job_id)
    assert (job.state, job.error, job.attempts) == (State.FAILED, "out of memory", 5)
    assert last_failure(workspace).reason == "out_of_memory"


def test_a_process_that_finishes_its_own_job_has_the_last_word(
    workspace: Workspace, write_script: WriteScript
) -> None:
    add_runs(workspace)
    script = write_script(
        "from tests.store.opening import open_workspace\n"
        "from tl_core.jobs.queue import Queue\n"
        "from tl_core.schema import State\n"
        "Queue(open_workspace(root).database).finish(int(job_id), State.FINISHED)\n"
        "os.kill(os.getpid(), signal.SIGSEGV)"
    )
    work_off(workspace, script)
    assert workspace.database.get_run("run_1").state is State.FINISHED
    assert workspace.run_folder("run_1").last_event() is None


def test_a_run_that_ignores_being_asked_is_forced_to_end(
    workspace: Workspace, queue: Queue, write_script: WriteScript
) -> None:
    (job_id,) = add_runs(workspace)
    script = write_script("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WAIT)
    seen: list[Job] = []

    def cancel() -> None:
        seen.append(wait_for_process(queue, workspace.root, job_id))
        queue.cancel_run("run_1")

    canceller = threading.Thread(target=cancel)
    canceller.start()
    work_off(workspace, script)
    canceller.join()
    assert not is_alive(seen[0])
    run = workspace.database.get_run("run_1")
    assert (run.state, run.error) == (State.CANCELLED, "cancelled")
    assert last_failure(workspace).reason == "cancelled"
    assert workspace.run_folder("run_1").read_record().state is State.CANCELLED


def test_a_command_that_cannot_be_started_fails_its_job_and_no_other(
    workspace: Workspace, tmp_path: Path
) -> None:
    add_runs(workspace, ["run_a", "run_b"])
    assert Supervisor(workspace, idle_s=0.0, command=(str(tmp_path / "missing"),)).run()
    for run in workspace.database.list_runs():
        assert run.state is State.FAILED
        assert "could not be started" in (run.error or "")
        record = workspace.run_folder(run.run_id).read_record()
        assert (record.state, record.error) == (State.FAILED, run.error)
        assert last_failure(workspace, run.run_id).message == run.error


def test_a_fork_server_that_cannot_be_started_fails_its_job_and_leaves_the_supervisor_at_work(
    workspace: Workspace, tmp_path: Path
) -> None:
    add_runs(workspace, ["run_a", "run_b"])
    assert Supervisor(workspace, idle_s=0.0, fork_server=(str(tmp_path / "missing"),)).run()
    for run in workspace.database.list_runs():
        assert run.state is State.FAILED
        assert "could not be started" in (run.error or "")


def test_a_check_has_a_fork_server_get_ready_before_there_is_a_job(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder = checks_folder(workspace)
    folder.mkdir(parents=True)
    (folder / "log.txt").touch()
    told = tmp_path / "told"
    fork_server = (sys.executable, "-c", f"open({str(told)!r}, 'w')")
    assert Supervisor(workspace, idle_s=3.0, fork_server=fork_server).run()
    assert told.exists()


def test_a_check_after_the_clock_was_set_back_has_a_fork_server_get_ready_too(
    workspace: Workspace, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    fork_server = (sys.executable, "-c", f"open({str(told)!r}, 'w')")
    supervisor = Supervisor(workspace, idle_s=3.0, fork_server=fork_server)
    log = checks_folder(workspace) / "log.txt"
    log.parent.mkdir(parents=True)
    log.touch()
    an_hour_ago = log.stat().st_mtime - 3_600
    os.utime(log, (an_hour_ago, an_hour_ago))
    assert supervisor.run()
    assert told.exists()


def test_without_a_check_no_fork_server_is_started(workspace: Workspace, tmp_path: Path) -> None:
    told = tmp_path / "told"
    fork_server = (sys.executable, "-c", f"open({str(told)!r}, 'w')")
    assert Supervisor(workspace, idle_s=0.5, fork_server=fork_server).run()
    assert not told.exists()


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        ("(folder / 'events.jsonl').write_text('no event\\n')", "cannot go on"),
        ("(folder / 'events.jsonl').mkdir()", "cannot go on"),
        ("(folder / 'run.json').write_text('no record')", "cannot go on"),
        ("(folder / 'run.json').mkdir()", "cannot go on"),
        ("(folder / 'log.txt').unlink()", "exit code 1, nothing printed"),
    ],
)
def test_a_damaged_folder_ends_its_own_run_and_no_other(
    workspace: Workspace, write_script: WriteScript, damage: str, error: str
) -> None:
    first, _ = add_runs(workspace, ["run_a", "run_b"])
    folder = workspace.run_folder("run_a").path
    script = write_script(
        f"if job_id == '{first}':\n"
        f"    folder = Path({str(folder)!r})\n"
        f"    {damage}\n"
        "    sys.exit('cannot go on')"
    )
    work_off(workspace, script)
    failed, finished = workspace.database.list_runs()
    assert failed.state is State.FAILED
    assert error in (failed.error or "")
    assert finished.state is State.FINISHED


def test_an_adopted_run_with_a_damaged_folder_is_failed_once(
    workspace: Workspace, queue: Queue, write_script: WriteScript
) -> None:
    (job_id,) = add_runs(workspace)
    queue.claim([JobKind.RUN])
    folder = workspace.run_folder("run_1").path
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("no record")
    work_off(workspace, write_script(""))
    assert queue.get(job_id).state is State.FAILED


class Gone:
    """A handle of a process that has been collected already."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int:
        return 3

    def wait(self) -> int:
        return 3


class QuickForkServer:
    """Forks what ends at once."""

    is_ready = True

    def fork(self, *_: object) -> Gone:
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        return Gone(ended.pid)


def test_a_fork_that_ends_before_it_is_noted_is_told_by_its_exit_code(
    workspace: Workspace, queue: Queue
) -> None:
    add_runs(workspace)
    job = queue.claim([JobKind.RUN])
    assert job is not None
    child = Child.start(workspace, job, (), cast(ForkServer, QuickForkServer()))
    assert child.identity is None
    assert child.has_ended()
    assert child.judge().error == "exit code 3, nothing printed"


def test_what_an_earlier_attempt_told_is_not_taken_for_the_words_of_the_next(
    workspace: Workspace, queue: Queue, write_script: WriteScript
) -> None:
    (job_id,) = add_runs(workspace)
    failure = RunFailed(
        **make_event(0).model_dump(include=STAMP), reason="out_of_memory", message="too large"
    )
    folder = workspace.run_folder("run_1").path
    script = write_script(
        f"seen, events = root / 'seen', Path({str(folder)!r}) / 'events.jsonl'\n"
        "if seen.exists(): sys.exit('no torch')\n"
        "seen.touch()\n"
        f"events.write_text({failure.model_dump_json()!r} + '\\n')\n"
        "sys.exit(75)"
    )
    work_off(workspace, script)
    assert (queue.get(job_id).error, queue.get(job_id).attempts) == ("no torch", 2)


def test_a_child_survives_its_supervisor_and_the_next_one_sees_it_to_its_end(
    workspace: Workspace, queue: Queue, background: Background, write_script: WriteScript
) -> None:
    (job_id,) = add_runs(workspace)
    record = workspace.run_folder("run_1").path / "run.json"
    script = write_script(
        "(root / f'began-{job_id}').touch()\n"
        "deadline = time.monotonic() + 60\n"
        "while not (root / 'go').exists() and time.monotonic() < deadline: time.sleep(0.02)\n"
        f"Path({str(record)!r}).write_text({make_record().model_dump_json()!r})"
    )
    first = background.start_and_wait(script)
    job = wait_for_process(queue, workspace.root, job_id)
    first.kill()
    first.wait()
    assert is_alive(job)
    background.start_and_wait(script)
    assert queue.get(job_id).state is State.RUNNING
    assert queue.get(job_id).pid == job.pid
    (workspace.root / "go").touch()
    wait_until(lambda: queue.get(job_id).state.is_final, "the adopted run has ended")
    assert workspace.database.get_run("run_1").state is State.FINISHED


def test_an_adopted_run_can_be_cancelled(
    workspace: Workspace, queue: Queue, background: Background, write_script: WriteScript
) -> None:
    (job_id,) = add_runs(workspace)
    script = write_script(WAIT)
    first = background.start_and_wait(script)
    job = wait_for_process(queue, workspace.root, job_id)
    first.kill()
    first.wait()
    queue.cancel_run("run_1")
    background.start_and_wait(script)
    wait_until(lambda: queue.get(job_id).state is State.CANCELLED, "the adopted run is cancelled")
    assert not is_alive(job)


def test_a_run_whose_process_died_unwatched_is_failed_by_the_next_supervisor(
    workspace: Workspace, queue: Queue, background: Background, write_script: WriteScript
) -> None:
    (job_id,) = add_runs(workspace)
    first = background.start_and_wait(write_script(WAIT))
    job = wait_for_process(queue, workspace.root, job_id)
    first.kill()
    first.wait()
    kill_job(job)
    work_off(workspace, write_script(""))
    run = workspace.database.get_run("run_1")
    assert (run.state, run.error) == (State.FAILED, "the process vanished")
    assert last_failure(workspace).message == "the process vanished"


def test_a_second_supervisor_leaves_at_once_and_the_first_keeps_its_name(
    workspace: Workspace, background: Background, write_script: WriteScript
) -> None:
    script = write_script("")
    first = background.start_and_wait(script)
    second = background.start(script)
    assert second.wait(timeout=20) == 0
    assert first.poll() is None
    identity = ProcessIdentity.read(workspace.root / "supervisor.lock")
    assert identity is not None
    assert identity.pid == first.pid
    assert not Supervisor(workspace, idle_s=0.0).run()


def test_ending_a_supervisor_ends_its_child_and_leaves_the_queue(
    workspace: Workspace, queue: Queue, background: Background, write_script: WriteScript
) -> None:
    running, waiting = add_runs(workspace, ["run_a", "run_b"])
    supervisor = background.start_and_wait(write_script(WAIT))
    job = wait_for_process(queue, workspace.root, running)
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(timeout=20) == 0
    assert not is_alive(job)
    assert (queue.get(running).state, queue.get(running).error) == (
        State.CANCELLED,
        "ended with the supervisor",
    )
    assert queue.get(waiting).state is State.QUEUED
    assert (workspace.root / "supervisor.lock").read_text() == ""


def test_an_idle_supervisor_ends_by_itself(
    workspace: Workspace, background: Background, write_script: WriteScript
) -> None:
    add_runs(workspace)
    supervisor = background.start_and_wait(write_script(""), idle_s=0.3)
    assert supervisor.wait(timeout=20) == 0
    assert workspace.database.get_run("run_1").state is State.FINISHED


def test_an_idle_supervisor_waits_for_a_web_server(
    workspace: Workspace, background: Background, write_script: WriteScript
) -> None:
    note = workspace.root / "web_servers" / str(os.getpid())
    note.parent.mkdir()
    note.write_text(str(ProcessIdentity.of(os.getpid())))
    supervisor = background.start_and_wait(write_script(""), idle_s=0.0)
    add_runs(workspace)
    wait_until(lambda: workspace.database.get_run("run_1").state.is_final, "work comes after idleness")
    assert supervisor.poll() is None
    note.unlink()
    assert supervisor.wait(timeout=20) == 0
