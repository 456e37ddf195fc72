"""Opening a workspace whose settings owe nothing to the environment."""

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
    return Workspace.open(make_settings(root, owner))
