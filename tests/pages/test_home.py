from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.fixtures import (
    add_experiment,
    fail_run,
    finish_all,
    runs_of,
    start_run,
    store_sample_dataset,
)
from tests.pages.reading import open_page, targets_of, text_of
from tl_core.errors import NotFoundError
from tl_core.planning.hardware import Hardware
from tl_core.store.workspace import Workspace

MACHINE = Hardware(
    num_cores=2, memory_gib=16, gpu=None, gpu_memory_gib=None, gpu_problem="", torch_version="2.13.0+cpu"
)


def test_an_empty_workspace_offers_a_sample_and_the_own_file(app: AppTest) -> None:
    open_page(app, "home")
    assert app.title[0].value == "What is pretraining worth on your texts?"
    assert "None has finished here yet" in text_of(app)
    assert [button.label for button in app.button] == ["Reviews", "Support messages", "To the data"]
    assert "Latest comparisons" not in text_of(app)


def test_one_click_takes_a_sample_to_its_design(app: AppTest, workspace: Workspace) -> None:
    open_page(app, "home")
    app.button[0].click().run()
    (info,) = workspace.database.list_datasets()
    assert info.name == "reviews_sentiment"
    assert app.title[0].value == "What should be compared?"
    assert app.query_params["dataset"] == info.fingerprint


def test_a_finished_comparison_is_told_and_linked(app: AppTest, workspace: Workspace) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    finish_all(workspace, experiment, fine_tuned=1.0)
    open_page(app, "home")
    assert "more accurate than the same network trained from scratch" in text_of(app)
    assert ("compare", f"experiment={experiment.experiment_id}") in targets_of(app)
    assert "4 of 4 runs finished" in text_of(app)


def test_own_texts_are_asked_for_even_after_others(app: AppTest, workspace: Workspace) -> None:
    open_page(app, "data", dataset=store_sample_dataset(workspace).dataset.info.fingerprint)
    app.query_params.clear()
    open_page(app, "home")
    app.button[2].click().run()
    assert app.title[0].value == "What do your texts look like?"
    assert len(app.get("file_uploader")) == 1


def test_an_experiment_that_cannot_be_read_is_passed_over(
    app: AppTest, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(experiment_id: str, states: object) -> None:
        raise NotFoundError("Expected the record of a run; got nothing.")

    finish_all(workspace, add_experiment(workspace, store_sample_dataset(workspace)))
    monkeypatch.setattr("pages.shared.ways_in.results_of", unreadable)
    open_page(app, "home")
    assert "None has finished here yet" in text_of(app)
    assert "4 of 4 runs finished" in text_of(app)


def test_an_unfinished_comparison_leads_to_its_runs(app: AppTest, workspace: Workspace) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    runs = runs_of(workspace, experiment)
    fail_run(workspace, runs[2])
    start_run(workspace, runs[3])
    open_page(app, "home")
    assert "0 of 4 runs finished, 1 running, 2 queued, 1 failed" in text_of(app)
    assert ("runs", f"experiment={experiment.experiment_id}") in targets_of(app)


def test_an_unusable_gpu_is_explained(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = "Tesla T4 is present but unusable: driver 450, torch 2.13.0 needs 580 or newer."
    monkeypatch.setattr("pages.shared.state.inspect_hardware", lambda: replace(MACHINE, gpu_problem=problem))
    open_page(app, "home")
    assert "Tesla T4 is present but unusable" in app.warning[0].value


def test_without_a_hub_the_models_on_disk_are_named(app: AppTest) -> None:
    open_page(app, "home")
    assert "No model hub is reachable" in text_of(app)
    assert "all-MiniLM-L6" in text_of(app)
