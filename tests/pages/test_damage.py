"""Damaged run folders: every page stands, and names the run and the file."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.steps import DONE
from tests.files.tables import CHOICE, table
from tests.pages.fixtures import (
    add_experiment,
    fail_run,
    finish_all,
    finish_run,
    leave_first_task,
    runs_of,
    start_run,
    store_sample_dataset,
)
from tests.pages.reading import open_page, tabs_of, text_of
from tests.store.damage import DAMAGES, Damage
from tests.tiny_models import tiny_model_folder
from tl_core.datasets.dataset import build_dataset
from tl_core.intake.intake import store_dataset
from tl_core.schema import ExperimentConfig, RunConfig
from tl_core.store.workspace import Workspace

PAGES = ("home", "runs", "results", "try_it", "learn", "why_it_works", "side_by_side", "models")
FILES = (
    ("run.json",),
    ("predictions.parquet",),
    ("events.jsonl",),
    (
        "experiment.json",
        "layers.json",
        "first_task.parquet",
        "model/classifier.json",
        "model/model.safetensors",
    ),
)
"""Those that are damaged together."""
NEVER_WRITTEN = ("experiment.json", "layers.json", "first_task.parquet", "model/classifier.json")


@pytest.fixture
def experiment(workspace: Workspace) -> ExperimentConfig:
    """Both arms have finished with a seed for every kind of damage and one more."""
    made = add_experiment(
        workspace,
        store_sample_dataset(workspace),
        arms=("scratch", "fine_tuned"),
        num_seeds=len(DAMAGES) + 1,
    )
    for run in runs_of(workspace, made):
        finish_run(workspace, run, 0.9 if run.arm.name == "fine_tuned" else 0.5)
        leave_first_task(workspace, run, run, 0.5)
        model = workspace.run_folder(run.run_id).model_dir
        (model / "classifier.json").write_text('{"kind": "neural", "labels": ["a"], "max_length": 64}')
        (model / "model.safetensors").write_bytes(b"\2\0\0\0\0\0\0\0{}")
    return made


def damage_all(workspace: Workspace, experiment: ExperimentConfig, file: str) -> dict[Damage, RunConfig]:
    """Damage one file of a run of scratch in every way; return those whose damage is to be told."""
    scratch = [run for run in runs_of(workspace, experiment) if run.arm.name == "scratch"]
    damaged = dict(zip(DAMAGES, scratch, strict=False))
    for damage, run in damaged.items():
        damage(workspace.run_folder(run.run_id).path / file)
    is_silent = {
        "missing": file in NEVER_WRITTEN or file.startswith("model/"),
        "a link to nowhere": file in NEVER_WRITTEN[:3],
        "cut near its end": file == "events.jsonl",  # the last line alone
        # what any JSON file may hold is told once the model is loaded
        "another JSON type": file == "model/classifier.json",
        "a field missing": file == "model/classifier.json",
    }
    return {damage: run for damage, run in damaged.items() if not is_silent.get(damage.name)}


@pytest.mark.parametrize("files", FILES)
def test_every_page_bears_every_damage_and_names_run_and_file(
    app: AppTest, workspace: Workspace, experiment: ExperimentConfig, files: tuple[str, ...]
) -> None:
    told = {file: damage_all(workspace, experiment, file) for file in files}
    app.session_state["all_runs"] = True  # the folded list on Models
    for page in PAGES:
        query = {"runs": experiment.experiment_id} if page == "side_by_side" else {}
        written = text_of(open_page(app, page, experiment=experiment.experiment_id, **query))
        for file, damaged in told.items():
            for damage, run in damaged.items():
                lines = [line for line in written.splitlines() if run.run_id in line and file in line]
                assert lines, (page, file, str(damage))
    open_page(app, "models", run=told[files[0]][DAMAGES[1]].run_id)


def test_a_damaged_run_is_called_so_in_the_lists_and_missed_on_the_path(
    app: AppTest, workspace: Workspace, experiment: ExperimentConfig
) -> None:
    told = damage_all(workspace, experiment, "predictions.parquet")
    query = {"experiment": experiment.experiment_id}
    open_page(app, "runs", **query)
    assert ("results", DONE, "1 of 13 seeds") in tabs_of(app)
    models, table = (one.value for one in app.dataframe if "State" in one.value)
    assert f"{len(told)} damaged" in models["State"].tolist()
    assert (table["State"] == "damaged").sum() == len(told)
    assert table.loc[table["State"] == "damaged", "Reason"].str.contains("predictions.parquet").all()
    app.session_state["all_runs"] = True
    table = open_page(app, "models", **query).dataframe[0].value
    assert (table["state"] == "damaged").sum() == len(told)


@pytest.mark.parametrize("is_running", [True, False])
def test_a_damaged_line_of_a_run_that_has_not_finished_is_told(
    app: AppTest, workspace: Workspace, is_running: bool
) -> None:
    made = add_experiment(workspace, store_sample_dataset(workspace), arms=("scratch", "fine_tuned"))
    scratch, fine_tuned = runs_of(workspace, made)
    start_run(workspace, scratch) if is_running else fail_run(workspace, scratch)
    path = workspace.run_folder(scratch.run_id).path / "events.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b"\0\0\n", *lines[3:]]))
    written = text_of(open_page(app, "runs", experiment=made.experiment_id))
    assert "1 line is" in written
    assert written.count(f"events.jsonl of {scratch.run_id}") == 1


def test_a_first_task_with_damaged_weights_is_named_and_the_page_stands(
    app: AppTest, workspace: Workspace, tmp_path: Path
) -> None:
    texts = [f"text number {number}" for number in range(60)]
    other = build_dataset(table(text=texts, label=["a", "b", "c"] * 20), name="other", choice=CHOICE)
    intake = store_dataset(workspace, other)
    first = add_experiment(workspace, intake, arms=("scratch", "fine_tuned"))
    finish_all(workspace, first)
    run_id = workspace.database.list_runs()[-1].run_id
    model = workspace.run_folder(run_id).model_dir
    shutil.copytree(tiny_model_folder(tmp_path, "bert"), model, dirs_exist_ok=True)
    (model / "model.safetensors").write_bytes(b"torn")
    second = add_experiment(workspace, store_sample_dataset(workspace), arms=("scratch", "fine_tuned"))
    finish_all(workspace, second)
    written = text_of(open_page(app, "why_it_works", experiment=second.experiment_id))
    assert f"model.safetensors of “{run_id}”" in written
    assert "The knowledge ladder" in written
