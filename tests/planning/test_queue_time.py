"""What trains before a plan, with stand-in times for each run and a stand-in clock."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.pages.fixtures import (
    NUM_STEPS,
    STEP_S,
    add_experiment,
    fail_run,
    finish_run,
    make_workspace,
    runs_of,
    start_run,
    store_sample_dataset,
)
from tl_core.intake.intake import Intake
from tl_core.jobs.queue import Queue
from tl_core.planning.estimate import Ahead, queue_ahead
from tl_core.schema import BudgetRule, ExperimentConfig, Span, State
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace

ARMS = ("tfidf", "scratch", "fine_tuned")
SPANS = (Span.of(1.0), Span.of(60.0), Span(low_s=30.0, high_s=120.0))
MOMENT = "2026-11-23T10:00:00+00:00"
STEP_WALL_S = 1.2 * STEP_S
"""A step of the stand-in runs by their clocks, evaluations included."""


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = make_workspace(tmp_path / "workspace")
    yield opened
    opened.close()


@pytest.fixture
def intake(workspace: Workspace) -> Intake:
    return store_sample_dataset(workspace)


def look(workspace: Workspace, own: ExperimentConfig | None = None, after_s: float = 0.0) -> Ahead:
    """Look at the queue ``after_s`` seconds after the run that trains was started."""
    runs = workspace.database.list_runs(own.experiment_id) if own else []
    running = [run for run in workspace.database.list_runs() if run.state is State.RUNNING]
    began = running[0].started_at if running else None
    now = datetime.fromisoformat(began or MOMENT) + timedelta(seconds=after_s)
    return queue_ahead(workspace, lambda _: SPANS, now, runs)


def test_an_empty_queue_keeps_nobody_waiting(workspace: Workspace, intake: Intake) -> None:
    assert look(workspace) == Ahead(num_runs=0, span=Span.of(0.0))
    add_experiment(workspace, intake, ARMS)
    for run in workspace.database.list_runs():
        finish_run(workspace, run.config)
    assert look(workspace) == Ahead(num_runs=0, span=Span.of(0.0))


def test_every_queued_run_of_every_experiment_comes_first(workspace: Workspace, intake: Intake) -> None:
    add_experiment(workspace, intake, ARMS)
    add_experiment(workspace, intake, ARMS)
    assert look(workspace) == Ahead(num_runs=6, span=Span(low_s=2 * 91.0, high_s=2 * 181.0))


def test_what_has_ended_keeps_nobody_waiting(workspace: Workspace, intake: Intake) -> None:
    first, second, _ = runs_of(workspace, add_experiment(workspace, intake, ARMS))
    finish_run(workspace, first)
    fail_run(workspace, second)
    assert look(workspace) == Ahead(num_runs=1, span=SPANS[2])


def test_jobs_of_other_kinds_have_places_of_their_own(workspace: Workspace, intake: Intake) -> None:
    for kind in (JobKind.EXPORT, JobKind.PREDICT_FILE, JobKind.EXAMINE, JobKind.FIX, JobKind.TAKE_IN):
        Queue(workspace.database).submit(kind, "run_1", {})
    assert look(workspace).num_runs == 0


def test_a_run_that_trains_is_taken_at_its_own_pace(workspace: Workspace, intake: Intake) -> None:
    scratch, fine_tuned, tfidf = runs_of(workspace, add_experiment(workspace, intake, ARMS))
    for run in (tfidf, scratch):
        finish_run(workspace, run)
    start_run(workspace, fine_tuned, num_evaluations=5)
    found = look(workspace, after_s=500.0)
    left_s = (NUM_STEPS - 20) * STEP_WALL_S
    assert found.num_runs == 1
    assert found.span is not None
    assert found.span.low_s == found.span.high_s == pytest.approx(left_s)


def test_a_run_without_a_pace_yet_is_taken_as_estimated_less_its_time(
    workspace: Workspace, intake: Intake
) -> None:
    first, second, _ = runs_of(workspace, add_experiment(workspace, intake, ARMS))
    finish_run(workspace, first)
    start_run(workspace, second, num_evaluations=0)
    assert look(workspace, after_s=20.0) == Ahead(
        num_runs=2, span=Span(low_s=40.0 + 30.0, high_s=40.0 + 120.0)
    )
    assert look(workspace, after_s=900.0) == Ahead(num_runs=2, span=SPANS[2]), "nothing is taken back"


def test_a_run_up_to_its_plateau_has_a_least_and_a_most(workspace: Workspace, intake: Intake) -> None:
    (run,) = runs_of(workspace, add_experiment(workspace, intake, ["fine_tuned"], budget=BudgetRule.PLATEAU))
    start_run(workspace, run, num_evaluations=2)
    found = look(workspace).span
    assert found is not None
    assert found.low_s == pytest.approx((NUM_STEPS * 2 / 8 - 8) * STEP_WALL_S)
    assert found.high_s == pytest.approx((NUM_STEPS - 8) * STEP_WALL_S)


def test_own_runs_and_those_behind_them_are_left_out(workspace: Workspace, intake: Intake) -> None:
    add_experiment(workspace, intake, ARMS)
    own = add_experiment(workspace, intake, ARMS)
    add_experiment(workspace, intake, ARMS)
    assert look(workspace, own) == Ahead(num_runs=3, span=Span(low_s=91.0, high_s=181.0))


def test_an_older_experiments_run_that_is_queued_again_comes_first(
    workspace: Workspace, intake: Intake
) -> None:
    old = add_experiment(workspace, intake, ARMS)
    _, failing, _ = runs_of(workspace, old)
    for run in runs_of(workspace, old):
        fail_run(workspace, run) if run == failing else finish_run(workspace, run)
    own = add_experiment(workspace, intake, ARMS)
    assert look(workspace, own).num_runs == 0
    assert Queue(workspace.database).retry(failing.run_id)
    assert look(workspace, own) == Ahead(num_runs=1, span=SPANS[1])


def test_one_run_of_unknown_length_makes_the_wait_unknown_and_is_counted(
    workspace: Workspace, intake: Intake
) -> None:
    known = add_experiment(workspace, intake, ARMS)
    add_experiment(workspace, intake, ["majority"])

    def spans(experiment_id: str) -> tuple[Span, ...] | None:
        return SPANS if experiment_id == known.experiment_id else None

    found = queue_ahead(workspace, spans, datetime.fromisoformat(MOMENT))
    assert found == Ahead(num_runs=4, span=None)


def test_a_run_that_seems_to_train_and_whose_process_is_dead_keeps_nobody_waiting(
    workspace: Workspace, intake: Intake
) -> None:
    experiment = add_experiment(workspace, intake, ARMS)
    assert Queue(workspace.database).claim([JobKind.RUN])
    assert workspace.database.list_runs(experiment.experiment_id)[0].state is State.RUNNING
    assert look(workspace).num_runs == 2
