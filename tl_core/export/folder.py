"""A finished run's model as a folder or an archive to take away, with its model card. Without torch."""

import contextlib
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

from tl_core.errors import UserError
from tl_core.export.card import README, card_of
from tl_core.jobs.queue import Queue
from tl_core.results.runs import UNREADABLE
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


def add_card(workspace: Workspace, run_id: str, folder: Path) -> None:
    """Put a run's card in the place of the README of an exported folder, whose lines it keeps."""
    card = find_card(workspace, run_id, folder)
    if card is not None:
        (folder / README).write_text(card, encoding="utf-8")


def find_card(workspace: Workspace, run_id: str, folder: Path | None = None) -> str | None:
    """Write a run's card; None if its record is damaged, which keeps no model from being taken away."""
    with contextlib.suppress(*UNREADABLE):
        return card_of(workspace, run_id, folder)
    return None


def refuse_existing(folder: Path) -> None:
    """Make sure that an export overwrites nothing. Raises UserError."""
    if folder.exists():
        raise UserError(
            f"Expected a folder that does not exist yet; {folder.name!r} does.", "Choose another name."
        )


def archive(
    model: Path,
    target: Path,
    name: str,
    card: str | None = None,
    progress: Progress = lambda done, total: None,
) -> None:
    """Pack a model folder into one ZIP file, uncompressed, because weights hardly shrink.

    Parameters
    ----------
    model
        The folder.
    target
        The archive; it appears whole or not at all.
    name
        Folder inside the archive that holds the files.
    card
        What stands in the place of the model's README.
    """
    files = [path for path in sorted(model.rglob("*")) if path.is_file()]
    if card is not None:
        files = [path for path in files if path != model / README]
    total = sum(path.stat().st_size for path in files)
    done = 0
    with replacing(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as packed:
        for path in files:
            packed.write(path, Path(name) / path.relative_to(model))
            done += path.stat().st_size
            progress(done, total)
        if card is not None:
            packed.writestr(str(Path(name) / README), card)


def carry_out_export(workspace: Workspace, job: Job) -> None:
    """Pack a run's model with its card for download."""
    queue = Queue(workspace.database)
    archive(
        workspace.finished_model(job.ref_id),
        workspace.output_folder(job.id) / ARCHIVE_NAME,
        name=job.ref_id,
        card=find_card(workspace, job.ref_id),
        progress=lambda done, total: queue.record_progress(job.id, done, total),
    )
