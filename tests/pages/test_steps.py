"""The tabs of an experiment: what each step has come to."""

from streamlit.testing.v1 import AppTest

from pages.ui.steps import DONE, LATER, NEXT, Subject, find_steps
from tests.pages.fixtures import (
    add_experiment,
    fail_run,
    finish_all,
    finish_run,
    runs_of,
    start_run,
    store_other_dataset,
    store_sample_dataset,
)
from tests.pages.reading import open_page, tabs_of, targets_with_tabs
from tl_core.schema import ExperimentConfig
from tl_core.store.workspace import Workspace


def tabs(app: AppTest, page: str = "runs", **query: str) -> dict[str, tuple[str, str]]:
    """Open a page; return icon and tooltip of each tab, by the page it leads to."""
    app.query_params.clear()
    open_page(app, page, **query)
    return {page: (icon, words) for page, icon, words in tabs_of(app)}


def words_of(workspace: Workspace, experiment: ExperimentConfig) -> dict[str, tuple[bool, str]]:
    runs = tuple(workspace.database.list_runs(experiment.experiment_id))
    return {
        step.page: (step.is_done, step.words)
        for step in find_steps(Subject(experiment=experiment, runs=runs))
    }


def test_a_fresh_start_says_what_each_step_waits_for(app: AppTest) -> None:
    assert tabs(app) == {
        "setup": (NEXT, "Waits for data"),
        "runs": (LATER, "Nothing started yet"),
        "results": (LATER, "Waits for runs"),
        "try_it": (LATER, "Waits for a model"),
    }


def test_a_chosen_dataset_leads_to_setup(app: AppTest, workspace: Workspace) -> None:
    fingerprint = store_sample_dataset(workspace).dataset.info.fingerprint
    assert tabs(app, "setup", dataset=fingerprint)["setup"] == (NEXT, "Choose what to compare")


def test_pages_of_no_experiment_have_no_tabs(app: AppTest, workspace: Workspace) -> None:
    add_experiment(workspace, store_sample_dataset(workspace))
    for page in ("home", "experiments", "data", "models", "learn"):
        assert tabs(app, page) == {}, page


def test_a_running_experiment_is_counted(app: AppTest, workspace: Workspace) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    runs = runs_of(workspace, experiment)
    finish_run(workspace, runs[0])
    fail_run(workspace, runs[1])
    start_run(workspace, runs[2])
    found = tabs(app, experiment=experiment.experiment_id)
    assert found["setup"] == (DONE, "4 models, 2 seeds")
    assert found["runs"] == (NEXT, "1 of 6 done, 1 training, 3 waiting, 1 failed")
    assert found["results"][0] == LATER
    assert found["try_it"][0] == DONE, "the run that has finished can be asked already"


def test_every_tab_follows_the_experiment_and_setup_its_dataset(app: AppTest, workspace: Workspace) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    other = store_other_dataset(workspace).dataset.info
    app.session_state["current_dataset"] = other.fingerprint
    tabs(app, experiment=experiment.experiment_id)
    links = dict(targets_with_tabs(app))
    of_experiment = f"experiment={experiment.experiment_id}"
    assert links["setup"] == f"{of_experiment}&dataset={experiment.dataset_fingerprint}"
    assert {links[page] for page in ("runs", "results", "try_it")} == {of_experiment}


def test_an_experiment_is_found_by_the_session(app: AppTest, workspace: Workspace) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    tabs(app, experiment=experiment.experiment_id)
    assert tabs(app)["runs"][1] == "0 of 4 done, 4 waiting"


def test_other_data_leave_the_old_experiment_behind(app: AppTest, workspace: Workspace) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    other = store_other_dataset(workspace).dataset.info
    app.session_state["current_experiment"] = experiment.experiment_id
    assert tabs(app, "setup", dataset=other.fingerprint)["setup"] == (NEXT, "Choose what to compare")


def test_the_verdict_step_counts_the_seeds_that_the_headline_pair_shares(workspace: Workspace) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    for run in runs_of(workspace, experiment)[:4]:
        finish_run(workspace, run)
    is_done, words = words_of(workspace, experiment)["results"]
    assert is_done
    assert "1 of 2 seeds" in words
    for run in runs_of(workspace, experiment)[4:]:
        finish_run(workspace, run)
    steps = words_of(workspace, experiment)
    assert steps["results"] == (True, words.replace("1 of 2", "2 of 2"))
    assert steps["runs"][0]
    assert "6 of 6 done" in steps["runs"][1]


def test_arms_that_run_once_count_for_every_seed(workspace: Workspace) -> None:
    experiment = add_experiment(
        workspace, store_sample_dataset(workspace), arms=("majority", "tfidf"), num_seeds=3
    )
    finish_all(workspace, experiment)
    is_done, words = words_of(workspace, experiment)["results"]
    assert is_done
    assert "3 of 3 seeds" in words


def test_runs_without_a_result_leave_nothing_to_compare(workspace: Workspace) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace), arms=("scratch", "fine_tuned"))
    for run in runs_of(workspace, experiment):
        fail_run(workspace, run)
    steps = words_of(workspace, experiment)
    assert {page: is_done for page, (is_done, _) in steps.items()} == {
        "setup": True,
        "runs": True,
        "results": False,
        "try_it": False,
    }
    assert "0 of 2 done" in steps["runs"][1]
    empty = words_of(workspace, add_experiment(workspace, store_sample_dataset(workspace)))
    assert steps["results"][1] != empty["results"][1], "they will not come any more"


def test_models_with_weights_can_be_asked(app: AppTest, workspace: Workspace) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    finish_all(workspace, experiment)
    runs = runs_of(workspace, experiment)
    for run in runs:
        workspace.run_folder(run.run_id).model_dir.rmdir()
    assert tabs(app, experiment=experiment.experiment_id)["try_it"] == (NEXT, "No model was kept")
    for run in runs[2:]:
        workspace.run_folder(run.run_id).model_dir.mkdir()
    assert tabs(app, experiment=experiment.experiment_id)["try_it"] == (DONE, "2 models ready")
