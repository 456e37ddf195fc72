"""Promises of time beside what the runs took, on a stand-in clock."""

from datetime import datetime, timedelta

import pytest

from tests.store.makers import CREATED_AT, make_experiment, make_run
from tests.store.marking import mark_run
from tests.store.opening import open_workspace
from tl_core.jobs.queue import Queue
from tl_core.schema import Promise, Span, State, Took
from tl_core.store.database import Database
from tl_core.store.rows import PromiseRow
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace


def tell(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Set the clock that the database reads, so many seconds after the promise."""
    moment = datetime.fromisoformat(CREATED_AT) + timedelta(seconds=seconds)
    monkeypatch.setattr("tl_core.store.database.now", moment.isoformat)


def promised(num_runs: int) -> Promise:
    minute = Span.of(60.0)
    return Promise(
        device="cpu",
        work=minute,
        is_measured=True,
        start=Span.of(0.0),
        first_verdict=minute,
        total=minute,
        num_first=2,
        num_runs=num_runs,
    )


def carry_out(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    run_id: str,
    begin_s: float,
    end_s: float,
    state: State,
) -> None:
    tell(monkeypatch, begin_s)
    mark_run(database, run_id, State.RUNNING)
    tell(monkeypatch, end_s)
    mark_run(database, run_id, state)


@pytest.fixture
def promise_kept(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Three runs, promised together at the zero of the clock."""
    tell(monkeypatch, 0.0)
    runs = [make_run(f"run_{index}", index) for index in range(3)]
    workspace.database.add_experiment(make_experiment(), runs, promised(3))
    return workspace.database


def test_a_promise_is_kept_beside_what_the_runs_took_once_all_have_ended(
    promise_kept: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = [(30.0, 40.0), (41.0, 60.0), (90.0, 100.0)]
    for index, (begin_s, end_s) in enumerate(times):
        (row,) = promise_kept.list_promises()
        assert row == PromiseRow(experiment_id="exp_1", promise=promised(3), took=None)
        carry_out(promise_kept, monkeypatch, f"run_{index}", begin_s, end_s, State.FINISHED)
    (row,) = promise_kept.list_promises()
    assert row.took == Took(
        start_s=30.0, first_verdict_s=60.0, total_s=100.0, work_s=10.0 + 19.0 + 10.0, is_whole=True
    )


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
def test_an_experiment_with_a_run_that_did_not_finish_says_so(
    promise_kept: Database, monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    for index, end in enumerate([State.FINISHED, state, State.FINISHED]):
        carry_out(promise_kept, monkeypatch, f"run_{index}", 10.0 * index, 10.0 * index + 5, end)
    (row,) = promise_kept.list_promises()
    assert row.took is not None
    assert not row.took.is_whole


def test_runs_that_were_cancelled_in_the_queue_took_nothing(
    promise_kept: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(monkeypatch, 5.0)
    for index in range(3):
        mark_run(promise_kept, f"run_{index}", State.CANCELLED)
    (row,) = promise_kept.list_promises()
    assert row.took == Took(start_s=0.0, first_verdict_s=5.0, total_s=5.0, work_s=0.0, is_whole=False)


def test_a_run_that_was_deleted_leaves_no_whole_experiment(
    promise_kept: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    promise_kept.delete_run("run_1")
    for run_id in ("run_0", "run_2"):
        carry_out(promise_kept, monkeypatch, run_id, 1.0, 2.0, State.FINISHED)
    (row,) = promise_kept.list_promises()
    assert row.took is not None
    assert not row.took.is_whole


def test_a_clock_that_was_set_back_teaches_nothing(
    promise_kept: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in range(3):
        carry_out(promise_kept, monkeypatch, f"run_{index}", 10.0, -3_600.0, State.FINISHED)
    (row,) = promise_kept.list_promises()
    assert row.took is not None
    assert not row.took.is_whole


def test_what_was_kept_stays_when_a_run_is_done_again_or_the_experiment_is_deleted(
    promise_kept: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in range(3):
        carry_out(promise_kept, monkeypatch, f"run_{index}", 10.0 * index, 10.0 * index + 5, State.FINISHED)
    before = promise_kept.list_promises()
    carry_out(promise_kept, monkeypatch, "run_0", 9_000.0, 9_900.0, State.FINISHED)
    promise_kept.delete_experiment("exp_1")
    assert promise_kept.list_promises() == before


def test_promises_are_the_owners_and_the_newest_comes_first(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = open_workspace(workspace.root, owner="somebody")
    for seconds, database, name in (
        (0, workspace.database, "a"),
        (9, workspace.database, "b"),
        (5, other.database, "c"),
    ):
        tell(monkeypatch, seconds)
        run = make_run(f"run_{name}", experiment_id=f"exp_{name}")
        database.add_experiment(make_experiment(f"exp_{name}"), [run], promised(1))
    assert [row.experiment_id for row in workspace.database.list_promises()] == ["exp_b", "exp_a"]
    other.close()


def test_without_a_promise_none_is_kept(workspace: Workspace) -> None:
    workspace.database.add_experiment(make_experiment(), [make_run()])
    mark_run(workspace.database, "run_1", State.FINISHED)
    assert workspace.database.list_promises() == []


def test_pending_runs_are_listed_across_experiments_in_the_order_of_the_queue(workspace: Workspace) -> None:
    database, queue = workspace.database, Queue(workspace.database)
    for name in "ab":
        runs = [make_run(f"run_{name}{place}", place, f"exp_{name}") for place in range(2)]
        database.add_experiment(make_experiment(f"exp_{name}"), runs)
    job = queue.claim([JobKind.RUN])
    assert job is not None
    queue.claim([JobKind.RUN])
    queue.finish(job.id, State.FINISHED)
    assert [run.run_id for run in database.list_pending_runs()] == ["run_a1", "run_b0", "run_b1"]
