from pathlib import Path

import pytest

from samples.pack import pack
from tests.pages.fixtures import (
    add_experiment,
    finish_all,
    finish_run,
    make_workspace,
    runs_of,
    store_sample_dataset,
)
from tl_core.errors import UserError
from tl_core.intake.bundled import SAMPLES, read_sample
from tl_core.intake.intake import store_dataset
from tl_core.schema import ExperimentConfig
from tl_core.store.workspace import Workspace

SAMPLE = SAMPLES["support_intents"]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "made")


def experiment_on_sample(workspace: Workspace) -> ExperimentConfig:
    intake = store_dataset(workspace, read_sample(SAMPLE).dataset)
    return add_experiment(workspace, intake, arms=("scratch", "fine_tuned"))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_experiment_gives_the_same_files_without_weights_and_logs(
    workspace: Workspace, tmp_path: Path
) -> None:
    experiment = experiment_on_sample(workspace)
    finish_all(workspace, experiment)
    for run in runs_of(workspace, experiment):
        (workspace.run_folder(run.run_id).model_dir / "model.safetensors").write_bytes(b"weights")
    first, second = (pack(workspace, experiment.experiment_id, tmp_path / name) for name in ("a", "b"))
    assert contents(first) == contents(second)
    kept = {"layers.json", "run.json", "experiment.json", "events.jsonl", "predictions.parquet", "made.json"}
    assert {Path(name).name for name in contents(first)} == kept


def test_packing_again_replaces_what_was_there(workspace: Workspace, tmp_path: Path) -> None:
    for _ in range(2):
        experiment = experiment_on_sample(workspace)
        finish_all(workspace, experiment)
        folder = pack(workspace, experiment.experiment_id, tmp_path / "finished")
    run_ids = {run.run_id for run in runs_of(workspace, experiment)}
    assert {path.name for path in folder.iterdir()} == {*run_ids, "made.json"}


def test_an_unfinished_experiment_is_refused_and_the_old_bundle_stays(
    workspace: Workspace, tmp_path: Path
) -> None:
    old = experiment_on_sample(workspace)
    finish_all(workspace, old)
    before = contents(pack(workspace, old.experiment_id, tmp_path / "finished"))
    experiment = experiment_on_sample(workspace)
    finish_run(workspace, runs_of(workspace, experiment)[0])
    with pytest.raises(UserError, match=r"\(queued\) is not finished"):
        pack(workspace, experiment.experiment_id, tmp_path / "finished")
    assert contents(tmp_path / "finished" / SAMPLE.name) == before


def test_a_persons_own_texts_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    experiment = add_experiment(workspace, store_sample_dataset(workspace, name=SAMPLE.name))
    finish_all(workspace, experiment)
    with pytest.raises(UserError, match="is not a sample as it is"):
        pack(workspace, experiment.experiment_id, tmp_path / "finished")


def test_a_place_on_the_machine_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    experiment = experiment_on_sample(workspace)
    finish_all(workspace, experiment)
    folder = workspace.run_folder(runs_of(workspace, experiment)[0].run_id)
    record = folder.read_record()
    facts = {"base_model_facts": {"path": str(workspace.root / "model")}}
    folder.write_record(record.model_copy(update=facts))
    with pytest.raises(UserError, match=r"run\.json names"):
        pack(workspace, experiment.experiment_id, tmp_path / "finished")
