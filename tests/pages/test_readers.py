import pytest

from pages.ui import readers
from tests.pages.fixtures import add_experiment, finish_run, runs_of, store_sample_dataset
from tl_core.store.run_folder import RunFolder
from tl_core.store.workspace import Workspace


def test_experiments_of_one_name_and_minute_are_told_apart_by_the_end_of_the_id(workspace):
    intake = store_sample_dataset(workspace)
    names = ("mine", "mine", "another")
    made = [add_experiment(workspace, intake, name=name) for name in names]
    titles = readers.titles_of(
        one.model_copy(update={"created_at": made[0].created_at, "name": name})
        for one, name in zip(made, names, strict=True)
    )
    first, second, third = titles.values()
    assert (first[-4:], second[-4:]) == tuple(one.experiment_id[-4:] for one in made[:2])
    assert third.startswith("another · ")
    assert not third.endswith(made[2].experiment_id[-4:])


@pytest.mark.usefixtures("app")
def test_a_run_that_finishes_is_read_and_those_before_it_are_not_read_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    read, read_finished_run = [], readers.read_finished_run

    def count(folder: RunFolder) -> object:
        read.append(folder.path.name)
        return read_finished_run(folder)

    monkeypatch.setattr(readers, "read_finished_run", count)
    for run in runs_of(workspace, experiment):
        finish_run(workspace, run)
        states = readers.states_of(readers.observed_runs(experiment.experiment_id))
        assert run in [one.config for one in readers.results_of(experiment.experiment_id, states).finished]
    assert read == [run.run_id for run in runs_of(workspace, experiment)]
