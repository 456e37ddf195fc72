"""The phases of jobs on data: noted as a job's progress, and put into words by whoever watches."""

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

from tl_core.errors import CancelledError
from tl_core.jobs.queue import Queue
from tl_core.store.rows import Job
from tl_core.store.tables import JobKind

Report = Callable[[str, int, int], None]
"""Called with a phase and how much of how much of it is done; raises CancelledError to stop the work."""

READING, SCREENING, SPLITTING, LOOKING, WRITING, MENDING, NEAR, TOKENS, LANGUAGES = (
    "Reading",
    "Deciding about every row",
    "Splitting",
    "Looking for problems",
    "Writing the examples",
    "Changing the examples",
    "Looking for near duplicates",
    "Counting tokens",
    "Recognising languages",
)
PHASES: Mapping[JobKind, tuple[str, ...]] = MappingProxyType(
    {
        JobKind.TAKE_IN: (READING, SCREENING, SPLITTING, LOOKING, WRITING),
        JobKind.EXAMINE: (READING, NEAR, TOKENS, LANGUAGES),
        JobKind.FIX: (READING, MENDING, SPLITTING, LOOKING, WRITING),
    }
)
_A_PHASE = 100
_PAUSE_S = 0.3


def quiet(phase: str, num_done: int, num_total: int) -> None:
    """Report to nobody."""


def reporter(queue: Queue, job: Job, should_stop: Callable[[], bool]) -> Report:
    """Make what notes the phases of a job in the queue, a few times a second at most."""
    phases, last_phase, last_note = PHASES[job.kind], "", 0.0

    def report(phase: str, num_done: int, num_total: int) -> None:
        nonlocal last_phase, last_note
        if should_stop():
            raise CancelledError("the work to reach its end")
        if phase == last_phase and time.monotonic() - last_note < _PAUSE_S:
            return
        last_phase, last_note = phase, time.monotonic()
        done = _A_PHASE * phases.index(phase) + _A_PHASE * num_done // max(1, num_total)
        queue.record_progress(job.id, done, _A_PHASE * len(phases))

    return report


def progress_of(job: Job) -> tuple[float, str]:
    """Return how much of a job on data is done, in [0, 1], and the words of its phase."""
    if not job.num_total:
        return 0.0, "Waiting for its turn" if job.pid is None else "Starting"
    phases = PHASES[job.kind]
    place = min(job.num_done // _A_PHASE, len(phases) - 1)
    words = f"{phases[place]}, step {place + 1} of {len(phases)}"
    return job.num_done / job.num_total, words
