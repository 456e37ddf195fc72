"""A finished run's model as a folder or an archive to take away."""

import shutil
import zipfile
from pathlib import Path

from tl_core.errors import UserError
from tl_core.store.rows import Job
from tl_core.store.workspace import Workspace


def export_folder(model: Path, folder: Path) -> None:
    """Copy a model folder.

    Raises
    ------
    UserError
        If the target exists: nothing is overwritten.
    """
    if folder.exists():
        raise UserError(f"Expected a folder that does not exist yet; {folder.name!r} does.", "Choose another.")
    shutil.copytree(model, folder)


def archive(model: Path, target: Path) -> None:
    """Pack a model folder into one ZIP file, uncompressed: weights hardly shrink."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + ".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as packed:
        for path in sorted(model.rglob("*")):
            packed.write(path, path.relative_to(model))
    unfinished.replace(target)


def carry_out_export(workspace: Workspace, job: Job) -> None:
    """Pack a run's model for download."""
    archive(workspace.run_folder(job.ref_id).model_dir, workspace.output_folder(job.id) / "model.zip")
