"""Taking in a large upload: a job reads it, makes and splits its dataset, and leaves both to be confirmed.

Both lie in a folder of the upload: the file as a table, which is mapped by whoever shows its columns, and the
dataset with its split, which is moved into its place once the person uses it.
"""

import hashlib
import json
import shutil
from pathlib import Path
from uuid import uuid4

import pyarrow as pa

from tl_core.datasets.dataset import read_dataset, write_dataset
from tl_core.doctor.examine import examine_all
from tl_core.files.formats import is_packed
from tl_core.files.reading import ReadChoices, Table
from tl_core.files.table_cache import keep_table, read_kept_table
from tl_core.intake.intake import Choice, Intake, StoredFindings, keep_findings, make_intake, store_intake
from tl_core.intake.uploads import (
    Proposal,
    Upload,
    guess_choice,
    propose,
    read_upload,
)
from tl_core.jobs import client
from tl_core.jobs.queue import LOOKING, READING, WRITING, Queue, Report
from tl_core.splits.splitting import read_split, write_split
from tl_core.store.files import replacing
from tl_core.store.rows import Job
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace

LARGE_BYTES = 1_000_000
"""Size from which on a file is taken in by a job: below, that takes about a second, a process no less."""
PACKED_FACTOR = 10
"""How much more a packed file counts: archives, workbooks and Parquet files hold several times their size."""
_GUESS, _SPLIT_IN_USE = "guess.json", "split_in_use"


def is_large(workspace: Workspace, upload: Upload) -> bool:
    """Whether an upload, with the person's own test file, is more than a page should read itself."""
    ids = [upload.upload_id, *([upload.test_id] if upload.test_id else [])]
    return sum(_weight(workspace.upload_path(one)) for one in ids) > LARGE_BYTES


def _weight(path: Path) -> int:
    if not path.is_file():
        return 0
    with path.open("rb") as file:
        factor = PACKED_FACTOR if is_packed(file.read(64)) else 1
    return path.stat().st_size * factor


def is_read(workspace: Workspace, upload: Upload) -> bool:
    """Whether a job has read a large upload, so that its columns can be shown."""
    return (_main_place(workspace, upload) / _GUESS).exists()


def is_prepared(workspace: Workspace, upload: Upload) -> bool:
    """Whether a job has made what a large upload would become by what was chosen."""
    return _dataset_place(workspace, upload).exists()


def find_proposal(workspace: Workspace, upload: Upload) -> Proposal | None:
    """Return the columns of a large upload, to be confirmed; None until a job has read it."""
    return _read(workspace, upload) if is_read(workspace, upload) else None


def find_prepared(workspace: Workspace, upload: Upload) -> Intake | None:
    """Return what a large upload would become by what was chosen; None until a job has made it."""
    if not is_prepared(workspace, upload):
        return None
    place = _dataset_place(workspace, upload)
    split_hash = (place / _SPLIT_IN_USE).read_text()
    return Intake(dataset=read_dataset(place), split=read_split(place, split_hash))


def make_or_find_intake(workspace: Workspace, upload: Upload) -> Intake:
    """Return what an upload would become, made anew where it was not prepared.

    Raises
    ------
    DataError, SplitError, NotFoundError
        As `read_upload` and `make_intake` do.
    """
    if prepared := find_prepared(workspace, upload):
        return prepared
    table = read_upload(workspace, upload.upload_id, upload.name, reading=upload.reading)
    test = None
    if upload.test_id:
        test = read_upload(workspace, upload.test_id, upload.test_name or "", reading=_of_test(upload))
    choice = propose(table, upload).choice
    return make_intake(
        table, name=upload.title, choice=choice, rule=upload.rule, test=test, fixes=upload.fixes
    )


def find_intake_job(workspace: Workspace, upload: Upload) -> Job | None:
    """Return the last job that takes in an upload by just these choices."""
    job = Queue(workspace.database).find_latest(JobKind.TAKE_IN, upload.upload_id)
    return job if job is not None and job.payload == _payload(upload) else None


def submit_intake(workspace: Workspace, upload: Upload) -> Job:
    """Have an upload taken in by a job; what was begun for other choices is cancelled."""
    queue = Queue(workspace.database)
    for job in queue.list_pending(JobKind.TAKE_IN):
        if job.ref_id == upload.upload_id:
            queue.request_cancel(job.id)
    return client.submit(workspace, JobKind.TAKE_IN, upload.upload_id, _payload(upload))


