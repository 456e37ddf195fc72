"""The prediction server: answers typed text at once, outside the queue.

``python -m tl_core.inference.server --workspace DIR`` listens on a free port of the loopback interface and
writes address and token to a file that only its owner can read. It keeps models by recent use within a
memory bound, runs on the CPU, so that a training keeps the GPU to itself, and ends after five idle minutes.
"""

import argparse
import json
import os
import secrets
import socket
import threading
import time
from collections import OrderedDict
from pathlib import Path

import uvicorn
from filelock import FileLock, Timeout
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tl_core.errors import TlError
from tl_core.inference.predictor import Predictor, load_predictor
from tl_core.jobs.predictions import address_path
from tl_core.settings import Settings
from tl_core.store.workspace import Workspace

IDLE_S = 300.0
MEMORY_BOUND_MIB = 2048.0


class ModelCache:
    """Loaded models by recent use; the least recent leave when the bound is passed."""

    def __init__(self, workspace: Workspace, bound_mib: float = MEMORY_BOUND_MIB) -> None:
        self._workspace = workspace
        self._bound_mib = bound_mib
        self._models: OrderedDict[str, Predictor] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, run_id: str) -> Predictor:
        """Return a run's model, loading it if need be. Raises NotFoundError."""
        with self._lock:
            if run_id not in self._models:
                self._workspace.database.get_run(run_id)
                self._models[run_id] = load_predictor(self._workspace.run_folder(run_id).model_dir)
            self._models.move_to_end(run_id)
            while len(self._models) > 1 and self.memory_mib > self._bound_mib:
                self._models.popitem(last=False)
            return self._models[run_id]

    @property
    def memory_mib(self) -> float:
        """Memory of the loaded weights."""
        return sum(model.memory_mib for model in self._models.values())

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._models


class Application:
    """The server's two answers: predictions, and whether it lives."""

    def __init__(self, cache: ModelCache, token: str) -> None:
        self._cache = cache
        self._token = token
        self.last_used = time.monotonic()
        self.asgi = Starlette(
            routes=[
                Route("/predict", self.predict, methods=["POST"]),
                Route("/health", self.health, methods=["GET"]),
            ]
        )

    def _is_allowed(self, request: Request) -> bool:
        return secrets.compare_digest(request.headers.get("authorization", ""), f"Bearer {self._token}")

    async def health(self, request: Request) -> JSONResponse:
        """Say that the server lives."""
        return JSONResponse({"pid": os.getpid()}, status_code=200 if self._is_allowed(request) else 403)

    async def predict(self, request: Request) -> JSONResponse:
        """Score texts with a run's model: ``{"run_id", "texts"}`` to ``{"labels", "probabilities"}``."""
        if not self._is_allowed(request):
            return JSONResponse({"error": "a token is needed"}, status_code=403)
        self.last_used = time.monotonic()
        asked = await request.json()
        try:
            answer = await run_in_threadpool(self._score, asked["run_id"], asked["texts"])
        except TlError as error:
            return JSONResponse({"error": str(error)}, status_code=404)
        self.last_used = time.monotonic()
        return JSONResponse(answer)

    def _score(self, run_id: str, texts: list[str]) -> dict[str, object]:
        model = self._cache.get(run_id)
        return {"labels": model.labels, "probabilities": model.predict(texts).tolist()}


def serve(workspace: Workspace, idle_s: float = IDLE_S) -> None:
    """Answer until nobody has asked for ``idle_s`` seconds."""
    token = secrets.token_urlsafe(32)
    application = Application(ModelCache(workspace), token)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application.asgi, log_level="warning", lifespan="off"))

    def end_when_idle() -> None:
        while time.monotonic() - application.last_used < idle_s:
            time.sleep(min(1.0, idle_s / 4))
        server.should_exit = True

    threading.Thread(target=end_when_idle, daemon=True).start()
    path = address_path(workspace.root)
    _announce(path, listener.getsockname()[1], token)
    try:
        server.run(sockets=[listener])
    finally:
        path.unlink(missing_ok=True)


def _announce(path: Path, port: int, token: str) -> None:
    """Write the address to a file of mode 0600, whole or not at all."""
    own = path.with_suffix(f".{os.getpid()}.part")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"port": port, "token": token, "pid": os.getpid()}, file)
    own.replace(path)


def main() -> None:
    """Serve the workspace named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--idle-s", type=float, default=IDLE_S)
    arguments = parser.parse_args()
    settings = Settings.from_environment(arguments.workspace)
    try:
        with FileLock(settings.workspace / "prediction_server.lock", timeout=0):
            serve(Workspace.open(settings), arguments.idle_s)
    except Timeout:
        return  # another server of this workspace is running or about to


if __name__ == "__main__":
    main()
