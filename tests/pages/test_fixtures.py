import pytest

from tests.pages.fixtures import (
    add_experiment,
    fail_run,
    finish_all,
    finish_run,
    runs_of,
    start_run,
    store_sample_dataset,
)
from tl_core.results.comparison import gather
from tl_core.schema import State
from tl_core.store.workspace import Workspace


def test_a_finished_experiment_is_read_as_it_was_asked_for(workspace: Workspace) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    finish_all(workspace, experiment, fine_tuned=0.95, scratch=0.5)
    results = gather(workspace, experiment.experiment_id)
    assert results.is_done
    assert results.headline is not None
    assert results.headline.value_a == pytest.approx(17 / 18)
    assert results.headline.value_b == pytest.approx(9 / 18)
    assert results.headline.num_seeds == 2


def test_runs_stand_where_they_were_left(workspace: Workspace) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    queued, failed, running, finished = runs_of(workspace, experiment)
    finish_run(workspace, finished)
    fail_run(workspace, failed)
    start_run(workspace, running)
    states = [run.state for run in gather(workspace, experiment.experiment_id).runs]
    assert states == [State.QUEUED, State.FAILED, State.RUNNING, State.FINISHED]
    assert queued.position == 0
