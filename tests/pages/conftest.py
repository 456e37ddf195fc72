"""The application as a test drives it: the router on a workspace of its own, offline, starting no process."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from tests.pages.checking import Checking
from tests.pages.fixtures import make_workspace
from tl_core.jobs.predictions import Answer
from tl_core.settings import Settings
from tl_core.store.workspace import Workspace

ROUTER = Path(__file__).parents[2] / "pages" / "router.py"


@pytest.fixture(scope="session", autouse=True)
def packages_looked_through_once() -> None:
    """Let Streamlit look for components in all installed packages once, and not for every `AppTest`."""
    manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """An empty workspace, which the pages open too."""
    monkeypatch.setenv("TL_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.delenv("TL_DATABASE_URL", raising=False)
    opened = make_workspace(tmp_path / "workspace")
    yield opened
    opened.close()


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for the bundled comparisons, instead of the shipped ones."""
    monkeypatch.setattr("tl_core.intake.bundled.FOLDER", tmp_path / "finished")
    return tmp_path / "finished"


@pytest.fixture
def app(workspace: Workspace, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The router, not yet run. ``app.switch_page("data.py")`` leads to a page."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("tl_core.jobs.client.ensure_supervisor", lambda settings: None)

    def ask(settings: Settings, run_id: str, texts: Sequence[str | tuple[str, str]]) -> Answer:
        labels = workspace.database.get_run(run_id).config.labels
        return Answer(labels=labels, probabilities=((1 / len(labels),) * len(labels),) * len(texts))

    monkeypatch.setattr("tl_core.jobs.predictions.ask", ask)
    monkeypatch.setattr("tl_core.jobs.dry_run.get_ready", lambda workspace: None)
    _forget_cached()
    yield AppTest.from_file(ROUTER, default_timeout=20)
    _forget_cached()


def _forget_cached() -> None:
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def checking(monkeypatch: pytest.MonkeyPatch) -> Checking:
    instead = Checking()
    monkeypatch.setattr("tl_core.jobs.dry_run.start_dry_run", instead.start)
    return instead
