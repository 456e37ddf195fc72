"""What the surroundings decide: where the workspace lies, which database, which hub."""

import os
from dataclasses import dataclass
from pathlib import Path

LOCAL_OWNER = "local"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of one process, read once from its environment.

    Attributes
    ----------
    workspace
        Folder with the database, the datasets and the run folders (``TL_WORKSPACE``).
    database_url
        SQLAlchemy URL (``TL_DATABASE_URL``); an SQLite file inside the workspace if none is given.
    owner
        Whose rows this process sees. A single local owner for now.
    supervisor_idle_s
        Seconds after the last job at which a supervisor without a web server ends itself
        (``TL_SUPERVISOR_IDLE_S``).
    """

    workspace: Path
    database_url: str
    owner: str = LOCAL_OWNER
    supervisor_idle_s: float = 60.0

    @classmethod
    def from_environment(cls, workspace: str | Path | None = None) -> "Settings":
        """Read the environment; an explicit ``workspace`` wins over ``TL_WORKSPACE``."""
        root = Path(workspace or os.environ.get("TL_WORKSPACE") or "workspace").expanduser().resolve()
        return cls(
            workspace=root,
            database_url=os.environ.get("TL_DATABASE_URL") or f"sqlite:///{root / 'workspace.db'}",
            supervisor_idle_s=float(os.environ.get("TL_SUPERVISOR_IDLE_S", "60")),
        )
