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
        SQLAlchemy URL (``TL_DATABASE_URL``); an SQLite file inside the workspace if none is given. A
        relative SQLite file is one of the folder in which the first process was started.
    owner
        Whose rows this process sees. A single local owner for now.
    supervisor_idle_s
        Seconds after the last job at which a supervisor without a web server ends itself
        (``TL_SUPERVISOR_IDLE_S``).
    cpu_watts
        What this machine's processor takes at full load (``TL_CPU_WATTS``), for estimates of energy where it
        has no counters that may be read; None if nobody has said.
    data_folder
        Folder on this server whose files and folders anybody may take in as datasets (``TL_DATA_FOLDER``);
        None if nobody has named one.
    """

    workspace: Path
    database_url: str
    owner: str = LOCAL_OWNER
    supervisor_idle_s: float = 60.0
    cpu_watts: float | None = None
    data_folder: Path | None = None

    @classmethod
    def from_environment(cls, workspace: str | Path | None = None) -> "Settings":
        """Read the environment; an explicit ``workspace`` wins over ``TL_WORKSPACE``."""
        from sqlalchemy import make_url  # here: what trains networks needs no database

        data_folder = os.environ.get("TL_DATA_FOLDER")
        root = Path(workspace or os.environ.get("TL_WORKSPACE") or "workspace").expanduser().resolve()
        url = os.environ.get("TL_DATABASE_URL") or f"sqlite:///{root / 'workspace.db'}"
        parsed = make_url(url)
        file = Path(parsed.database or ":memory:")
        is_elsewhere = parsed.get_backend_name() != "sqlite" or str(file).startswith((":memory:", "file:"))
        if not is_elsewhere and not file.is_absolute():
            # Every job's process has a folder of its own to start from.
            url = parsed.set(database=str(file.absolute())).render_as_string(hide_password=False)
        return cls(
            workspace=root,
            database_url=url,
            supervisor_idle_s=float(os.environ.get("TL_SUPERVISOR_IDLE_S", "60")),
            cpu_watts=float(os.environ["TL_CPU_WATTS"]) if os.environ.get("TL_CPU_WATTS") else None,
            data_folder=Path(data_folder).expanduser().resolve() if data_folder else None,
        )

    @property
    def base_models(self) -> Path:
        """Folder of links to local base models, by their content: nothing else knows where they lie."""
        return self.workspace / "base_models"

    @property
    def supervisor_lock(self) -> Path:
        """File that a supervisor locks, and in which it says which process it is."""
        return self.workspace / "supervisor.lock"
