from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from tests.store.makers import FINGERPRINT, make_experiment, make_info, make_record, make_run
from tests.store.marking import mark_run
from tests.store.opening import open_workspace
from tl_core.errors import NotFoundError, TlError, UserError
from tl_core.jobs.queue import Queue
from tl_core.schema import METHOD, Annotation, ExperimentSummary, Looks, State
from tl_core.store.database import Database
from tl_core.store.ledger import Ledger
from tl_core.store.rows import EXPERIMENT_COLUMNS, RUN_COLUMNS
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace


@pytest.fixture
def database(workspace: Workspace) -> Database:
    return workspace.database


def add_two_runs(database: Database) -> None:
    runs = [make_run("run_b", position=1), make_run("run_a", position=0)]
    database.add_experiment(make_experiment(), runs)


def test_a_dataset_comes_back_and_is_described_anew_under_the_same_fingerprint(database: Database) -> None:
    database.add_dataset(make_info(name="old.csv"))
    database.add_dataset(make_info(name="new.csv"))
    assert database.get_dataset(FINGERPRINT) == make_info(name="new.csv")
    assert database.list_datasets() == [make_info(name="new.csv")]


def test_an_experiment_queues_its_runs_in_the_order_of_their_positions(database: Database) -> None:
    add_two_runs(database)
    assert database.get_experiment("exp_1") == make_experiment()
    assert database.list_experiments() == [make_experiment()]
    runs = database.list_runs("exp_1")
    assert [run.run_id for run in runs] == ["run_a", "run_b"]
    assert [run.state for run in runs] == [State.QUEUED, State.QUEUED]
    assert runs[0].config == make_run("run_a", position=0)
    job_ids = [run.job_id for run in runs]
    assert job_ids == sorted(job_ids, key=lambda job_id: job_id or 0)
    assert None not in job_ids


def test_an_experiment_that_cannot_be_added_whole_is_not_added(database: Database) -> None:
    with pytest.raises(Exception, match="UNIQUE"):
        database.add_experiment(make_experiment(), [make_run("run_a"), make_run("run_a")])
    assert database.list_experiments() == []
    assert database.list_runs() == []


def test_the_newest_experiment_comes_first(database: Database) -> None:
    database.add_experiment(make_experiment("exp_1", created_at="2026-01-01"), [])
    database.add_experiment(make_experiment("exp_2", created_at="2026-01-02"), [])
    assert [config.experiment_id for config in database.list_experiments()] == ["exp_2", "exp_1"]


def test_those_that_are_put_away_can_be_left_out(database: Database) -> None:
    for identifier in ("exp_1", "exp_2", "exp_3"):
        database.add_experiment(make_experiment(identifier), [])
    database.annotate("exp_1", Annotation(is_archived=True))
    database.annotate("exp_2", Annotation(is_starred=True))
    current = database.list_experiments(with_archived=False)
    assert {config.experiment_id for config in current} == {"exp_2", "exp_3"}
    assert len(database.list_experiments()) == 3


def test_what_was_read_once_is_not_read_again(database: Database) -> None:
    add_two_runs(database)
    first, second = database.list_runs(), database.list_runs()
    assert all(one.config is other.config for one, other in zip(first, second, strict=True))
    assert database.get_experiment("exp_1") is database.list_experiments()[0]


@pytest.mark.parametrize("columns", [RUN_COLUMNS, EXPERIMENT_COLUMNS])
def test_on_postgresql_a_configuration_is_read_as_text_too(columns: Sequence[Any]) -> None:
    assert "AS TEXT)" in str(select(*columns).compile(dialect=postgresql.dialect()))


def test_an_experiment_goes_by_its_new_name(database: Database) -> None:
    add_two_runs(database)
    database.rename_experiment("exp_1", "  second\n try ")
    assert database.get_experiment("exp_1") == make_experiment().model_copy(update={"name": "second try"})
    assert database.list_experiments()[0].name == "second try"
    with pytest.raises(UserError, match="name is empty"):
        database.rename_experiment("exp_1", " \n")
    with pytest.raises(NotFoundError):
        database.rename_experiment("exp_none", "x")


def test_runs_from_before_and_after_a_renaming_are_of_one_experiment(database: Database) -> None:
    database.import_run(make_record(make_run("run_a")), make_experiment())
    database.rename_experiment("exp_1", "second try")
    renamed = make_experiment().model_copy(update={"name": "third"})
    database.import_run(make_record(make_run("run_b", position=1)), renamed)
    assert database.get_experiment("exp_1").name == "second try"
    other = renamed.model_copy(update={"num_seeds": 7})
    with pytest.raises(UserError, match="other settings"):
        database.import_run(make_record(make_run("run_c", position=2)), other)


