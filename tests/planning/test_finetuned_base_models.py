"""Runs as base models: what can be typed, what it is called, and that the way back to the run is found."""

import shutil
from pathlib import Path

import pytest

from tests.pages.fixtures import (
    add_experiment,
    finish_all,
    finish_run,
    make_workspace,
    runs_of,
    store_sample_dataset,
)
from tests.tiny_models import tiny_model_folder
from tl_core.catalogue.locating import describe, obtain
from tl_core.errors import ModelError, NotFoundError
from tl_core.planning.finetuned_base_models import list_finetuned, settle_base_model
from tl_core.results.runs import run_behind
from tl_core.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("TL_WORKSPACE", str(tmp_path / "workspace"))
    return make_workspace(tmp_path / "workspace")


@pytest.fixture
def finished(workspace, tmp_path):
    """A finished experiment with two seeds whose fine-tuned runs have a model."""
    made = add_experiment(workspace, store_sample_dataset(workspace), ("tfidf", "fine_tuned"), 2)
    finish_all(workspace, made)
    for place, run in enumerate(runs_of(workspace, made)):
        if run.arm.kind.is_neural:
            model = tiny_model_folder(tmp_path / str(place), "bert", seed=place)
            shutil.copytree(model, workspace.run_folder(run.run_id).model_dir, dirs_exist_ok=True)
    return made


def tuned(workspace, experiment):
    return [run for run in runs_of(workspace, experiment) if run.arm.kind.is_neural]


def test_a_run_is_named_by_its_content_and_what_it_learned(workspace, finished):
    run = tuned(workspace, finished)[0]
    name = settle_base_model(workspace, f"run:{run.run_id}")
    assert name.startswith("local:all-MiniLM-L6 after small reviews@")
    assert obtain(name) == workspace.run_folder(run.run_id).model_dir
    assert describe(name).title == "all-MiniLM-L6 after small reviews"
    assert run_behind(workspace, name) == run.run_id
    assert settle_base_model(workspace, name) == name


def test_other_base_models_are_settled_as_ever_and_come_from_no_run(workspace, tmp_path):
    folder = tiny_model_folder(tmp_path, "bert")
    assert settle_base_model(workspace, "builtin") == "builtin"
    name = settle_base_model(workspace, str(folder))
    assert [run_behind(workspace, one) for one in (name, "builtin", "nobody/has-this")] == [None] * 3


def test_what_cannot_be_a_base_model_is_refused(workspace, finished):
    tfidf = next(run for run in runs_of(workspace, finished) if not run.arm.kind.is_neural)
    with pytest.raises(ModelError, match="has no network"):
        settle_base_model(workspace, f"run:{tfidf.run_id}")
    with pytest.raises(NotFoundError):
        settle_base_model(workspace, "run:run_0000000000000000000")
    queued = add_experiment(workspace, store_sample_dataset(workspace), ("fine_tuned",))
    with pytest.raises(NotFoundError, match="has no model"):
        settle_base_model(workspace, f"run:{runs_of(workspace, queued)[0].run_id}")


def test_one_fine_tuning_of_each_experiment_is_listed(workspace, finished):
    (listed,) = list_finetuned(workspace, workspace.database.list_runs())
    assert listed.run == tuned(workspace, finished)[0]
    assert listed.title == "all-MiniLM-L6 after small reviews"
    assert listed.typed == f"run:{listed.run.run_id}"


def test_a_run_without_its_model_is_not_listed(workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace), ("fine_tuned",))
    finish_run(workspace, runs_of(workspace, made)[0])
    assert list_finetuned(workspace, workspace.database.list_runs()) == ()
