"""A database that was lost is made again from the folders beside it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages.fixtures import (
    add_experiment,
    finish_all,
    make_workspace,
    runs_of,
    store_sample_dataset,
)
from tl_core.intake.rebuilding import rebuild, unlisted_sentence
from tl_core.results.comparison import gather
from tl_core.schema import ExperimentConfig
from tl_core.store.workspace import Workspace


@pytest.fixture
def made(tmp_path: Path) -> Iterator[tuple[Workspace, ExperimentConfig]]:
    """A finished experiment, and the workspace opened anew after its database was removed."""
    before = make_workspace(tmp_path / "workspace")
    experiment = add_experiment(before, store_sample_dataset(before), num_seeds=2)
    finish_all(before, experiment, fine_tuned=0.9)
    before.close()
    for path in before.root.glob("workspace.db*"):
        path.unlink()
    after = make_workspace(tmp_path / "workspace")
    yield after, experiment
    after.close()


def test_runs_datasets_and_verdicts_come_back(made: tuple[Workspace, ExperimentConfig]) -> None:
    workspace, experiment = made
    assert workspace.database.list_runs() == []
    unlisted = workspace.unlisted_runs()
    assert len(unlisted) == 4 * 2 - 2  # majority and TF-IDF run once
    rebuilt = rebuild(workspace)
    assert (list(rebuilt.run_ids), rebuilt.problems) == (unlisted, ())
    assert workspace.unlisted_runs() == []
    assert [info.name for info in workspace.database.list_datasets()] == ["small reviews"]
    assert workspace.database.list_experiments() == [experiment]
    headline = gather(workspace, experiment.experiment_id).headline
    assert headline is not None
    assert headline.num_seeds == 2
    assert rebuild(workspace).run_ids == ()


def test_a_damaged_folder_keeps_no_other_from_coming_back(made: tuple[Workspace, ExperimentConfig]) -> None:
    workspace, experiment = made
    broken = workspace.unlisted_runs()[0]
    (workspace.root / "runs" / broken / "run.json").write_text("torn")
    (workspace.dataset_folder(experiment.dataset_fingerprint) / "dataset.json").write_text("torn")
    rebuilt = rebuild(workspace)
    [problem] = rebuilt.problems
    assert f"The file run.json of {broken} is damaged" in problem.message
    assert broken not in rebuilt.run_ids
    assert len(runs_of(workspace, experiment)) == len(rebuilt.run_ids) == 5
    assert workspace.unlisted_runs() == [broken]


def test_what_is_no_run_folder_is_passed_over(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    runs = workspace.root / "runs"
    for name in ("lost+found", ".trash", "two words", os.fsdecode(b"caf\xe9")):
        (runs / name).mkdir(parents=True)
        (runs / name / "run.json").touch()
    (runs / "a_file").touch()
    assert workspace.unlisted_runs() == []


def test_a_dataset_in_the_wrong_place_is_not_taken_in(made: tuple[Workspace, ExperimentConfig]) -> None:
    workspace, experiment = made
    folder = workspace.dataset_folder(experiment.dataset_fingerprint)
    info = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps(info | {"fingerprint": "0" * 64}))
    rebuild(workspace)
    assert workspace.database.list_datasets() == []


@pytest.mark.parametrize(("num_runs", "said"), [(1, "1 run folder is not"), (1200, "1,200 run folders")])
def test_the_sentence_counts_the_folders(num_runs: int, said: str) -> None:
    assert said in unlisted_sentence(num_runs)