def test_words_and_summary_stand_beside_an_experiment_and_go_with_it(database: Database) -> None:
    add_two_runs(database)
    (entry,) = database.list_entries()
    assert (entry.annotation, entry.summary) == (Annotation(), None)
    assert (entry.states, entry.is_over, entry.is_summed_up) == ("queued 2", False, False)
    words = Annotation(notes="five seeds next", tags=("paper",), is_starred=True)
    database.annotate("exp_1", words)
    database.keep_summary(
        "exp_1", ExperimentSummary(states="queued 2", gain=0.1, ci95=(0.0, 0.2), method=METHOD)
    )
    (entry,) = database.list_entries()
    assert entry.annotation == words
    assert entry.is_summed_up
    mark_run(database, "run_a", State.FINISHED)
    (entry,) = database.list_entries()
    assert entry.states == "finished 1, queued 1"
    assert not entry.is_summed_up, "the summary is of the runs as they stood"
    mark_run(database, "run_b", State.CANCELLED)
    database.delete_experiment("exp_1")
    database.add_experiment(make_experiment(), [])
    assert database.list_entries()[0].annotation == Annotation()


def test_a_summary_is_stale_once_another_experiment_on_its_split_has_ended(database: Database) -> None:
    for name in ("1", "2"):
        run = make_run(f"run_{name}").model_copy(update={"experiment_id": f"exp_{name}"})
        database.add_experiment(make_experiment(f"exp_{name}"), [run])
    mark_run(database, "run_1", State.FINISHED)
    first = {entry.config.experiment_id: entry for entry in database.list_entries()}["exp_1"]
    assert first.made_of == "finished 1", "the other one has no result yet"
    database.keep_summary("exp_1", ExperimentSummary(states=first.made_of, method=METHOD))

    mark_run(database, "run_2", State.FINISHED)
    entries = {entry.config.experiment_id: entry for entry in database.list_entries()}
    assert not entries["exp_1"].is_summed_up
    assert entries["exp_1"].made_of != entries["exp_2"].made_of
    database.keep_summary("exp_1", ExperimentSummary(states=entries["exp_1"].made_of, method=METHOD))
    assert {e.config.experiment_id: e.is_summed_up for e in database.list_entries()} == {
        "exp_1": True,
        "exp_2": False,
    }
    database.delete_experiment("exp_2")
    (entry,) = database.list_entries()
    assert (entry.made_of, entry.is_summed_up) == ("finished 1", False)


def test_what_was_scored_is_counted_whatever_is_deleted(database: Database) -> None:
    runs = [make_run(f"run_{seed}", position=seed).model_copy(update={"seed": seed}) for seed in range(2)]
    database.add_experiment(make_experiment(), runs)
    later = make_experiment("exp_2", created_at="2100-01-01T00:00:00+00:00")
    split, ledger = runs[0].split_hash, Ledger(database)
    assert ledger.count_looks(split) == Looks(num_experiments=0, num_models=0)
    mark_run(database, "run_0", State.FINISHED)
    mark_run(database, "run_1", State.FAILED)
    assert ledger.count_looks(split) == Looks(num_experiments=1, num_models=1)
    assert ledger.has_earlier_look(later)
    assert not ledger.has_earlier_look(make_experiment())
    database.delete_experiment("exp_1")
    assert ledger.count_looks(split) == Looks(num_experiments=1, num_models=1)
    assert ledger.has_earlier_look(later)
    database.import_run(make_record(make_run("run_9")), make_experiment())
    assert ledger.count_looks(split) == Looks(num_experiments=1, num_models=1), "a run that comes back"


def test_an_experiment_of_another_owner_cannot_be_annotated(workspace: Workspace) -> None:
    add_two_runs(workspace.database)
    stranger = open_workspace(workspace.root, owner="stranger")
    with pytest.raises(NotFoundError):
        stranger.database.annotate("exp_1", Annotation(notes="mine"))
    assert stranger.database.list_entries() == []
    stranger.close()


def test_marking_a_run_notes_when_it_began_and_ended(database: Database) -> None:
    add_two_runs(database)
    mark_run(database, "run_a", State.RUNNING)
    running = database.get_run("run_a")
    assert (running.state, running.finished_at) == (State.RUNNING, None)
    assert running.started_at is not None
    mark_run(database, "run_a", State.FAILED, "diverged")
    failed = database.get_run("run_a")
    assert (failed.state, failed.error, failed.started_at) == (State.FAILED, "diverged", running.started_at)
    assert failed.finished_at is not None
    assert database.get_run("run_b").state is State.QUEUED


@pytest.mark.parametrize(
    "ask",
    [
        lambda database: database.get_dataset("nothing"),
        lambda database: database.get_experiment("nothing"),
        lambda database: database.delete_experiment("nothing"),
        lambda database: database.get_run("nothing"),
        lambda database: mark_run(database, "nothing", State.FAILED),
        lambda database: database.delete_run("nothing"),
    ],
)
def test_an_unknown_id_is_named(database: Database, ask: Callable[[Database], object]) -> None:
    with pytest.raises(NotFoundError, match="There is no .*“nothing”.* in this workspace"):
        ask(database)


