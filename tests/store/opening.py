"""Opening a workspace whose settings owe nothing to the environment."""

import tempfile
from functools import cache
from pathlib import Path

from tl_core.settings import LOCAL_OWNER, Settings
from tl_core.store.workspace import Workspace


def make_settings(root: Path, owner: str = LOCAL_OWNER, supervisor_idle_s: float = 60.0) -> Settings:
    return Settings(
        workspace=root,
        database_url=f"sqlite:///{root / 'workspace.db'}",
        owner=owner,
        supervisor_idle_s=supervisor_idle_s,
    )


def open_workspace(root: Path, owner: str = LOCAL_OWNER) -> Workspace:
    """Open a workspace; a new one starts with a copy of an empty database, for making one takes long."""
    database = root / "workspace.db"
    if not root.is_file() and not database.exists():
        root.mkdir(parents=True, exist_ok=True)
        database.write_bytes(_empty_database())
    return Workspace.open(make_settings(root, owner))


@cache
def _empty_database() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        Workspace.open(make_settings(Path(folder))).close()
        return (Path(folder) / "workspace.db").read_bytes()
