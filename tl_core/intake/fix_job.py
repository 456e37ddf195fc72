"""Fixes of a stored dataset: at once, or in a job where that takes long."""

from typing import Any

from tl_core.doctor.examine import examine_all
from tl_core.doctor.fixes import apply_fix
from tl_core.intake.examine_job import near_groups
from tl_core.intake.findings_store import Found, keep_found
from tl_core.intake.intake import Intake, read_intake, split_by, store_intake, usual_rule
from tl_core.jobs import client
from tl_core.jobs.phases import LOOKING, MENDING, READING, SPLITTING, WRITING, Report, quiet
from tl_core.jobs.queue import Queue
from tl_core.schema import DatasetInfo
from tl_core.store.rows import Job
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace

NEEDS_GROUPS = "keep_one_of_near_duplicates"


def mend(workspace: Workspace, intake: Intake, fix: str, report: Report = quiet) -> Intake:
    """Make the next version of a stored dataset by a fix (`FIXES`), split it by the same rule, store both.

    Raises
    ------
    DataError, SplitError
        As `apply_fix` and `split_by` do.
    """
    report(MENDING, 0, 1)
    choices: dict[str, Any] = {}
    if fix == NEEDS_GROUPS:
        choices["near"] = near_groups(
            intake.dataset, lambda _phase, done, total: report(MENDING, done, total)
        )
    dataset = apply_fix(intake.dataset, fix, **choices)
    report(SPLITTING, 0, 1)
    rule = intake.split.info.rule
    chosen = None if rule == usual_rule(intake.dataset) else rule  # the usual one may give way
    split = split_by(dataset, chosen, lambda done, total: report(SPLITTING, done, total))
    report(LOOKING, 0, 1)
    found = Found(findings=tuple(examine_all(dataset, split)), num_seen=dataset.num_examples)
    keep_found(workspace, dataset.info.fingerprint, split.info.hash, "fast", found)
    report(WRITING, 0, 1)
    return store_intake(workspace, Intake(dataset=dataset, split=split))


def submit_mending(workspace: Workspace, fingerprint: str, fix: str) -> Job:
    """Have a stored dataset mended by a job."""
    return client.submit(workspace, JobKind.FIX, fingerprint, {"fix": fix})


def find_mending(workspace: Workspace, fingerprint: str) -> Job | None:
    """Return the last job that mends a dataset."""
    return Queue(workspace.database).find_latest(JobKind.FIX, fingerprint)


def carry_out_mending(workspace: Workspace, job: Job, report: Report) -> None:
    """Mend a stored dataset. Payload: ``fix``. Raises as `mend` does."""
    report(READING, 0, 1)
    mend(workspace, read_intake(workspace, job.ref_id), job.payload["fix"], report)


def next_versions(workspace: Workspace, fingerprint: str) -> list[DatasetInfo]:
    """Return the versions that were made of a dataset, the newest first."""
    return [info for info in workspace.database.list_datasets() if info.parent == fingerprint]
