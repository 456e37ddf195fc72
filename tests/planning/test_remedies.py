"""What flags call for: the same experiment with more steps, for all arms alike."""

import pytest

from tests.pages.fixtures import add_experiment, make_workspace, store_sample_dataset
from tl_core.planning.plan import find_same
from tl_core.planning.remedies import plan_longer, plan_longer_search, plan_search_of_rates
from tl_core.schema import BudgetRule


@pytest.fixture
def experiment(tmp_path):
    workspace = make_workspace(tmp_path / "workspace")
    yield add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2, train_sizes=[12, 33])
    workspace.close()


def test_longer_means_twice_the_steps_at_every_train_size(experiment):
    longer = plan_longer(experiment)
    for size in (12, 33, 5000):
        assert longer.training.planned_steps(size) == 2 * experiment.training.planned_steps(size)
    assert longer.experiment_id != experiment.experiment_id
    assert longer.name == f"{experiment.name}, twice the steps"
    same = {"arms", "split", "learning_rates", "num_seeds", "train_sizes", "base_model"}
    assert longer.model_dump(include=same) == experiment.model_dump(include=same)


def test_under_the_plateau_budget_it_raises_the_step_limit_alone(experiment):
    training = experiment.training.model_copy(update={"budget": BudgetRule.PLATEAU})
    plateau = experiment.model_copy(update={"training": training})
    longer = plan_longer(plateau)
    assert longer.training.planned_steps(33) == training.planned_steps(33)
    assert longer.training.step_limit(33) == 2 * training.step_limit(33)


def test_searched_rates_and_twice_the_steps_can_be_had_at_once(experiment):
    both = plan_longer_search(experiment)
    assert both.training == plan_longer(experiment).training
    assert both.rate_search == plan_search_of_rates(experiment).rate_search
    assert both.rate_search is not None
    assert find_same(plan_longer_search(experiment), [experiment, both]) == both


def test_the_name_does_not_grow_when_it_is_done_again(experiment):
    assert plan_longer(plan_longer(experiment)).name == f"{experiment.name}, twice the steps"


def test_what_was_queued_is_found_whatever_its_name_and_moment(experiment):
    longer = plan_longer(experiment)
    renamed = longer.model_copy(update={"name": "another"})
    assert find_same(plan_longer(experiment), [experiment, renamed]) == renamed
    assert find_same(plan_longer(longer), [experiment, longer]) is None