def carry_out_intake(workspace: Workspace, job: Job, report: Report) -> None:
    """Read an upload, make its dataset and split, and look for what the fast checks find.

    Payload: ``upload``, with everything that was chosen.

    Raises
    ------
    DataError, SplitError, NotFoundError
        If the file or the chosen columns cannot be used. A table that could be read stays.
    """
    upload = Upload.model_validate(job.payload["upload"])
    _remove_others(workspace, upload)
    report(READING, 0, 2)
    proposal = _read(workspace, upload)
    report(READING, 1, 2)
    test = _read_test(workspace, upload) if upload.test_id else None
    intake = make_intake(
        proposal.table,
        name=upload.title,
        choice=proposal.choice,
        rule=upload.rule,
        test=test,
        fixes=upload.fixes,
        report=report,
    )
    dataset, split = intake.dataset, intake.split
    report(LOOKING, 0, 1)
    found = StoredFindings(findings=tuple(examine_all(dataset, split)), num_seen=dataset.num_examples)
    keep_findings(workspace, dataset.info.fingerprint, split.info.hash, "fast", found)
    report(WRITING, 0, 1)
    _leave(intake, _dataset_place(workspace, upload))


def use_prepared(workspace: Workspace, upload: Upload, intake: Intake) -> None:
    """Store what was prepared, and forget what else was made of the upload."""
    place, target = (
        _dataset_place(workspace, upload),
        workspace.dataset_folder(intake.dataset.info.fingerprint),
    )
    if place.exists() and not target.exists():
        (place / _SPLIT_IN_USE).unlink()
        place.rename(target)
    store_intake(workspace, intake)
    shutil.rmtree(workspace.intake_folder(upload.upload_id), ignore_errors=True)


def _read(workspace: Workspace, upload: Upload) -> Proposal:
    """Read a file and guess its columns, unless both was done for other choices."""
    place = _main_place(workspace, upload)
    if not place.exists():
        table = read_upload(workspace, upload.upload_id, upload.name, reading=upload.reading)
        keep_table(table, place)
        with replacing(place / _GUESS) as file:
            file.write(guess_choice(table).model_dump_json().encode())
        del table  # from here on it is mapped
        pa.default_memory_pool().release_unused()
    guess = Choice.model_validate_json((place / _GUESS).read_bytes())
    return propose(read_kept_table(place), upload, guess)


def _read_test(workspace: Workspace, upload: Upload) -> Table:
    file_id, reading = upload.test_id or "", _of_test(upload)
    place = _table_place(workspace, upload, file_id, reading)
    if not place.exists():
        keep_table(read_upload(workspace, file_id, upload.test_name or "", reading=reading), place)
    return read_kept_table(place)


def _leave(intake: Intake, place: Path) -> None:
    """Write a dataset and its split into a folder that appears whole or not at all."""
    temporary = place.with_name(f".{place.name}.{uuid4().hex}")
    try:
        write_dataset(intake.dataset, temporary)
        write_split(intake.split, temporary)
        (temporary / _SPLIT_IN_USE).write_text(intake.split.info.hash)
        temporary.rename(place)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _remove_others(workspace: Workspace, upload: Upload) -> None:
    """Remove what was made by other choices, or half made: each is as large as the file."""
    kept = {_main_place(workspace, upload)} if is_read(workspace, upload) else set()
    if upload.test_id:
        kept.add(_table_place(workspace, upload, upload.test_id, _of_test(upload)))
    for folder in workspace.intake_folder(upload.upload_id).glob("*"):
        if folder not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def _of_test(upload: Upload) -> ReadChoices:
    return upload.reading.model_copy(update={"sheet": None})


def _payload(upload: Upload) -> dict[str, object]:
    return {"upload": upload.model_dump(mode="json")}


def _main_place(workspace: Workspace, upload: Upload) -> Path:
    return _table_place(workspace, upload, upload.upload_id, upload.reading)


def _table_place(workspace: Workspace, upload: Upload, file_id: str, reading: ReadChoices) -> Path:
    name = _hash([file_id, reading.model_dump(mode="json")])
    return workspace.intake_folder(upload.upload_id) / f"table_{name}"


def _dataset_place(workspace: Workspace, upload: Upload) -> Path:
    return workspace.intake_folder(upload.upload_id) / f"dataset_{_hash(_payload(upload))}"


def _hash(facts: object) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:24]
