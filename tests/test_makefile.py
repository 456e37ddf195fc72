import os
import pty
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
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
        os.write(ours, CTRL_C)
        assert make.wait(20) == 0
        assert b"Error" not in os.read(ours, 65_536)
    finally:
        make.kill()
        stop_supervisor(Settings.from_environment(tmp_path))
