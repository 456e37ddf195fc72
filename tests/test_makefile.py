import contextlib
import os
import pty
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.serving import ROOT, START_S
from tests.waiting import wait_until
from tl_core.jobs.client import stop_supervisor
from tl_core.settings import Settings

CTRL_C = b"\x03"
SETSID = shutil.which("setsid") or ""


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)


def is_healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=5, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def has_imported_pages(pid: int) -> bool:
    with contextlib.suppress(OSError, psutil.Error):  # one that has just ended
        children = psutil.Process(pid).children(recursive=True)
        return any("_duckdb" in Path(f"/proc/{child.pid}/maps").read_text() for child in children)
    return False


@pytest.mark.skipif(
    not (ROOT / ".venv/bin/streamlit").exists(), reason="the Makefile's own .venv is not made"
)
def test_ctrl_c_in_make_run_ends_it_without_an_error(
    tmp_path: Path, port: int, terminal: tuple[int, int]
) -> None:
    ours, theirs = terminal
    environment = {
        "TL_WORKSPACE": str(tmp_path),
        "TL_SUPERVISOR_IDLE_S": "2",
        "STREAMLIT_SERVER_PORT": str(port),
        "STREAMLIT_SERVER_HEADLESS": "true",
    }
    make = subprocess.Popen(
        [SETSID, "--ctty", "--wait", "make", "--assume-old=.venv/.requirements", "run"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        wait_until(lambda: is_healthy(port), "the web server answers", START_S)
        wait_until(lambda: has_imported_pages(make.pid), "the pages are imported", START_S)
        time.sleep(2)  # for what follows upon it
        os.write(ours, CTRL_C)
        assert make.wait(20) == 0
        said = os.read(ours, 65_536)
        assert b"Error" not in said
        assert b"leaked" not in said
    finally:
        make.kill()
        stop_supervisor(Settings.from_environment(tmp_path))
