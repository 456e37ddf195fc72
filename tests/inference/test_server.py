"""The prediction server: its parts in this process, and whole in one of its own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest
from starlette.testclient import TestClient

from tests.inference.predictors import ByLength
from tests.store.makers import make_experiment, make_run
from tests.store.marking import mark_run
from tests.store.opening import open_workspace
from tests.waiting import wait_until
from tl_core.errors import NotFoundError, RunError
from tl_core.inference.server import Application, ModelCache
from tl_core.jobs import predictions
from tl_core.jobs.predictions import address_path, ask
from tl_core.models.classical import Majority
from tl_core.schema import State

RUNS = ("run_1", "run_2", "run_3")
START_S = 60.0


@pytest.fixture
def workspace(tmp_path):
    opened = open_workspace(tmp_path / "workspace")
    runs = [make_run(run_id, position) for position, run_id in enumerate(RUNS)]
    opened.database.add_experiment(make_experiment(), runs)
    for run_id in RUNS:
        mark_run(opened.database, run_id, State.FINISHED)
        opened.run_folder(run_id).model_dir.mkdir(parents=True)
    Majority.fit(np.array([0, 1, 1]), 2).save(opened.run_folder("run_1").model_dir, ("no", "yes"))
    yield opened
    opened.close()


# In this process


@pytest.fixture
def cache(workspace):
    return ModelCache(workspace, bound_mib=2.5, load=lambda folder: ByLength(memory_mib=1.0))


def test_the_least_recently_used_model_leaves_when_memory_is_passed(cache):
    for run_id in ("run_1", "run_2", "run_1", "run_3"):
        cache.get(run_id)
    assert [run_id in cache for run_id in RUNS] == [True, False, True]
    assert cache.memory_mib == 2.0


def test_a_model_larger_than_the_bound_stays_until_the_next(workspace):
    cache = ModelCache(workspace, bound_mib=0.5, load=lambda folder: ByLength(memory_mib=1.0))
    first = cache.get("run_1")
    assert cache.get("run_1") is first
    cache.get("run_2")
    assert [run_id in cache for run_id in RUNS[:2]] == [False, True]


def test_a_model_is_loaded_once(workspace):
    loaded = []
    cache = ModelCache(workspace, load=lambda folder: loaded.append(folder) or ByLength())
    assert cache.get("run_1") is cache.get("run_1")
    assert loaded == [workspace.run_folder("run_1").model_dir]


def test_a_damaged_model_is_told_with_its_run_and_file(workspace):
    run_id = RUNS[0]
    (workspace.run_folder(run_id).model_dir / "classifier.json").write_text("torn")
    client = TestClient(Application(ModelCache(workspace), "token").asgi)
    asked = {"run_id": run_id, "texts": ["a"]}
    answer = client.post("/predict", json=asked, headers={"Authorization": "Bearer token"})
    assert answer.status_code == 404
    assert (
        answer.json()["message"] == f"The file model/classifier.json of {run_id} is damaged: it is no JSON."
    )


def test_a_deleted_run_no_longer_answers(cache, workspace):
    cache.get("run_1")
    workspace.delete_run("run_1")
    with pytest.raises(NotFoundError):
        cache.get("run_1")
    assert "run_1" not in cache


def test_a_run_that_has_not_finished_does_not_answer(cache, workspace):
    mark_run(workspace.database, "run_1", State.RUNNING)
    with pytest.raises(NotFoundError, match="has no model"):
        cache.get("run_1")


@pytest.fixture
def application(cache):
    return Application(cache, "secret")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer other"}, {"Authorization": "Bearer ü"}])
@pytest.mark.parametrize(("method", "path"), [("GET", "/health"), ("POST", "/predict")])
def test_nothing_is_answered_without_the_token(application, headers, method, path):
    encoded = {name: value.encode() for name, value in headers.items()}
    client = TestClient(application.asgi)
    question = {"run_id": "run_1", "texts": ["a"]} if method == "POST" else None
    reply = client.request(method, path, headers=encoded, json=question)
    assert reply.status_code == 403
    assert "probabilities" not in reply.text


def test_with_the_token_texts_are_scored_and_unknown_runs_named(application):
    client = TestClient(application.asgi, headers={"Authorization": "Bearer secret"})
    reply = client.post("/predict", json={"run_id": "run_1", "texts": ["ab", "a"]})
    assert reply.json() == {"labels": ["even", "odd"], "probabilities": [[0.75, 0.25], [0.25, 0.75]]}
    unknown = client.post("/predict", json={"run_id": "run_9", "texts": ["a"]})
    assert unknown.status_code == 404
    assert "run_9" in unknown.json()["message"]


def test_a_model_that_cannot_be_loaded_says_why(workspace):
    def load(folder):
        raise ValueError("the header is too large")

    client = TestClient(Application(ModelCache(workspace, load=load), "secret").asgi)
    client.headers["Authorization"] = "Bearer secret"
    reply = client.post("/predict", json={"run_id": "run_1", "texts": ["a"]})
    assert reply.status_code == 500
    with pytest.raises(RunError, match="ValueError: the header is too large"):
        predictions._read(httpx.Response(500, json=reply.json()))


@pytest.mark.parametrize("body", [b"Internal Server Error", b"[]", b"{}"])
def test_an_answer_without_words_is_told_by_its_status(body):
    with pytest.raises(RunError, match="status 502"):
        predictions._read(httpx.Response(502, content=body))


# In a process of its own


@pytest.fixture
def settings(workspace):
    """Settings of a workspace whose servers end with the test."""
    yield workspace.settings
    for pid in server_pids(workspace.root):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process = predictions._servers.pop(workspace.root, None)
    if process is not None:
        process.wait()


def server_pids(root: Path) -> list[int]:
    """Find the servers of one workspace, whoever has started them."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            command = process.cmdline()
            if "tl_core.inference.server" in command and str(root) in command:
                found.append(process.pid)
    return found


