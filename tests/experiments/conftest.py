from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.experiments.running import make_workspace
from tests.tiny_models import tiny_model_folder
from tl_core.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = make_workspace(tmp_path / "workspace")
    yield opened
    opened.close()


@pytest.fixture
def base_model(tmp_path: Path) -> Path:
    return tiny_model_folder(tmp_path / "models", "bert")


@pytest.fixture(autouse=True)
def no_supervisor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let jobs that are submitted wait: these tests carry them out themselves."""
    monkeypatch.setattr("tl_core.jobs.client.ensure_supervisor", lambda settings: None)
