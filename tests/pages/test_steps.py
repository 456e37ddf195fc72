from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.ui.steps import Subject, find_steps
from tests.pages.fixtures import (
    add_experiment,
    fail_run,
    finish_all,
    finish_run,
    runs_of,
    start_run,
    store_sample_dataset,
)
from tl_core.schema import ExperimentConfig
from tl_core.store.workspace import Workspace


def script() -> None:
    import streamlit as st

    from pages.ui.steps import draw_path

    with st.sidebar:
        draw_path()


@pytest.fixture
def sidebar(workspace: Workspace) -> Iterator[AppTest]:
    """The path alone, drawn by a script of its own."""
    st.cache_resource.clear()
    yield AppTest.from_function(script)
    st.cache_resource.clear()


def lines_of(sidebar: AppTest, **query: str) -> list[str]:
    sidebar.query_params.clear()
    sidebar.query_params.update(query)
    sidebar.run()
    assert not sidebar.exception
    written = [element.value.replace("\\", "") for element in sidebar.sidebar.markdown]
    return [line.split("] ", 1)[-1].rstrip("]") for line in written if ":small[" in line]


def marks_of(sidebar: AppTest) -> list[str]:
    lines = [element.value for element in sidebar.sidebar.markdown if ":small[" in element.value]
    return [line.partition("material/")[2].partition(":")[0] for line in lines]


def expected(subject: Subject) -> list[str]:
    return [f"{step.title} · {step.words}" for step in find_steps(subject)]


def words_of(workspace: Workspace, experiment: ExperimentConfig) -> dict[str, tuple[bool, str]]:
    runs = tuple(workspace.database.list_runs(experiment.experiment_id))
    return {
        step.page: (step.is_done, step.words)
        for step in find_steps(Subject(experiment=experiment, runs=runs))
    }


def test_a_fresh_start_says_what_each_step_waits_for(sidebar: AppTest) -> None:
    assert lines_of(sidebar) == [
        "Data · bring a CSV or take a sample",
        "Design · waits for texts",
        "Runs · nothing started yet",
        "Compare · waits for runs",
        "Try it · waits for a model",
    ]


def test_a_chosen_dataset_leads_to_design(sidebar: AppTest, workspace: Workspace) -> None:
    fingerprint = store_sample_dataset(workspace).dataset.info.fingerprint
    lines = lines_of(sidebar, dataset=fingerprint)
    assert "small reviews, 60 texts" in lines[0]
    assert marks_of(sidebar) == ["check_circle", "pending", *["radio_button_unchecked"] * 3]


def test_an_upload_waits_for_its_columns(sidebar: AppTest) -> None:
    waiting, empty = expected(Subject(has_upload=True)), expected(Subject())
    assert lines_of(sidebar, upload="upload_1")[0] == waiting[0] != empty[0]


def test_the_page_shown_is_marked_in_words(sidebar: AppTest) -> None:
    sidebar.session_state["place"] = "runs"
    lines = lines_of(sidebar)
    assert [position for position, line in enumerate(lines) if ", here" in line] == [2]
    assert lines[2].startswith("**Runs**, here")


def test_a_running_experiment_is_counted(sidebar: AppTest, workspace: Workspace) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    runs = runs_of(workspace, experiment)
    finish_run(workspace, runs[0])
    fail_run(workspace, runs[1])
    start_run(workspace, runs[2])
    lines = lines_of(sidebar, experiment=experiment.experiment_id)
    assert "4 arms, 2 seeds" in lines[1]
    assert "2 of 6 ended, 1 without a result" in lines[2]
    marks = ["check_circle", "check_circle", "pending", "radio_button_unchecked", "check_circle"]
    assert marks_of(sidebar) == marks, "the run that has finished can be asked already"


