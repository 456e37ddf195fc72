"""A finished run's model as a folder or an archive to take away, verified before it is handed out."""

import contextlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from tl_core.catalogue.local_folders import encoder_folder
from tl_core.errors import UserError
from tl_core.export.card import README, card_of
from tl_core.export.outputs import ARCHIVE_NAME, ExportFormat, Verified, write_verified
from tl_core.export.verification import require_passed, verify_exported, write_expected
from tl_core.jobs.queue import Queue
from tl_core.modality import networks_of
from tl_core.models.facts import loading, note_precision, read_facts, text_source
from tl_core.results.runs import UNREADABLE
from tl_core.store.files import replacing
from tl_core.store.rows import Job
from tl_core.store.workspace import Workspace
from tl_core.words import quoted

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all)."""


def export_model(
    workspace: Workspace, run_id: str, folder: Path, format_: ExportFormat = ExportFormat.HF
) -> Verified:
    """Write a run's model with its card and eight expected answers, and verify it.

    Parameters
    ----------
    folder
        Appears whole and verified, or not at all.

    Raises
    ------
    UserError
        If the target exists, the run has no model, or its files are damaged.
    RunError
        If the export does not answer as the run recorded.
    """
    model = workspace.finished_model(run_id)
    refuse_existing(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as temporary:
        unfinished = Path(temporary) / "model"
        if format_ is ExportFormat.ONNX:
            write_graph(model, unfinished)
        else:
            write_model(model, unfinished)
        write_expected(model, unfinished)
        add_card(workspace, run_id, unfinished)
        verified = verify_exported(workspace, run_id, unfinished)
        require_passed(verified)
        unfinished.rename(folder)
    return verified


def verify_run(workspace: Workspace, run_id: str) -> Verified:
    """Write a finished run's model to a temporary folder and compare its answers with what the run recorded.

    Raises
    ------
    UserError
        If the run has no model, or its files are damaged.
    """
    model = workspace.finished_model(run_id)
    with tempfile.TemporaryDirectory(prefix="tl_verify_") as temporary:
        exported = Path(temporary) / run_id
        write_model(model, exported)
        write_expected(model, exported)
        return verify_exported(workspace, run_id, exported)


def write_model(model: Path, folder: Path) -> None:
    """Write a run's ``model/`` folder as it leaves the workspace: a network in today's layout in any case.

    Raises
    ------
    NotFoundError
        If it is no model folder.
    DamageError
        If a file of it is missing or damaged.
    """
    facts = read_facts(model)
    if facts["kind"] != "neural":
        shutil.copytree(model, folder)
        return
    networks = networks_of(text_source(facts).modality)
    with loading(model):
        networks.save(
            networks.load(model),
            folder,
            base_folder=encoder_folder(model),
            labels=tuple(facts["labels"]),
            limit=facts["max_length"],
            source=text_source(facts) if "texts" in facts else None,
            is_leaving=True,
        )
    if "precision" in facts:
        note_precision(folder, facts["precision"])


def write_graph(model: Path, folder: Path) -> None:
    """Write a run's network in ONNX. Raises UserError if it has none, or its modality writes no graph."""
    facts = read_facts(model)
    if facts["kind"] != "neural":
        raise UserError(
            f"ONNX is for networks, and this model is {quoted(str(facts['kind']))}.",
            "Export it with `--format hf`.",
        )
    networks_of(text_source(facts).modality).write_onnx(model, folder)


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
        raise UserError(f"{quoted(folder.name)} exists already.", "Choose another name for the folder.")


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
    """Export a run's model, verify it, and pack it for download."""
    queue, outputs = Queue(workspace.database), workspace.output_folder(job.id)
    outputs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=outputs, prefix=".model.") as temporary:
        folder = Path(temporary) / job.ref_id
        verified = export_model(workspace, job.ref_id, folder)
        archive(
            folder,
            outputs / ARCHIVE_NAME,
            name=job.ref_id,
            progress=lambda done, total: queue.record_progress(job.id, done, total),
        )
    write_verified(outputs, verified)


def carry_out_verification(workspace: Workspace, job: Job) -> None:
    """Verify a run's model and keep what was found."""
    outputs = workspace.output_folder(job.id)
    outputs.mkdir(parents=True, exist_ok=True)
    write_verified(outputs, verify_run(workspace, job.ref_id))
