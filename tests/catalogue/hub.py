"""A server that answers as the model hub does, on the loopback interface."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "c" * 40


@dataclass
class Hub:
    """What the server has, and what it has been asked for.

    Attributes
    ----------
    repos
        Files by repository id and path.
    refused
        Status, error code of the hub and message by repository id; of the search by its path.
    found
        What a search answers: models as the hub describes them.
    searches
        The queries of the searches.
    broken
        Paths of which the server says the right size, gives the first half and hangs up.
    """

    url: str = ""
    repos: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refused: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    found: list[dict[str, object]] = field(default_factory=list)
    searches: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    def add(self, repo: str, folder: Path) -> None:
        files = [path for path in folder.rglob("*") if path.is_file()]
        self.repos[repo] = {str(path.relative_to(folder)): path.read_bytes() for path in files}


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    class Handler(_Handler):
        pass

    Handler.hub = hub
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        if path == "/api/models":
            self.hub.searches.append(urlsplit(self.path).query)
        self.hub.requests.append(f"{self.command} {path}")
        status, headers, body = self._find(path)
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            is_broken = path.rpartition("/")[2] in self.hub.broken
            self.wfile.write(body[: len(body) // 2] if is_broken else body)
            self.close_connection = self.close_connection or is_broken

    def _find(self, path: str) -> tuple[int, dict[str, str], bytes]:
        if path == "/":
            return 200, {}, b""
        if path == "/api/models" and path not in self.hub.refused:
            return 200, {"Content-Type": "application/json"}, json.dumps(self.hub.found).encode()
        repo, _, rest = path.removeprefix("/api/models/").strip("/").partition("/r")
        repo = path if path == "/api/models" else repo.partition("/tree/")[0]
        if repo in self.hub.refused:
            status, code, message = self.hub.refused[repo]
            return status, {"X-Error-Code": code, "X-Error-Message": message}, b"{}"
        files = self.hub.repos.get(repo)
        if files is None:
            return 404, {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"}, b"{}"
        if path.startswith("/api/models/"):
            return 200, {"Content-Type": "application/json"}, json.dumps(_facts(path, repo, files)).encode()
        name = rest.removeprefix("esolve/").partition("/")[2]
        if name not in files:
            return 404, {"X-Error-Code": "EntryNotFound", "X-Error-Message": "Entry not found"}, b""
        etag = hashlib.sha256(files[name]).hexdigest()
        return 200, {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT}, files[name]


def _facts(path: str, repo: str, files: dict[str, bytes]) -> object:
    if "/tree/" in path:
        return [
            {"type": "file", "path": name, "size": len(body), "oid": hashlib.sha1(body).hexdigest()}  # noqa: S324
            for name, body in files.items()
        ]
    return {"id": repo, "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}
