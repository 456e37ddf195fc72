"""Asking for predictions without torch: typed texts from the prediction server, files through jobs."""

import contextlib
import json
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tl_core.errors import NotFoundError, RunError
from tl_core.jobs.processes import child_environment
from tl_core.schema import Frozen
from tl_core.settings import Settings
from tl_core.store.files import replacing
from tl_core.words import plural

START_S = 60.0
ANSWER_S = 120.0
HEALTH_S = 5.0
PREDICTIONS_NAME = "predictions.csv"

_POLL_S = 0.1
_SUMMARY_NAME = "summary.json"
_NO_ANSWER = "The prediction server did not answer ({})."
_LOG_TELLS = "See prediction_server.log in the workspace."
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For servers on this machine, which speak plain HTTP: the usual context reads all authorities each time."""
_spawning = threading.Lock()
_servers: dict[Path, "subprocess.Popen[bytes]"] = {}
"""Servers that this process has started, by workspace, so that it starts none beside one on its way."""


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


class FileSummary(Frozen):
    """What became of a predicted file.

    Attributes
    ----------
    text
        The text column, or several divided by commas.
    reason
        A sentence that names the columns and says why it was these; empty in files of earlier versions.
    num_rows, num_empty
        Rows written, and those of them without a text.
    num_answered
        Rows with an answer; None in files of earlier versions, which answered rows without a text too.
    num_rejects, num_left_out, first_reject
        Lines that could not be read; those of them for which no row was written, for they stand above the
        header or their place could not be found; and the place and reason of the first.
    label_counts
        Rows by predicted label.
    scored_in
        A sentence about the number format; empty for arms without a network and in files of earlier versions.
    noun
        What a row is asked about.
    noticed
        What reading the file has warned of.
    """

    text: str
    reason: str = ""
    num_rows: int
    num_empty: int
    num_answered: int | None = None
    num_rejects: int
    num_left_out: int = 0
    first_reject: str
    label_counts: dict[str, int]
    scored_in: str = ""
    noun: str = "text"
    noticed: tuple[str, ...] = ()

    @property
    def remarks(self) -> list[str]:
        """What a person must know before using the predictions."""
        remarks = [*self.noticed]
        if self.num_rejects:
            left_out = f" ({self.num_left_out:,} without a row in the result)" if self.num_left_out else ""
            remarks.append(
                f"{plural(self.num_rejects, 'line')} could not be read and got no prediction{left_out}. "
                f"The first is {self.first_reject}"
            )
        if self.num_empty and self.num_answered is None:
            remarks.append(
                f"{plural(self.num_empty, 'row has', 'rows have')} no {self.noun}: the prediction there means"
                " nothing."
            )
        elif self.num_empty:
            empty = plural(self.num_empty, "row has", "rows have")
            remarks.append(f"{empty} no {self.noun} and got no prediction.")
        return remarks


def write_summary(folder: Path, summary: FileSummary) -> None:
    """Keep a file prediction's summary in the job's output folder."""
    with replacing(folder / _SUMMARY_NAME) as file:
        file.write(summary.model_dump_json().encode())


def read_summary(folder: Path) -> FileSummary:
    """Read what `write_summary` wrote. Raises NotFoundError if the job has not come that far."""
    try:
        return FileSummary.model_validate_json((folder / _SUMMARY_NAME).read_bytes())
    except FileNotFoundError:
        raise NotFoundError("The predicted file is gone.", "Start the prediction again.") from None


def address_path(workspace: Path) -> Path:
    """File in which a running server has left its port, token and process number."""
    return workspace / "prediction_server.json"


def ask(settings: Settings, run_id: str, texts: Sequence[str | tuple[str, str]]) -> Answer:
    """Score texts, or pairs of texts, with a run's model; starts the server if none answers.

    Raises
    ------
    NotFoundError
        If the run has no model.
    RunError
        If the server cannot be started or fails.
    """
    try:
        reply = _post(settings, {"run_id": run_id, "texts": list(texts)})
    except httpx.HTTPError as error:
        raise RunError(_NO_ANSWER.format(type(error).__name__), "Try again.") from error
    return _read(reply)


def _post(settings: Settings, question: dict[str, Any], retries: int = 1) -> httpx.Response:
    try:
        with contextlib.closing(_connect(settings.workspace) or _start(settings)) as client:
            return client.post("/predict", json=question, timeout=ANSWER_S)
    except (httpx.NetworkError, httpx.RemoteProtocolError):
        if retries == 0:
            raise
        return _post(settings, question, retries - 1)  # it has ended since it said that it lives


def _read(reply: httpx.Response) -> Answer:
    if reply.status_code == httpx.codes.NOT_FOUND:
        error = reply.json()
        raise NotFoundError(error["message"], error["remedy"])
    if reply.is_error:
        reason = _NO_ANSWER.format(f"status {reply.status_code}")
        with contextlib.suppress(ValueError, KeyError, TypeError):
            reason = str(reply.json()["message"])
        raise RunError(reason, _LOG_TELLS)
    body = reply.json()
    return Answer(
        labels=tuple(body["labels"]), probabilities=tuple(tuple(row) for row in body["probabilities"])
    )


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
        verify=_NO_TLS,
    )
    with contextlib.suppress(httpx.HTTPError):
        if client.get("/health", timeout=HEALTH_S).is_success:
            return client
    client.close()
    return None


def _start(settings: Settings) -> httpx.Client:
    """Start a server and wait until one answers, this one or another that was first."""
    deadline = time.monotonic() + START_S
    process = _ensure_process(settings)
    while time.monotonic() < deadline:
        client = _connect(settings.workspace)
        if client is not None:
            return client
        code = process.poll()
        if code is not None and code > 0:
            break
        if code is not None:  # killed just now, or gave way to another server, which may have ended since
            process = _ensure_process(settings)
        time.sleep(_POLL_S)
    raise RunError(
        "The prediction server did not start.",
        _LOG_TELLS,
    )


def _ensure_process(settings: Settings) -> "subprocess.Popen[bytes]":
    """Return the server's process that this one has started; start one if there is none, or none any more."""
    with _spawning:
        process = _servers.get(settings.workspace)
        if process is not None and process.poll() is None:
            return process
        settings.workspace.mkdir(parents=True, exist_ok=True)
        with (settings.workspace / "prediction_server.log").open("ab") as log:
            process = _servers[settings.workspace] = subprocess.Popen(
                [sys.executable, "-m", "tl_core.inference.server", "--workspace", str(settings.workspace)],
                cwd=settings.workspace,
                env=child_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return process
