import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from tests.serving import ROOT, Server, serve
from tests.waiting import wait_until
from tl_core.jobs.client import supervisor_is_alive
from tl_core.settings import Settings


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("workspace")) as running:
        yield running


def get(server: Server, path: str, **headers: str) -> httpx.Response:
    return httpx.get(f"{server.url}{path}", headers=headers, timeout=20, trust_env=False)


def test_health_says_that_the_supervisor_lives(server: Server) -> None:
    wait_until(lambda: bool(get(server, "/health").json()["has_supervisor"]), "a supervisor is there")
    assert supervisor_is_alive(Settings.from_environment(server.workspace))


def test_pages_may_not_be_framed_and_may_load_from_here_only(server: Server) -> None:
    headers = get(server, "/").headers
    assert headers["x-frame-options"] == "DENY"
    assert "default-src 'self'" in headers["content-security-policy"]


def test_a_foreign_host_name_is_refused(server: Server) -> None:
    assert get(server, "/", Host="evil.example").status_code == 400


def test_the_pages_are_imported_before_anybody_visits_one_and_without_torch(server: Server) -> None:
    wait_until(lambda: server.has_loaded("duckdb"), "the module of the page Data is imported")
    assert not server.has_loaded("libtorch")


def test_importing_the_application_imports_neither_torch_nor_transformers() -> None:
    code = "import sys, app; sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)


@pytest.mark.skipif(find_spec("authlib") is not None, reason="Authlib is installed: people can log in")
def test_a_login_that_cannot_work_is_refused_at_the_start(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text('[auth]\nclient_id = "none"\n')
    with (
        pytest.raises(RuntimeError, match="Authlib"),
        serve(tmp_path, "--secrets.files", str(secrets)),
    ):
        pytest.fail("served pages that nobody can log in to")


def test_an_open_address_without_authentication_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match="loopback"),
        serve(tmp_path, "--server.address", "0.0.0.0"),  # noqa: S104
    ):
        pytest.fail("served an open address")


def test_a_damaged_database_is_told_and_the_pages_are_served_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "workspace.db").write_bytes(b"no database" * 900)
    with serve(tmp_path) as running:
        assert get(running, "/").status_code == 200
        assert not get(running, "/health").json()["has_supervisor"]
