from pathlib import Path

import pytest

from tests.store.makers import make_record
from tl_core.jobs.outcome import (
    FINISHED,
    OUT_OF_MEMORY,
    VANISHED,
    Outcome,
    judge_exit,
    judge_fault,
    judge_traces,
)
from tl_core.schema import RunFailed, State
from tl_core.store.run_folder import RunFolder


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.txt"
    path.write_text("Traceback (most recent call last):\nValueError: no such thing\n\n")
    return path


def told(reason: str) -> RunFailed:
    return RunFailed(
        seq=3, step=1, examples_seen=1, tokens_seen=1, train_s=1, wall_s=1, reason=reason, message="as told"
    )


@pytest.mark.parametrize(
    ("code", "failure", "expected"),
    [
        (0, None, FINISHED),
        (75, None, OUT_OF_MEMORY),
        (75, told("out_of_memory"), OUT_OF_MEMORY),
        (76, None, Outcome(State.CANCELLED, "cancelled", "cancelled")),
        (1, told("diverged"), Outcome(State.FAILED, "as told", "diverged")),
        (1, told("cancelled"), Outcome(State.CANCELLED, "as told", "cancelled")),
        (1, None, Outcome(State.FAILED, "ValueError: no such thing", "exception")),
        (-11, None, Outcome(State.FAILED, "killed by SIGSEGV", "signal")),
        (-15, None, Outcome(State.FAILED, "killed by SIGTERM", "signal")),
        (-40, None, Outcome(State.FAILED, "killed by signal 40", "signal")),
    ],
)
def test_an_exit_code_is_put_into_words(
    log: Path, code: int, failure: RunFailed | None, expected: Outcome
) -> None:
    assert judge_exit(code, log, failure) == expected


def test_a_process_killed_without_mercy_hints_at_memory(log: Path) -> None:
    assert judge_exit(-9, log, None).error == "killed by SIGKILL (the system may have run out of memory)"


def test_a_silent_failure_names_its_exit_code(tmp_path: Path) -> None:
    (tmp_path / "log.txt").touch()
    assert judge_exit(3, tmp_path / "log.txt", None).error == "exit code 3, nothing printed"


def test_a_log_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert judge_exit(3, tmp_path / "missing.txt", None).error == "exit code 3, nothing printed"


def test_a_fault_is_told_in_one_short_line() -> None:
    outcome = judge_fault("its folder cannot be read", ValueError("no\n  such" + " line" * 200))
    assert (outcome.state, outcome.reason) == (State.FAILED, "exception")
    assert outcome.error is not None
    assert outcome.error.startswith("its folder cannot be read: no such line line")
    assert len(outcome.error) == 500
    assert judge_fault("it stopped", KeyError()).error == "it stopped: KeyError"


def test_without_an_exit_code_the_folder_tells(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run_1")
    assert judge_traces(None, None) == VANISHED
    assert judge_traces(folder, None) == VANISHED
    folder.write_record(make_record(state=State.RUNNING))
    assert judge_traces(folder, None) == VANISHED
    folder.write_record(make_record(state=State.FINISHED))
    assert judge_traces(folder, None) == FINISHED
    assert judge_traces(folder, told("exception")) == Outcome(State.FAILED, "as told", "exception")
