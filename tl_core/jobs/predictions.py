"""The client of the prediction server: starts it when it is needed, and asks. No torch."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from tl_core.errors import NotFoundError, RunError
from tl_core.settings import Settings

START_S = 60.0
ANSWER_S = 120.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One model's answer.

    Attributes
    ----------
    labels
        Class names by id.
    probabilities
        One row per text, one column per label; rows sum to 1.
    """

    labels: tuple[str, ...]
    probabilities: tuple[tuple[float, ...], ...]


def address_path(workspace: Path) -> Path:
    """File in which a running server has left its port and token."""
    return workspace / "prediction_server.json"


def ask(settings: Settings, run_id: str, texts: Sequence[str]) -> Answer:
    """Score texts with a run's model; starts the server if none answers.

    Raises
    ------
    NotFoundError
        If the run has no model.
    RunError
        If the server cannot be started or fails.
    """
    client = _connect(settings.workspace) or _start(settings)
    with client:
        try:
            reply = client.post("/predict", json={"run_id": run_id, "texts": list(texts)}, timeout=ANSWER_S)
        except httpx.HTTPError as error:
            raise RunError(f"The prediction server did not answer: {error}", "Try again.") from error
    body = reply.json()
    if reply.status_code == httpx.codes.NOT_FOUND:
        raise NotFoundError(body["error"])
    if reply.is_error:
        raise RunError(f"The prediction server failed with status {reply.status_code}.", "Try again.")
    return Answer(
        labels=tuple(body["labels"]), probabilities=tuple(tuple(row) for row in body["probabilities"])
    )


def warm_up(settings: Settings) -> None:
    """Start the server without waiting for it, so that the first answer comes sooner."""
    if _connect(settings.workspace) is None:
        _spawn(settings.workspace)


def _connect(workspace: Path) -> httpx.Client | None:
    """Return a client of the running server, or None if none answers."""
    try:
        address = json.loads(address_path(workspace).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{address['port']}",
        headers={"Authorization": f"Bearer {address['token']}"},
        trust_env=False,
    )
    try:
        is_alive = client.get("/health", timeout=5).is_success
    except httpx.HTTPError:
        is_alive = False
    if not is_alive:
        client.close()
        return None
    return client


def _start(settings: Settings) -> httpx.Client:
    """Start a server and wait until one answers: of several started at once, all but one end themselves."""
    process = _spawn(settings.workspace)
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and not process.poll():
        client = _connect(settings.workspace)
        if client is not None:
            return client
        time.sleep(0.1)
    raise RunError(
        "The prediction server could not be started.", "See prediction_server.log in the workspace."
    )


def _spawn(workspace: Path) -> "subprocess.Popen[bytes]":
    with (workspace / "prediction_server.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "tl_core.inference.server", "--workspace", str(workspace)],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
