"""A workspace whose database was lost, or is damaged, says so on every page."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.pages.fixtures import add_experiment, finish_all, store_sample_dataset
from tests.pages.reading import open_page, text_of
from tl_core.store.workspace import Workspace

LOST = "of this workspace are not in its database, which was lost or replaced"


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
    for page in ("home", "data", "runs", "compare", "models"):
        assert LOST in text_of(open_page(app, page))
    next(button for button in app.button if button.label == "Take them in").click().run()
    assert LOST not in text_of(app)
    assert "more accurate than" in text_of(open_page(app, "compare", experiment=made.experiment_id))


def test_a_folder_that_cannot_be_taken_in_is_told(app: AppTest, workspace: Workspace) -> None:
    made = add_experiment(workspace, store_sample_dataset(workspace), arms=("scratch", "fine_tuned"))
    finish_all(workspace, made)
    lose_database(workspace)
    broken = sorted((workspace.root / "runs").iterdir())[0]
    (broken / "experiment.json").write_text("torn")
    open_page(app, "runs")
    next(button for button in app.button if button.label == "Take them in").click().run()
    assert f"experiment.json of {broken.name} is damaged" in text_of(app)
    assert "1 run folder of this workspace is not in its database" in text_of(app)


@pytest.mark.parametrize("page", ["home", "data", "design", "runs", "compare", "models", "understand"])
def test_a_damaged_database_is_told_on_every_page(app: AppTest, workspace: Workspace, page: str) -> None:
    lose_database(workspace, b"no database" * 900)
    written = text_of(open_page(app, page))
    assert "The workspace's database is damaged: file is not a database" in written
    assert "python -m tl_core import" in written


def test_a_whole_workspace_says_nothing(app: AppTest, workspace: Workspace) -> None:
    made = add_experiment(workspace, store_sample_dataset(workspace), arms=("scratch", "fine_tuned"))
    finish_all(workspace, made)
    assert "in its database" not in text_of(open_page(app, "runs"))
