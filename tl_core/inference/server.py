"""The prediction server: answers typed text at once, outside the queue.

``python -m tl_core.inference.server --workspace DIR`` listens on a free port of the loopback interface and
writes address and token to a file that only its owner can read. It keeps models by recent use within a
memory bound, answers on a GPU that no training holds and else on the CPU, in float32 on both, and ends after
five idle minutes.
"""

import argparse
import json
import logging
import os
import secrets
import signal
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from filelock import FileLock, Timeout
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tl_core.errors import TlError
from tl_core.inference.free_gpu import free_gpu
from tl_core.inference.predictor import PLAIN, Predictor, load_predictor
from tl_core.jobs.predictions import address_path
from tl_core.settings import Settings
from tl_core.store.workspace import Workspace

IDLE_S = 300.0
MEMORY_BOUND_MIB = 2048.0
MAX_REASON_CHARACTERS = 500

_GIVE_WAY_S = 5.0  # a server that is about to end leaves its lock in this time

logger = logging.getLogger(__name__)


class ModelCache:
    """Loaded models by recent use; the least recent leave when the bound is passed.

    Parameters
    ----------
    workspace
        Whose runs are loaded.
    bound_mib
        Memory of all loaded models together. The model that was asked for last stays in any case.
    load
        Turns a model folder into a predictor; None for what answers on a free GPU.
    """

    def __init__(
        self,
        workspace: Workspace,
        bound_mib: float = MEMORY_BOUND_MIB,
        load: Callable[[Path], Predictor] | None = None,
    ) -> None:
        self._workspace = workspace
        self._bound_mib = bound_mib
        self._load = load or self._load_predictor
        self._models: OrderedDict[str, Predictor] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, run_id: str) -> Predictor:
        """Return a finished run's model, loading it if need be. Raises NotFoundError."""
        with self._lock:
            folder = self._find(run_id)
            if run_id not in self._models:
                self._models[run_id] = self._load(folder)
            self._models.move_to_end(run_id)
            while len(self._models) > 1 and self.memory_mib > self._bound_mib:
                self._models.popitem(last=False)
            return self._models[run_id]

    def _load_predictor(self, folder: Path) -> Predictor:
        elsewhere = partial(free_gpu, self._workspace, PLAIN.precision)
        return load_predictor(folder, elsewhere=elsewhere)

    def _find(self, run_id: str) -> Path:
        """Return the run's model folder, and forget the model of a run that is there no more."""
        try:
            return self._workspace.finished_model(run_id)
        except TlError:
            self._models.pop(run_id, None)
            raise

    @property
    def memory_mib(self) -> float:
        """Memory of the loaded weights."""
        return sum(model.memory_mib for model in self._models.values())

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._models


class Application:
    """The server's two answers: predictions, and whether it lives. Both need the token."""

    def __init__(self, cache: ModelCache, token: str) -> None:
        self._cache = cache
        self._expected = f"Bearer {token}".encode()
        self._last_used = time.monotonic()
        self._num_busy = 0
        self.asgi = Starlette(
            routes=[
                Route("/predict", self.predict, methods=["POST"]),
                Route("/health", self.health, methods=["GET"]),
            ]
        )

    @property
    def idle_s(self) -> float:
        """Seconds since anybody who knows the token has asked for anything; 0 while something is answered."""
        return 0.0 if self._num_busy else time.monotonic() - self._last_used

    async def health(self, request: Request) -> JSONResponse:
        """Say that the server lives."""
        if not self._is_allowed(request):
            return _refusal()
        self._last_used = time.monotonic()
        return JSONResponse({"pid": os.getpid()})

    async def predict(self, request: Request) -> JSONResponse:
        """Score texts with a run's model: ``{"run_id", "texts"}`` to ``{"labels", "probabilities"}``.

        A text is a string, or a list of two for a model of pairs.
        """
        if not self._is_allowed(request):
            return _refusal()
        self._num_busy += 1
        try:
            return JSONResponse(await run_in_threadpool(self._score, await request.json()))
        except TlError as error:
            return JSONResponse({"message": error.message, "remedy": error.remedy}, status_code=404)
        except Exception as error:
            logger.exception("no answer")
            message = f"The model did not answer ({type(error).__name__}: {error})."
            return JSONResponse({"message": message[:MAX_REASON_CHARACTERS]}, status_code=500)
        finally:
            self._num_busy -= 1
            self._last_used = time.monotonic()

    def _is_allowed(self, request: Request) -> bool:
        return secrets.compare_digest(request.headers.get("authorization", "").encode(), self._expected)

    def _score(self, question: dict[str, Any]) -> dict[str, object]:
        model = self._cache.get(question["run_id"])
        texts = [one if isinstance(one, str) else tuple(one) for one in question["texts"]]
        return {"labels": model.labels, "probabilities": model.predict(texts).tolist()}


def _refusal() -> JSONResponse:
    return JSONResponse({"message": "The token is missing or wrong."}, status_code=403)


def serve(workspace: Workspace, idle_s: float = IDLE_S) -> None:
    """Answer until nobody has asked for ``idle_s`` seconds."""
    token = secrets.token_urlsafe(32)
    application = Application(ModelCache(workspace), token)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application.asgi, log_level="warning", lifespan="off"))

    def end(*_: object) -> None:
        server.should_exit = True

    def end_when_idle() -> None:
        while application.idle_s < idle_s:
            time.sleep(min(1.0, idle_s / 4))
        end()

    # Uvicorn raises the signal again once it has ended; the default would kill before the file is removed.
    signal.signal(signal.SIGTERM, end)
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
    """Serve the workspace named on the command line, unless another server does so already."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--idle-s", type=float, default=IDLE_S)
    arguments = parser.parse_args()
    settings = Settings.from_environment(arguments.workspace)
    try:
        with FileLock(settings.workspace / "prediction_server.lock", timeout=_GIVE_WAY_S):
            workspace = Workspace.open(settings)
            serve(workspace, arguments.idle_s)
            workspace.close()
    except Timeout:
        return


if __name__ == "__main__":
    main()
