"""The process of a job on data: it needs no torch, and leaves nothing behind when it is ended by force."""

import os
import tempfile
from collections.abc import Callable, Mapping
from types import MappingProxyType

from tl_core.intake.doctor_jobs import carry_out_examination, carry_out_fix
from tl_core.intake.large_files import carry_out_intake
from tl_core.jobs.queue import Queue, Report, reporter
from tl_core.store.rows import Job
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace

_CARRY_OUT: Mapping[JobKind, Callable[[Workspace, Job, Report], None]] = MappingProxyType(
    {
        JobKind.TAKE_IN: carry_out_intake,
        JobKind.EXAMINE: carry_out_examination,
        JobKind.FIX: carry_out_fix,
    }
)


def carry_out_on_data(workspace: Workspace, job: Job, should_stop: Callable[[], bool]) -> None:
    """Take in an upload, examine a dataset or mend one.

    Raises
    ------
    CancelledError
        If ``should_stop()`` turned true.
    TlError
        As the job's own function does.
    """
    # The supervisor removes the folder that a job starts in, whatever the job's end.
    tempfile.tempdir = os.getcwd()
    _CARRY_OUT[job.kind](workspace, job, reporter(Queue(workspace.database), job, should_stop))
