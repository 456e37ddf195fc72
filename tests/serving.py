"""The real web server in a process of its own, on a free loopback port, stopped by its process id."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.waiting import wait_until
from tl_core.jobs.client import stop_supervisor
from tl_core.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
START_S = 90.0


@dataclass(frozen=True)
class Server:
    """A running web server."""

    url: str
    pid: int
    workspace: Path

    def has_loaded(self, library: str) -> bool:
        """Whether a shared library is mapped into the server's process."""
        return library in Path(f"/proc/{self.pid}/maps").read_text()


@contextmanager
def serve(workspace: Path, *options: str) -> Iterator[Server]:
    """Serve the application over a workspace; ends it and its supervisor at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    environment = {
        **{name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"},
        "TL_WORKSPACE": str(workspace),
        "TL_SUPERVISOR_IDLE_S": "2",
        "HF_HUB_OFFLINE": "1",
    }
    workspace.mkdir(parents=True, exist_ok=True)
    with (workspace / "web_server.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--server.port", str(port), *options],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: process.poll() is not None or _answers(url), "the web server answers", START_S)
        if process.poll() is not None:
            raise RuntimeError((workspace / "web_server.log").read_text())
        yield Server(url, process.pid, workspace)
    finally:
        process.terminate()
        process.wait(20)
        stop_supervisor(Settings.from_environment(workspace))


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=5, trust_env=False).is_success
    except httpx.HTTPError:
        return False