def address(settings):
    return json.loads(address_path(settings.workspace).read_text())


def test_a_question_starts_the_server_and_a_killed_one_is_started_anew(settings):
    answer = ask(settings, "run_1", ["a", "b"])
    assert answer.labels == ("no", "yes")
    assert answer.probabilities == (pytest.approx((0.4, 0.6)), pytest.approx((0.4, 0.6)))
    first = address(settings)
    assert server_pids(settings.workspace) == [first["pid"]]
    assert address_path(settings.workspace).stat().st_mode & 0o777 == 0o600
    assert httpx.post(f"http://127.0.0.1:{first['port']}/predict", json={}).status_code == 403
    with pytest.raises(NotFoundError, match="is not a model folder"):
        ask(settings, "run_2", ["a"])

    os.kill(first["pid"], signal.SIGKILL)
    assert ask(settings, "run_1", ["a"]).labels == ("no", "yes")
    second = address(settings)
    assert second["pid"] != first["pid"]

    os.kill(second["pid"], signal.SIGTERM)
    wait_until(lambda: not server_pids(settings.workspace), "the server has ended")
    assert not address_path(settings.workspace).exists()


def test_an_idle_server_ends_by_itself(settings):
    command = [sys.executable, "-m", "tl_core.inference.server", "--idle-s", "0.5"]
    process = subprocess.Popen([*command, "--workspace", str(settings.workspace)])
    wait_until(address_path(settings.workspace).exists, "the server listens", START_S)
    assert process.wait(timeout=START_S) == 0
    assert not address_path(settings.workspace).exists()


def test_two_clients_at_once_end_up_with_one_server(settings):
    code = (
        "import sys; from tl_core.settings import Settings; from tl_core.jobs.predictions import ask;"
        "print(ask(Settings.from_environment(sys.argv[1]), 'run_1', ['a']).labels[1])"
    )
    command = [sys.executable, "-c", code, str(settings.workspace)]

    def client(_number):
        return subprocess.run(command, capture_output=True, text=True, timeout=START_S, check=True).stdout

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(client, range(2))) == ["yes\n", "yes\n"]
    wait_until(lambda: len(server_pids(settings.workspace)) == 1, "the other server gives way", START_S)
    assert server_pids(settings.workspace) == [address(settings)["pid"]]


def test_a_server_that_cannot_start_is_told_with_where_to_look(settings, monkeypatch):
    monkeypatch.setattr(predictions, "child_environment", lambda settings: {"PATH": os.environ["PATH"]})
    with pytest.raises(RunError, match=r"did not start. See prediction_server\.log"):
        ask(settings, "run_1", ["a"])
    assert "tl_core" in (settings.workspace / "prediction_server.log").read_text()


def test_a_connection_lost_once_is_tried_again(settings, monkeypatch):
    replies = iter(
        [httpx.ConnectError("gone"), httpx.Response(200, json={"labels": [], "probabilities": []})]
    )

    def post(self, url, **kwargs):
        reply = next(replies)
        if isinstance(reply, Exception):
            raise reply
        return reply

    monkeypatch.setattr(predictions, "_connect", lambda workspace: httpx.Client())
    monkeypatch.setattr(httpx.Client, "post", post)
    assert ask(settings, "run_1", []).labels == ()


def test_a_server_that_never_answers_is_told(settings, monkeypatch):
    def post(self, url, **kwargs):
        raise httpx.ReadTimeout("slow")

    monkeypatch.setattr(predictions, "_connect", lambda workspace: httpx.Client())
    monkeypatch.setattr(httpx.Client, "post", post)
    with pytest.raises(RunError, match=r"The prediction server did not answer \(ReadTimeout\)"):
        ask(settings, "run_1", [])