def test_an_experiment_is_found_by_its_run_and_remembered_by_the_session(
    sidebar: AppTest, workspace: Workspace
) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    runs = runs_of(workspace, experiment)
    assert lines_of(sidebar, run=runs[0].run_id)[2] == "Runs · 0 of 4 ended"
    sidebar.session_state["current_experiment"] = experiment.experiment_id
    assert lines_of(sidebar)[2] == "Runs · 0 of 4 ended"


def test_after_a_reload_the_newest_experiment_is_taken_up_but_not_where_texts_are_chosen(
    sidebar: AppTest, workspace: Workspace
) -> None:
    add_experiment(workspace, store_sample_dataset(workspace))
    assert lines_of(sidebar)[2] == "Runs · 0 of 4 ended"
    sidebar.session_state["place"] = "data"
    assert lines_of(sidebar)[2] == expected(Subject())[2]


def test_other_texts_leave_the_old_experiment_behind(sidebar: AppTest, workspace: Workspace) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    sidebar.session_state["current_experiment"] = experiment.experiment_id
    lines = lines_of(sidebar, upload="upload_1")
    assert lines == expected(Subject(has_upload=True))


def test_wrong_ids_draw_an_empty_path(sidebar: AppTest) -> None:
    assert lines_of(sidebar, experiment="exp_none", dataset="0" * 64) == expected(Subject())


def test_a_dataset_name_is_shown_literally(sidebar: AppTest, workspace: Workspace) -> None:
    fingerprint = store_sample_dataset(workspace, name="![x](http://evil/x)").dataset.info.fingerprint
    lines_of(sidebar, dataset=fingerprint)
    assert "![x](http" not in sidebar.sidebar.markdown[1].value


def test_the_verdict_step_counts_the_seeds_that_the_headline_pair_shares(workspace: Workspace) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    for run in runs_of(workspace, experiment)[:4]:
        finish_run(workspace, run)
    is_done, words = words_of(workspace, experiment)["compare"]
    assert is_done
    assert "1 of 2 seeds" in words
    for run in runs_of(workspace, experiment)[4:]:
        finish_run(workspace, run)
    steps = words_of(workspace, experiment)
    assert steps["compare"] == (True, words.replace("1 of 2", "2 of 2"))
    assert steps["runs"][0]
    assert "6 of 6 runs" in steps["runs"][1]


def test_arms_that_run_once_count_for_every_seed(workspace: Workspace) -> None:
    experiment = add_experiment(
        workspace, store_sample_dataset(workspace), arms=("majority", "tfidf"), num_seeds=3
    )
    finish_all(workspace, experiment)
    is_done, words = words_of(workspace, experiment)["compare"]
    assert is_done
    assert "3 of 3 seeds" in words


def test_runs_without_a_result_leave_nothing_to_compare(workspace: Workspace) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace), arms=("scratch", "fine_tuned"))
    for run in runs_of(workspace, experiment):
        fail_run(workspace, run)
    steps = words_of(workspace, experiment)
    assert {page: is_done for page, (is_done, _) in steps.items()} == {
        "data": True,
        "design": True,
        "runs": True,
        "compare": False,
        "try_it": False,
    }
    assert "0 of 2 runs" in steps["runs"][1]
    empty = words_of(workspace, add_experiment(workspace, store_sample_dataset(workspace)))
    assert steps["compare"][1] != empty["compare"][1], "they will not come any more"


def test_models_with_weights_can_be_asked(sidebar: AppTest, workspace: Workspace) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    finish_all(workspace, experiment)
    runs = runs_of(workspace, experiment)
    for run in runs:
        workspace.run_folder(run.run_id).model_dir.rmdir()
    lines_of(sidebar, experiment=experiment.experiment_id)
    assert marks_of(sidebar) == [*["check_circle"] * 4, "pending"]
    for run in runs[2:]:
        workspace.run_folder(run.run_id).model_dir.mkdir()
    assert "2 models" in lines_of(sidebar, experiment=experiment.experiment_id)[4]
    assert marks_of(sidebar) == ["check_circle"] * 5
