"""A finished run's model as a folder or an archive to take away. Without torch."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

from tl_core.errors import UserError
from tl_core.jobs.queue import Queue
from tl_core.store.files import replacing
from tl_core.store.rows import Job
from tl_core.store.workspace import Workspace

ARCHIVE_NAME = "model.zip"

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all)."""


def export_folder(model: Path, folder: Path) -> None:
    """Copy a model folder.

    Raises
    ------
    UserError
        If the target exists: nothing is overwritten.
    """
    refuse_existing(folder)
    shutil.copytree(model, folder)


def refuse_existing(folder: Path) -> None:
    """Make sure that an export overwrites nothing. Raises UserError."""
    if folder.exists():
        raise UserError(
            f"Expected a folder that does not exist yet; {folder.name!r} does.", "Choose another name."
        )


def archive(model: Path, target: Path, name: str, progress: Progress = lambda done, total: None) -> None:
    """Pack a model folder into one ZIP file, uncompressed, because weights hardly shrink.

    Parameters
    ----------
    model
        The folder.
    target
        The archive; it appears whole or not at all.
    name
        Folder inside the archive that holds the files.
    """
    files = [path for path in sorted(model.rglob("*")) if path.is_file()]
    total = sum(path.stat().st_size for path in files)
    done = 0
    with replacing(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as packed:
        for path in files:
            packed.write(path, Path(name) / path.relative_to(model))
            done += path.stat().st_size
            progress(done, total)


def carry_out_export(workspace: Workspace, job: Job) -> None:
    """Pack a run's model for download."""
    queue = Queue(workspace.database)
    archive(
        workspace.finished_model(job.ref_id),
        workspace.output_folder(job.id) / ARCHIVE_NAME,
        name=job.ref_id,
        progress=lambda done, total: queue.record_progress(job.id, done, total),
    )
