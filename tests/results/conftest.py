from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages.fixtures import make_workspace
from tl_core.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = make_workspace(tmp_path / "workspace")
    yield opened
    opened.close()
