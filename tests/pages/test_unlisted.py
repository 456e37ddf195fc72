"""A workspace whose database was lost, or is damaged, says so on every page."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.pages.fixtures import add_experiment, finish_all, store_sample_dataset
from tests.pages.reading import figures_of, open_page, plain, text_of
from tl_core.intake.rebuilding import unlisted_sentence
from tl_core.store.workspace import Workspace


def told(app: AppTest) -> list[str]:
    return [plain(one.value) for one in app.warning]


def lose_database(workspace: Workspace, content: bytes | None = None) -> None:
    workspace.close()
    for path in workspace.root.glob("workspace.db*"):
        path.unlink()
    if content is not None:
        (workspace.root / "workspace.db").write_bytes(content)
    st.cache_resource.clear()


@pytest.mark.parametrize("content", [None, b""])
def test_lost_runs_are_told_on_every_page_and_taken_in_by_a_click(
    app: AppTest, workspace: Workspace, content: bytes | None
) -> None:
    made = add_experiment(workspace, store_sample_dataset(workspace), arms=("scratch", "fine_tuned"))
    finish_all(workspace, made, fine_tuned=0.9)
    lose_database(workspace, content)
    for page in ("home", "data", "runs", "results", "models"):
        assert told(open_page(app, page)) == [unlisted_sentence(2)]
    next(button for button in app.button if button.label == "Take them in").click().run()
    assert told(app) == []
    assert figures_of(open_page(app, "results", experiment=made.experiment_id))


def test_a_folder_that_cannot_be_taken_in_is_told(app: AppTest, workspace: Workspace) -> None:
    made = add_experiment(workspace, store_sample_dataset(workspace), arms=("scratch", "fine_tuned"))
    finish_all(workspace, made)
    lose_database(workspace)
    broken = sorted((workspace.root / "runs").iterdir())[0]
    (broken / "experiment.json").write_text("torn")
    open_page(app, "runs")
    next(button for button in app.button if button.label == "Take them in").click().run()
    assert f"experiment.json of {broken.name} is damaged" in text_of(app)
    assert told(app) == [unlisted_sentence(1)]


@pytest.mark.parametrize("page", ["home", "data", "setup", "runs", "results", "models", "learn"])
def test_a_damaged_database_is_told_on_every_page(app: AppTest, workspace: Workspace, page: str) -> None:
    lose_database(workspace, b"no database" * 900)
    (error,) = open_page(app, page).error
    assert "file is not a database" in error.value
    assert "python -m tl_core import" in plain(error.value)


def test_a_whole_workspace_says_nothing(app: AppTest, workspace: Workspace) -> None:
    made = add_experiment(workspace, store_sample_dataset(workspace), arms=("scratch", "fine_tuned"))
    finish_all(workspace, made)
    assert told(open_page(app, "runs")) == []
