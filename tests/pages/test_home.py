import re
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.base_models import hub_sentence
from samples.pack import pack
from tests.pages.checking import Checking
from tests.pages.fixtures import (
    add_experiment,
    fail_run,
    finish_all,
    make_workspace,
    runs_of,
    start_run,
    store_sample_dataset,
)
from tests.pages.reading import (
    figures_of,
    headline_of,
    open_page,
    page_of,
    plain,
    query_of,
    says,
    targets_of,
    text_of,
)
from tl_core.errors import NotFoundError
from tl_core.intake.bundled import SAMPLES, read_sample
from tl_core.intake.intake import store_dataset
from tl_core.planning.machine import Hardware
from tl_core.schema import ExperimentConfig, State
from tl_core.store.workspace import Workspace

MACHINE = Hardware(
    num_cores=2, memory_gib=16, gpu=None, gpu_memory_gib=None, gpu_problem="", torch_version="2.13.0+cpu"
)


@pytest.fixture
def example(bundle: Path, tmp_path: Path) -> ExperimentConfig:
    """A bundled comparison on the sample of reviews."""
    made = make_workspace(tmp_path / "made")
    intake = store_dataset(made, read_sample(SAMPLES["reviews_sentiment"]).dataset)
    experiment = add_experiment(made, intake, arms=("scratch", "fine_tuned"))
    finish_all(made, experiment, fine_tuned=0.9)
    pack(made, experiment.experiment_id, bundle)
    made.close()
    return experiment


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def test_an_empty_workspace_offers_the_samples_with_their_time_and_the_own_file(app: AppTest) -> None:
    open_page(app, "home")
    assert page_of(app) == "home"
    assert not figures_of(app), "no comparison to show"
    assert [button.label for button in app.button] == [
        "Upload CSV",
        "Start reviews",
        "Start support messages",
        "Start drawings",
    ]
    assert re.search(
        r"\b12 runs\b.*until it stops improving\. First result in .* minutes?, done in .* minutes",
        text_of(app),
    )
    assert "Recent experiments" not in text_of(app)


def test_behind_a_queue_the_samples_say_when_they_would_start(app: AppTest, workspace: Workspace) -> None:
    add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    open_page(app, "home")
    assert re.search(r"\b6 queued runs \(.+ min\)\. 12 runs\b", text_of(app))


