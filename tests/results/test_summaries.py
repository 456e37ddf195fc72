"""What the list of experiments keeps of each: made anew when its split or the method has moved on."""

import pytest

from tests.pages import fixtures
from tl_core.results.summaries import earlier_result, sum_up
from tl_core.schema import METHOD, ExperimentSummary
from tl_core.store.workspace import Workspace


@pytest.fixture
def finished(workspace: Workspace) -> str:
    experiment = fixtures.add_experiment(workspace, fixtures.store_sample_dataset(workspace), num_seeds=3)
    fixtures.finish_all(workspace, experiment, fine_tuned=0.95, scratch=0.4)
    return experiment.experiment_id


def before(summary: ExperimentSummary, **changes: object) -> ExperimentSummary:
    """Make a summary of the same runs as an earlier version of the method would have left it."""
    return summary.model_copy(update={"method": METHOD - 1, "states": "finished 8", **changes})


def summed(workspace: Workspace) -> ExperimentSummary:
    (entry,) = workspace.database.list_entries()
    return sum_up(workspace, entry)


def test_a_summary_of_an_earlier_method_is_made_anew_and_its_conclusion_kept(
    workspace: Workspace, finished: str
) -> None:
    now = summed(workspace)
    assert (now.method, now.earlier) == (METHOD, None)
    (entry,) = workspace.database.list_entries()
    assert entry.is_summed_up
    old = before(now, states=entry.made_of, gain=0.4, ci95=(0.31, 0.49), status="Statistically clear")
    workspace.database.keep_summary(finished, old)
    (entry,) = workspace.database.list_entries()
    assert not entry.is_summed_up
    anew = sum_up(workspace, entry)
    assert anew.earlier is not None
    assert anew.earlier.method == METHOD - 1
    assert "40.0 points of accuracy (95% interval 31.0 to 49.0). Statistically clear." in anew.earlier.words
    (entry,) = workspace.database.list_entries()
    assert sum_up(workspace, entry).earlier == anew.earlier, "it is not forgotten"


def test_the_same_conclusion_is_not_told_twice(workspace: Workspace, finished: str) -> None:
    now = summed(workspace)
    assert earlier_result(before(now, states=now.states), now) is None
    assert earlier_result(None, now) is None


def test_what_came_of_other_runs_is_no_earlier_conclusion(workspace: Workspace, finished: str) -> None:
    now = summed(workspace)
    assert earlier_result(before(now, states="finished 3", gain=0.4), now) is None
    beside = before(now, states=f"{now.states}; beside 0123456789abcdef", gain=0.4)
    assert earlier_result(beside, now) is not None, "its own runs are the same"
