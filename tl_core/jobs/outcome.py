"""How a job's process ended, in words, and making the run folder say the same."""

import contextlib
import signal
from dataclasses import dataclass
from pathlib import Path

from tl_core.errors import TlError
from tl_core.schema import RunFailed, RunRecord, State
from tl_core.store.identifiers import now
from tl_core.store.rows import RunRow
from tl_core.store.run_folder import RunFolder

EXIT_OUT_OF_MEMORY = 75
EXIT_CANCELLED = 76

_MAX_MESSAGE_CHARACTERS = 500
_TAIL_BYTES = 8192


@dataclass(frozen=True)
class Outcome:
    """The end of a process; ``reason`` is `RunFailed`'s, empty if all went well."""

    state: State
    error: str | None = None
    reason: str = ""

    @property
    def is_out_of_memory(self) -> bool:
        """Whether a smaller batch may help."""
        return self.reason == "out_of_memory"


FINISHED = Outcome(State.FINISHED)
OUT_OF_MEMORY = Outcome(State.FAILED, "out of memory", "out_of_memory")
VANISHED = Outcome(State.FAILED, "the process vanished", "signal")
ENDED_WITH_SUPERVISOR = "ended with the supervisor"
"""Error of a run that was cancelled because the supervisor was stopped, not because somebody asked."""


def judge_exit(code: int, log: Path, told: RunFailed | None) -> Outcome:
    """Conclude from a process's exit code.

    Parameters
    ----------
    code
        Exit code; the negative number of a signal that ended the process.
    log
        What the process printed.
    told
        The failure that the process itself wrote into its run folder.
    """
    if code == 0:
        return FINISHED
    if code == EXIT_OUT_OF_MEMORY:
        return OUT_OF_MEMORY
    if code == EXIT_CANCELLED:
        return Outcome(State.CANCELLED, "cancelled", "cancelled")
    if told is not None:
        return _as_told(told)
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:  # real-time signals have no name
            name = f"signal {-code}"
        hint = " (the system may have run out of memory)" if -code == signal.SIGKILL else ""
        return Outcome(State.FAILED, f"killed by {name}{hint}", "signal")
    return Outcome(State.FAILED, _last_line(log) or f"exit code {code}, nothing printed", "exception")


def judge_fault(what: str, error: Exception) -> Outcome:
    """Conclude from an error of the supervisor's own, so that a job's end never depends on its folder."""
    text = " ".join(str(error).split()) or type(error).__name__
    return Outcome(State.FAILED, f"{what}: {text}"[:_MAX_MESSAGE_CHARACTERS], "exception")


def judge_traces(folder: RunFolder | None, told: RunFailed | None) -> Outcome:
    """Conclude from what is left of a process whose exit code went to nobody."""
    if told is not None:
        return _as_told(told)
    record = _read_record(folder) if folder is not None else None
    return FINISHED if record is not None and record.state is State.FINISHED else VANISHED


def settle_folder(folder: RunFolder, run: RunRow, outcome: Outcome, told: RunFailed | None) -> None:
    """Write the end that a process could not write itself: its last event and the state in its record."""
    if outcome.state is State.FINISHED:
        return
    if told is None:
        last = folder.last_event()
        failure = RunFailed(
            seq=last.seq + 1 if last else 0,
            step=last.step if last else 0,
            examples_seen=last.examples_seen if last else 0,
            tokens_seen=last.tokens_seen if last else 0,
            train_s=last.train_s if last else 0.0,
            wall_s=last.wall_s if last else 0.0,
            reason=outcome.reason,
            message=outcome.error or "",
        )
        folder.append_event(failure)
    record = _read_record(folder)
    if record is None:
        record = RunRecord(
            config=run.config, state=State.RUNNING, created_at=run.created_at, started_at=run.started_at
        )
    if record.state is not outcome.state:
        ended = {"state": outcome.state, "error": outcome.error, "finished_at": now()}
        folder.write_record(record.model_copy(update=ended))


def _read_record(folder: RunFolder) -> RunRecord | None:
    """Read what a process has left; None if it wrote no record, or one that is damaged."""
    with contextlib.suppress(TlError):
        return folder.read_record()
    return None


def _as_told(told: RunFailed) -> Outcome:
    state = State.CANCELLED if told.reason == "cancelled" else State.FAILED
    return Outcome(state, told.message, told.reason)


def _last_line(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - _TAIL_BYTES))
            lines = file.read().decode(errors="replace").split("\n")
    except FileNotFoundError:
        return ""
    said = [line.strip() for line in lines if line.strip()]
    return said[-1][:_MAX_MESSAGE_CHARACTERS] if said else ""