def test_one_click_starts_a_samples_quick_comparison_once_every_arm_has_passed(
    app: AppTest, workspace: Workspace, checking: Checking, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr("tl_core.jobs.client.ensure_supervisor", started.append)
    open_page(app, "home")
    press(app, "Start reviews")
    (experiment,) = workspace.database.list_experiments()
    assert checking.num_started == 1
    assert (experiment.name, experiment.preset.value) == ("reviews_sentiment", "quick")
    assert {run.state for run in workspace.database.list_runs()} == {State.QUEUED}
    assert [info.name for info in workspace.database.list_datasets()] == ["reviews_sentiment"]
    assert {settings.workspace for settings in started} == {workspace.root}
    assert page_of(app) == "runs"
    assert query_of(app, "experiment") == experiment.experiment_id


def test_a_sample_being_checked_can_be_cancelled_and_queues_nothing(
    app: AppTest, workspace: Workspace, checking: Checking
) -> None:
    checking.problems = None
    open_page(app, "home")
    press(app, "Start reviews")
    assert len(app.get("progress")) == 1
    assert "Start reviews" not in [button.label for button in app.button]
    press(app, "Cancel the check")
    assert checking.was_cancelled
    assert "Start reviews" in [button.label for button in app.button]
    assert workspace.database.list_runs() == []


def test_a_sample_whose_arm_cannot_run_says_so_and_queues_nothing(
    app: AppTest, workspace: Workspace, checking: Checking
) -> None:
    checking.problems = {"scratch": "The loss became nan."}
    open_page(app, "home")
    press(app, "Start reviews")
    assert app.error[0].value.startswith("**From scratch ")
    assert checking.problems["scratch"] in plain(app.error[0].value)
    assert workspace.database.list_runs() == []


def test_a_sample_under_way_is_watched_and_not_started_again(
    app: AppTest, workspace: Workspace, checking: Checking
) -> None:
    open_page(app, "home")
    press(app, "Start reviews")
    (experiment,) = workspace.database.list_experiments()
    app.query_params.clear()
    open_page(app, "home")
    assert [button.label for button in app.button] == [
        "Upload CSV",
        "Start support messages",
        "Start drawings",
    ]
    assert "0 of 12 done, 12 waiting" in text_of(app)
    assert ("runs", f"experiment={experiment.experiment_id}") in targets_of(app)


def test_a_fresh_workspace_shows_the_bundled_comparison_and_says_how_it_was_made(
    app: AppTest, workspace: Workspace, example: ExperimentConfig
) -> None:
    open_page(app, "home")
    verdict = headline_of(workspace, example)
    assert f"{100 * verdict.difference:.1f} points" in text_of(app)
    assert "reviews_sentiment, example of " in text_of(app)
    assert ("results", f"experiment={example.experiment_id}") in targets_of(app)
    assert len(figures_of(app)) == 1
    assert "Recent experiments" not in text_of(app)


def test_a_persons_own_finished_comparison_is_shown_before_the_bundled_one(
    app: AppTest, workspace: Workspace, example: ExperimentConfig
) -> None:
    own = add_experiment(workspace, store_sample_dataset(workspace))
    finish_all(workspace, own, fine_tuned=1.0)
    open_page(app, "home")
    assert [target for target in targets_of(app) if target[0] == "results"][0] == (
        "results",
        f"experiment={own.experiment_id}",
    )


def test_removed_examples_stay_away(app: AppTest, workspace: Workspace, example: ExperimentConfig) -> None:
    open_page(app, "home")
    press(app, "Remove them")
    assert workspace.database.list_experiments() == []
    assert not figures_of(app)
    open_page(app, "home")
    assert workspace.database.list_experiments() == []


def test_a_bundle_that_cannot_be_read_keeps_no_one_from_home(
    app: AppTest, workspace: Workspace, example: ExperimentConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(workspace: Workspace) -> None:
        raise NotFoundError("The record of the run is empty.")

    monkeypatch.setattr("pages.cards.home.start.bring_in_examples", unreadable)
    open_page(app, "home")
    assert not figures_of(app)
    assert "Start reviews" in [button.label for button in app.button]


def test_a_finished_comparison_is_told_and_linked(app: AppTest, workspace: Workspace) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    finish_all(workspace, experiment, fine_tuned=1.0)
    open_page(app, "home")
    verdict = headline_of(workspace, experiment)
    assert f"{100 * verdict.difference:.1f} points" in text_of(app)
    assert says(app, verdict.status.words)
    assert ("results", f"experiment={experiment.experiment_id}") in targets_of(app)
    assert "4 of 4 done" in text_of(app)


def test_own_texts_are_asked_for_even_after_others(app: AppTest, workspace: Workspace) -> None:
    open_page(app, "data", dataset=store_sample_dataset(workspace).dataset.info.fingerprint)
    app.query_params.clear()
    open_page(app, "home")
    press(app, "Upload CSV")
    assert page_of(app) == "data"
    assert len(app.get("file_uploader")) == 2


def test_an_experiment_that_cannot_be_read_is_passed_over(
    app: AppTest, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(experiment_id: str, states: object) -> None:
        raise NotFoundError("The record of the run is empty.")

    finish_all(workspace, add_experiment(workspace, store_sample_dataset(workspace)))
    monkeypatch.setattr("pages.cards.home.start.results_of", unreadable)
    open_page(app, "home")
    assert not figures_of(app)
    assert "4 of 4 done" in text_of(app)


def test_an_unfinished_comparison_leads_to_its_runs(app: AppTest, workspace: Workspace) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    runs = runs_of(workspace, experiment)
    fail_run(workspace, runs[2])
    start_run(workspace, runs[3])
    open_page(app, "home")
    assert "0 of 4 done, 1 training, 2 waiting, 1 failed" in text_of(app)
    assert ("runs", f"experiment={experiment.experiment_id}") in targets_of(app)


def test_an_unusable_gpu_is_explained(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = "Tesla T4 has a problem."
    monkeypatch.setattr("pages.ui.session.inspect_hardware", lambda: replace(MACHINE, gpu_problem=problem))
    open_page(app, "home")
    assert plain(app.warning[0].value) == problem


def test_without_a_hub_the_models_on_disk_are_named(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.ui.base_models.hub_state", lambda: False)
    open_page(app, "home")
    assert hub_sentence(False) in text_of(app)
    assert "all-MiniLM-L6" in hub_sentence(False)