def test_removing_an_experiment_removes_its_runs_and_jobs(database: Database) -> None:
    add_two_runs(database)
    assert set(database.delete_experiment("exp_1").run_ids) == {"run_a", "run_b"}
    assert database.list_experiments() == []
    assert database.list_runs() == []
    assert Queue(database).num_pending() == 0


def test_nothing_is_removed_while_any_of_it_is_running(database: Database) -> None:
    add_two_runs(database)
    Queue(database).claim([JobKind.RUN])
    for remove, key in ((database.delete_run, "run_a"), (database.delete_experiment, "exp_1")):
        with pytest.raises(UserError, match="running or in use"):
            remove(key)
    assert len(database.list_runs("exp_1")) == 2


def test_a_run_in_use_by_a_running_export_is_not_removed(database: Database) -> None:
    add_two_runs(database)
    mark_run(database, "run_a", State.FINISHED)
    Queue(database).submit(JobKind.EXPORT, "run_a", {})
    Queue(database).claim([JobKind.EXPORT])
    with pytest.raises(UserError, match="running or in use"):
        database.delete_run("run_a")


def test_an_imported_run_has_its_numbers_and_no_job(database: Database) -> None:
    database.import_run(make_record(), make_experiment())
    run = database.get_run("run_1")
    assert (run.state, run.config, run.job_id) == (State.FINISHED, make_run(), None)
    assert database.get_experiment("exp_1") == make_experiment()
    with pytest.raises(UserError, match="in this workspace already"):
        database.import_run(make_record(), make_experiment())


def test_a_second_run_of_the_same_experiment_can_be_imported(database: Database) -> None:
    database.import_run(make_record(make_run("run_a")), make_experiment())
    database.import_run(make_record(make_run("run_b", position=1)), make_experiment())
    assert [run.run_id for run in database.list_runs("exp_1")] == ["run_a", "run_b"]


def test_a_run_that_never_ended_is_imported_as_failed(database: Database) -> None:
    database.import_run(make_record(state=State.RUNNING), make_experiment())
    assert database.get_run("run_1").state is State.FAILED


def test_a_draft_is_replaced_by_the_next_one(database: Database) -> None:
    database.save_draft("design", {"seeds": 3})
    database.save_draft("design", {"seeds": 5})
    assert database.get_draft("design") == {"seeds": 5}
    assert database.get_draft("data") is None


def test_rows_of_another_owner_are_invisible_and_out_of_reach(workspace: Workspace) -> None:
    mine = workspace.database
    add_two_runs(mine)
    mine.add_dataset(make_info())
    mine.save_draft("design", {"seeds": 3})
    job_id = Queue(mine).submit(JobKind.EXPORT, "run_a", {})

    stranger = open_workspace(workspace.root, owner="stranger")
    theirs, queue = stranger.database, Queue(stranger.database)
    assert theirs.list_datasets() == []
    assert theirs.list_experiments() == []
    assert theirs.list_runs() == theirs.list_runs("exp_1") == []
    assert theirs.get_draft("design") is None
    assert queue.num_pending() == 0
    assert queue.claim(list(JobKind)) is None
    refused: list[Callable[[], object]] = [
        lambda: theirs.get_dataset(FINGERPRINT),
        lambda: theirs.get_experiment("exp_1"),
        lambda: theirs.get_run("run_a"),
        lambda: mark_run(theirs, "run_a", State.FAILED),
        lambda: theirs.delete_run("run_a"),
        lambda: theirs.delete_experiment("exp_1"),
        lambda: theirs.import_run(make_record(make_run("run_a")), make_experiment()),
        lambda: theirs.import_run(make_record(make_run("run_new")), make_experiment()),
        lambda: queue.get(job_id),
        lambda: queue.cancel_run("run_a"),
        lambda: queue.cancel_experiment("exp_1"),
    ]
    for ask in refused:
        with pytest.raises(TlError):
            ask()
    queue.request_cancel(job_id)
    assert not queue.finish(job_id, State.FAILED)
    stranger.close()

    assert Queue(mine).num_pending() == 3
    assert Queue(mine).get(job_id).state is State.QUEUED


def test_two_owners_may_have_the_same_dataset(workspace: Workspace) -> None:
    other = open_workspace(workspace.root, owner="other")
    workspace.database.add_dataset(make_info(name="mine.csv"))
    other.database.add_dataset(make_info(name="theirs.csv"))
    assert workspace.database.get_dataset(FINGERPRINT).name == "mine.csv"
    assert other.database.get_dataset(FINGERPRINT).name == "theirs.csv"
    other.close()
