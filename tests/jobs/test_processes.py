"""Identities of processes, which a step of the clock must not change."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.jobs.clock import set_clock
from tl_core.jobs import processes
from tl_core.jobs.processes import ProcessIdentity

WAITS = "import sys; sys.stdin.read()"
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_the_living_and_the_dead_are_told_apart(alive: ProcessIdentity, dead: ProcessIdentity) -> None:
    assert alive.is_alive()
    assert not dead.is_alive()


@pytest.mark.parametrize("step_s", [-7_200.0, -5.0, 5.0, 86_400.0])
def test_a_living_process_stays_alive_when_the_clock_is_set(
    alive: ProcessIdentity, monkeypatch: pytest.MonkeyPatch, step_s: float
) -> None:
    set_clock(monkeypatch, step_s)
    assert alive.is_alive()
    assert ProcessIdentity.of(alive.pid) == alive


def test_a_pid_that_was_used_again_is_another_process(alive: ProcessIdentity) -> None:
    earlier = ProcessIdentity.of(os.getpid())
    assert not ProcessIdentity(alive.pid, earlier.start).is_alive()


@linux_only
def test_the_same_ticks_after_another_boot_are_another_process(
    alive: ProcessIdentity, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other_boot = tmp_path / "boot_id"
    other_boot.write_text("00000000-0000-4000-8000-000000000000\n")
    monkeypatch.setattr(processes, "_BOOT_ID", other_boot)
    assert not alive.is_alive()


@linux_only
def test_where_no_boot_has_an_id_the_ticks_alone_are_compared(
    dead: ProcessIdentity, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(processes, "_BOOT_ID", tmp_path / "missing")
    assert ProcessIdentity.of(os.getpid()).is_alive()
    assert not dead.is_alive()


@linux_only
def test_on_linux_the_start_is_in_ticks_since_the_boot_whatever_the_program_is_called(tmp_path: Path) -> None:
    program = tmp_path / "a) R (b"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([str(program), "60"]) as process:
        stat = Path(f"/proc/{process.pid}/stat").read_text()
        seconds, boot = ProcessIdentity.of(process.pid).start.split("@")
        process.kill()
    ticks = int(stat.rpartition(")")[2].split()[19])  # field 22 of the file, the 20th after the name
    assert float(seconds) * os.sysconf("SC_CLK_TCK") == pytest.approx(ticks)
    assert boot == Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def test_a_zombie_is_dead() -> None:
    with subprocess.Popen([sys.executable, "-c", WAITS], stdin=subprocess.PIPE) as process:
        identity = ProcessIdentity.of(process.pid)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE
        assert not identity.is_alive()


def test_an_identity_survives_being_written(tmp_path: Path) -> None:
    me = ProcessIdentity.of(os.getpid())
    (tmp_path / "note").write_text(str(me))
    assert ProcessIdentity.read(tmp_path / "note") == me


@pytest.mark.parametrize("content", ["", "12", "a b", "1 2@3 4", "\0\0\0"])
def test_a_file_that_holds_no_identity_is_read_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "note").write_text(content)
    assert ProcessIdentity.read(tmp_path / "note") is None
    assert ProcessIdentity.read(tmp_path / "missing") is None


def test_what_the_version_before_has_written_is_found_alive_and_dead(
    tmp_path: Path, alive: ProcessIdentity
) -> None:
    """It wrote the creation time by the clock."""
    created = psutil.Process(alive.pid).create_time()
    (tmp_path / "note").write_text(f"{alive.pid} {created + 1}")
    old = ProcessIdentity.read(tmp_path / "note")
    assert old is not None
    assert old.is_alive()
    (tmp_path / "note").write_text(f"{alive.pid} {created - 60}")
    other = ProcessIdentity.read(tmp_path / "note")
    assert other is not None
    assert not other.is_alive()


def test_a_process_that_ignores_being_asked_is_forced_to_end() -> None:
    deaf = (
        "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", deaf], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        ProcessIdentity.of(process.pid).end(timeout_s=0.1)
        assert process.wait(timeout=20) == -signal.SIGKILL


def test_a_group_that_may_not_be_signalled_is_left_alone(
    alive: ProcessIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "killpg", refuse)
    alive.signal_group(signal.SIGTERM)
    assert alive.is_alive()
