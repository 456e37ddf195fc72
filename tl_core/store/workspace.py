"""The workspace: one folder with the database, the datasets and the run folders."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tl_core.errors import NotFoundError, OutsideError, UserError
from tl_core.outside import copy_folder, look_through
from tl_core.schema import State
from tl_core.settings import Settings
from tl_core.store.database import Database
from tl_core.store.engine import open_engine
from tl_core.store.identifiers import WHERE_LISTED, check_id, is_id
from tl_core.store.importing import require_consistent
from tl_core.store.rows import Removed
from tl_core.store.run_folder import RunFolder
from tl_core.words import quoted

_FOLDERS = ("datasets", "runs", "uploads", "outputs", "jobs")


@dataclass(frozen=True)
class Workspace:
    """Where everything lies. Ids are checked, so that none leads outside.

    Methods that take an id raise NotFoundError if it is no such id; a path they return need not exist.
    """

    settings: Settings
    database: Database

    @classmethod
    def open(cls, settings: Settings) -> "Workspace":
        """Make the folders that are missing, and bring the database up to date.

        Raises
        ------
        UserError
            If the workspace may not be written to, or a newer version of this program has made it.
        DamageError
            If its database is damaged.
        """
        try:
            for folder in _FOLDERS:
                (settings.workspace / folder).mkdir(parents=True, exist_ok=True)
            engine = open_engine(settings.database_url, settings.workspace / "database.lock")
        except OSError as error:
            raise UserError(
                f"The workspace {quoted(settings.workspace.name)} cannot be written to: {error.strerror}.",
                "Choose another one with --workspace or TL_WORKSPACE.",
            ) from error
        return cls(settings, Database(engine, settings.owner))

    def close(self) -> None:
        """Close the database's connections."""
        self.database.close()

    @property
    def root(self) -> Path:
        """The workspace's folder."""
        return self.settings.workspace

    def dataset_folder(self, fingerprint: str) -> Path:
        """Folder of a dataset, its split and its caches."""
        return self.root / "datasets" / check_id(fingerprint)

    def run_folder(self, run_id: str) -> RunFolder:
        """Folder of a run."""
        return RunFolder(self.root / "runs" / check_id(run_id))

    def unlisted_runs(self) -> list[str]:
        """Return the ids of run folders that the database does not know, as after it was lost or replaced."""
        folder = self.root / "runs"
        names = [one for one in os.listdir(folder) if is_id(one)] if folder.is_dir() else []
        unknown = set(names) - self.database.known_runs(names)
        return sorted(one for one in unknown if os.path.isfile(folder / one / "run.json"))

    def finished_model(self, run_id: str) -> Path:
        """Model folder of a finished run. Raises NotFoundError if it has not finished or lies nowhere."""
        state = self.database.get_run(run_id).state
        if state is not State.FINISHED:
            raise NotFoundError(
                f"{run_id} ({state.value}) has no model.",
                WHERE_LISTED,
            )
        folder = self.run_folder(run_id).model_dir
        if not folder.is_dir():
            raise NotFoundError(
                f"The model of {run_id} is missing: the run came without it, or the folder is gone.",
                "Choose another run, or train it again.",
            )
        return folder

    def upload_path(self, upload_id: str) -> Path:
        """File that an upload is copied to."""
        return self.root / "uploads" / check_id(upload_id)

    def intake_folder(self, upload_id: str) -> Path:
        """Folder of what was made of a large upload and is not used yet."""
        return self.root / "intakes" / check_id(upload_id)

    def findings_path(self, fingerprint: str, split_hash: str, kind: Literal["fast", "slow"]) -> Path:
        """File of what the fast or the slow checks have found in a dataset and its split."""
        return self.root / "findings" / check_id(fingerprint) / f"{check_id(split_hash)}.{kind}.json"

    def output_folder(self, job_id: int) -> Path:
        """Folder of what a file prediction or an export has made."""
        return self.root / "outputs" / str(int(job_id))

    def scratch_folder(self, job_id: int) -> Path:
        """Empty folder in which a job's process starts, so that no file there is taken for a model."""
        return self.root / "jobs" / str(int(job_id))

    def rate_answer(self, fingerprint: str, key: str) -> Path:
        """Path of what a search for learning rates has found on a dataset; ``key`` is in an id's letters."""
        return self.dataset_folder(fingerprint) / "rates" / f"{check_id(key)}.json"

    def delete_run(self, run_id: str) -> None:
        """Remove a run from database and disk. Raises NotFoundError, and UserError while it is in use."""
        self._remove_folders(self.database.delete_run(run_id))

    def delete_experiment(self, experiment_id: str) -> None:
        """Remove an experiment and its runs, as `delete_run` does."""
        self._remove_folders(self.database.delete_experiment(experiment_id))

    def import_run(self, folder: Path) -> str:
        """Copy a run folder from elsewhere and add its row; return the run's id.

        A folder that lies in this workspace already is left where it is and only gets its row. No link in it
        is followed, and nothing in it is waited for.

        Raises
        ------
        NotFoundError
            If the folder has no ``run.json`` or no ``experiment.json``.
        DamageError
            If one of them cannot be read.
        OutsideError
            If the folder holds what no run folder does, or tells of a run that cannot be.
        UserError
            If the run is known already, or its folder is here.
        """
        source = RunFolder(folder.expanduser().resolve())
        if source.path.is_dir():
            look_through(source.path)
        record, experiment = source.read_record(), source.read_experiment()
        require_consistent(source.path, record, experiment)
        target = self.run_folder(record.config.run_id).path
        if source.path == target.resolve():
            self.database.import_run(record, experiment)
            return record.config.run_id
        if target.exists():
            raise UserError(
                f"The folder of {target.name} is in this workspace already.",
                "Import that folder itself if the run is missing from the lists.",
            )
        with tempfile.TemporaryDirectory(dir=self.root / "runs", prefix=".import-") as temporary:
            copy = RunFolder(Path(temporary) / source.path.name)
            copy_folder(source.path, copy.path)
            if (copy.read_record(), copy.read_experiment()) != (record, experiment):
                raise OutsideError(
                    f"The run folder {quoted(source.path.name)} changed while it was copied.", "Try again."
                )
            copy.path.replace(target)
        try:
            self.database.import_run(record, experiment)
        except BaseException:
            shutil.rmtree(target)
            raise
        return record.config.run_id

    def _remove_folders(self, removed: Removed) -> None:
        folders = [self.run_folder(run_id).path for run_id in removed.run_ids]
        for folder in [*folders, *map(self.output_folder, removed.job_ids)]:
            shutil.rmtree(folder, ignore_errors=True)
