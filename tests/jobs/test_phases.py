import dataclasses

import pytest

from tl_core.errors import CancelledError
from tl_core.jobs.queue import PHASES, Queue, progress_of, reporter
from tl_core.schema import State
from tl_core.store.rows import Job
from tl_core.store.tables import JobKind


@pytest.fixture
def job(queue: Queue) -> Job:
    queue.submit(JobKind.EXAMINE, "fingerprint", {})
    claimed = queue.claim([JobKind.EXAMINE])
    assert claimed is not None
    return claimed


def test_a_phase_becomes_a_share_and_words(queue: Queue, job: Job) -> None:
    report = reporter(queue, job, lambda: False)
    report(PHASES[JobKind.EXAMINE][1], 1, 2)
    share, words = progress_of(queue.get(job.id))
    assert share == pytest.approx(1.5 / 4)
    assert words == "Looking for near duplicates, step 2 of 4"


def test_before_the_first_phase_it_waits_or_starts(job: Job) -> None:
    assert progress_of(job) == (0.0, "Queued")
    assert progress_of(dataclasses.replace(job, pid=7)) == (0.0, "Starting")


def test_a_new_phase_is_noted_at_once_and_the_same_one_now_and_then(queue: Queue, job: Job) -> None:
    report = reporter(queue, job, lambda: False)
    first, second = PHASES[JobKind.EXAMINE][:2]
    report(first, 0, 10)
    report(first, 9, 10)
    assert queue.get(job.id).num_done == 0
    report(second, 10, 10)
    assert queue.get(job.id).num_done == 200
    assert progress_of(queue.get(job.id))[0] < 1


def test_work_that_nobody_wants_is_stopped(queue: Queue, job: Job) -> None:
    with pytest.raises(CancelledError):
        reporter(queue, job, lambda: True)(PHASES[JobKind.EXAMINE][0], 0, 1)


@pytest.mark.parametrize("kind", [kind for kind in JobKind if kind.is_on_data])
def test_every_job_on_data_has_phases(queue: Queue, kind: JobKind) -> None:
    queue.submit(kind, "some", {})
    assert [job.kind for job in queue.list_pending(kind)] == [kind]
    assert len(set(PHASES[kind])) == len(PHASES[kind])
    claimed = queue.claim([kind])
    assert claimed is not None
    assert [job.id for job in queue.list_pending(kind)] == [claimed.id]
    queue.finish(claimed.id, State.FINISHED)
    assert queue.list_pending(kind) == []
