"""Why runs have failed, in words and with what to do."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tl_core.errors import DivergedError, TlError
from tl_core.schema import RunFailed, State
from tl_core.store.rows import RunRow
from tl_core.store.workspace import Workspace

_WORDS = {
    "diverged": ("diverged", DivergedError.usual_remedy),
    "out_of_memory": ("ran out of memory", "Choose a smaller batch or fewer tokens a text."),
    "signal": ("was ended from outside", "Run it again; if that repeats, the machine may lack memory."),
    "exception": ("ended with an error", "Its log says where."),
}


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One way in which runs have failed.

    Attributes
    ----------
    words
        What happened, to follow the runs' names.
    message
        What the run or the system said.
    attempts
        The most attempts that one of the runs took.
    """

    runs: tuple[RunRow, ...]
    words: str
    message: str
    attempts: int
    remedy: str


def find_failures(workspace: Workspace, runs: Iterable[RunRow]) -> list[Failure]:
    """Group the failed runs by what happened to them."""
    groups: dict[tuple[str, str], list[RunRow]] = {}
    for run in runs:
        if run.state is not State.FAILED:
            continue
        reason, message = "signal", run.error or "nobody saw its end"
        last = workspace.run_folder(run.run_id).last_event()
        if isinstance(last, RunFailed):
            reason, message = last.reason, last.message
        groups.setdefault((reason, message), []).append(run)

    failures = []
    for (reason, message), group in groups.items():
        words, remedy = _WORDS.get(reason, _WORDS["exception"])
        attempts = max(_num_attempts(workspace, run) for run in group)
        failures.append(
            Failure(runs=tuple(group), words=words, message=message, attempts=attempts, remedy=remedy)
        )
    return failures


def _num_attempts(workspace: Workspace, run: RunRow) -> int:
    with contextlib.suppress(TlError):  # a run that was ended early may have left no record, or half of one
        return workspace.run_folder(run.run_id).read_record().attempts
    return 1


def name_runs(runs: Iterable[RunRow], arm_names: Mapping[str, str]) -> str:
    """Name runs briefly: ``From scratch, seeds 0 and 2; TF-IDF, seed 0``."""
    seeds: dict[str, list[str]] = {}
    for run in runs:
        seeds.setdefault(arm_names[run.config.arm.name], []).append(str(run.config.seed))
    return "; ".join(
        f"{label}, {name_seeds(sorted(set(numbers), key=int))}" for label, numbers in seeds.items()
    )


def name_seeds(numbers: Sequence[str]) -> str:
    """Write seed indices: ``seed 0``, ``seeds 0, 1 and 2``."""
    if len(numbers) == 1:
        return f"seed {numbers[0]}"
    return f"seeds {', '.join(numbers[:-1])} and {numbers[-1]}"
