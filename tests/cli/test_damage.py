"""Damage on the command line: one line on stderr that names run and file, and no success as exit status."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.pages.fixtures import add_experiment, finish_all, make_workspace, runs_of, store_sample_dataset
from tests.store.damage import cut
from tests.tiny_models import tiny_model_folder
from tl_core.cli.main import main
from tl_core.models.classical import Majority
from tl_core.schema import ExperimentConfig, RunConfig
from tl_core.store.workspace import Workspace


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = make_workspace(tmp_path / "workspace")
    yield opened
    opened.close()


@pytest.fixture
def experiment(workspace: Workspace) -> ExperimentConfig:
    made = add_experiment(
        workspace, store_sample_dataset(workspace), arms=("majority", "scratch", "fine_tuned"), num_seeds=2
    )
    finish_all(workspace, made, fine_tuned=0.9)
    return made


@pytest.fixture
def broken(workspace: Workspace, experiment: ExperimentConfig) -> RunConfig:
    """A fine-tuned run of which half of the predictions are gone."""
    run = runs_of(workspace, experiment)[-1]
    cut(0.5)(workspace.run_folder(run.run_id).path / "predictions.parquet")
    return run


@pytest.fixture
def tl_core(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    monkeypatch.setenv("TL_WORKSPACE", "")  # put back afterwards, for the command sets it
    monkeypatch.delenv("TL_DATABASE_URL", raising=False)

    def run(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["tl_core", *words, "--workspace", str(workspace.root)])
        try:
            main()
            status = 0
        except SystemExit as ended:
            status = int(ended.code or 0)
        said = capsys.readouterr()
        return Ended(status, said.out, said.err)

    return run


def test_whole_runs_are_shown_with_success(tl_core: Command, experiment: ExperimentConfig) -> None:
    shown = tl_core("show", experiment.experiment_id)
    assert (shown.status, shown.err) == (0, "")
    assert json.loads(shown.out)["damage"] == []
    assert tl_core("runs").status == 0


@pytest.mark.parametrize("is_run", [True, False])
def test_show_names_a_damaged_run_and_ends_with_status_1(
    tl_core: Command, experiment: ExperimentConfig, broken: RunConfig, is_run: bool
) -> None:
    shown = tl_core("show", broken.run_id if is_run else experiment.experiment_id)
    assert shown.status == 1
    [line] = shown.err.splitlines()
    assert line.startswith(f"The file predictions.parquet of {broken.run_id} is damaged: ")
    [damage] = json.loads(shown.out)["damage"]
    assert damage == {"run_id": broken.run_id, "message": line, "counts": False}


def test_a_comparison_is_not_finished_on_a_damaged_run(
    tl_core: Command, experiment: ExperimentConfig, broken: RunConfig
) -> None:
    report = json.loads(tl_core("show", experiment.experiment_id).out)
    runs = {run["run_id"]: run for arm in report["arms"] for run in arm["runs"]}
    assert runs[broken.run_id]["status"] == "damaged"
    assert broken.run_id in runs[broken.run_id]["error"]
    assert {run["status"] for run_id, run in runs.items() if run_id != broken.run_id} == {"finished"}
    assert report["verdicts"][0]["num_seeds"] == 1
    assert "fine_tuned: unreadable" in report["verdicts"][0]["flags"]


def test_runs_calls_a_damaged_run_so(tl_core: Command, broken: RunConfig) -> None:
    listed = tl_core("runs")
    assert listed.status == 1
    assert [broken.run_id in line for line in listed.out.splitlines()] == [
        " damaged " in line for line in listed.out.splitlines()
    ]
    assert f"predictions.parquet of {broken.run_id}" in listed.err


def test_a_report_is_written_and_names_the_damage(
    tl_core: Command, experiment: ExperimentConfig, broken: RunConfig, tmp_path: Path
) -> None:
    written = tl_core("report", experiment.experiment_id, str(tmp_path / "report.html"))
    assert written.status == 1
    assert f"predictions.parquet of {broken.run_id}" in written.err
    assert f"predictions.parquet of {broken.run_id}" in (tmp_path / "report.html").read_text("utf-8")


def test_a_record_that_is_gone_or_damaged_is_one_line(
    tl_core: Command, workspace: Workspace, broken: RunConfig
) -> None:
    path = workspace.run_folder(broken.run_id).path / "run.json"
    path.write_text("torn")
    shown = tl_core("show", broken.run_id)
    assert (shown.status, shown.err.count("\n")) == (1, 1)
    assert shown.err.startswith(f"tl_core: The file run.json of {broken.run_id} is damaged: ")
    path.unlink()
    assert f"run.json is missing in the run folder {broken.run_id}" in tl_core("show", broken.run_id).err


def test_predicting_with_a_damaged_model_is_one_line(
    tl_core: Command, workspace: Workspace, experiment: ExperimentConfig, tmp_path: Path
) -> None:
    majority = runs_of(workspace, experiment)[0]
    folder = workspace.run_folder(majority.run_id).model_dir
    Majority.fit(np.array([0, 1, 1]), 3).save(folder, ("a", "b", "c"))
    (tmp_path / "in.csv").write_text("text\nfine\nbad\n")
    asked = ("predict", majority.run_id, str(tmp_path / "in.csv"), str(tmp_path / "out.csv"))
    assert tl_core(*asked).status == 0
    cut(0.5)(folder / "classifier.json")
    failed = tl_core(*asked)
    assert (failed.status, failed.err.count("\n")) == (1, 1)
    assert f"The file model/classifier.json of {majority.run_id} is damaged: it is no JSON" in failed.err


@pytest.mark.parametrize("command", ["export", "predict"])
def test_a_model_folder_that_is_gone_is_one_line(
    tl_core: Command, workspace: Workspace, experiment: ExperimentConfig, tmp_path: Path, command: str
) -> None:
    run = runs_of(workspace, experiment)[0]
    workspace.run_folder(run.run_id).model_dir.rmdir()
    (tmp_path / "in.csv").write_text("text\nfine\nbad\n")
    names = [str(tmp_path / "in.csv")] if command == "predict" else []
    gone = tl_core(command, run.run_id, *names, str(tmp_path / "out"))
    assert (gone.status, gone.err.count("\n")) == (2, 1)
    assert f"The model of {run.run_id} is missing" in gone.err


def test_lost_runs_are_told_with_the_command_that_takes_them_in(
    tl_core: Command, workspace: Workspace, experiment: ExperimentConfig
) -> None:
    workspace.close()
    for path in workspace.root.glob("workspace.db*"):
        path.unlink()
    listed = tl_core("runs")
    assert (listed.status, listed.out) == (0, "")
    assert "5 run folders are not in the workspace's database" in listed.err
    assert f"python -m tl_core import --workspace {workspace.root}" in listed.err
    taken_in = tl_core("import")
    assert (taken_in.status, len(taken_in.out.splitlines()), taken_in.err) == (0, 5, "")
    shown = tl_core("show", experiment.experiment_id)
    assert (shown.status, shown.err) == (0, "")


def test_importing_goes_on_after_a_folder_that_is_refused(
    tl_core: Command, workspace: Workspace, experiment: ExperimentConfig, tmp_path: Path
) -> None:
    workspace.close()
    for path in workspace.root.glob("workspace.db*"):
        path.unlink()
    own = sorted(str(path) for path in (workspace.root / "runs").iterdir())
    taken_in = tl_core("import", own[0], str(tmp_path), *own[1:])
    assert taken_in.status == 2
    assert len(taken_in.out.splitlines()) == 5
    assert "run.json is missing" in taken_in.err


def test_a_damaged_database_is_one_line(tl_core: Command, workspace: Workspace) -> None:
    workspace.close()
    for path in workspace.root.glob("workspace.db*"):
        path.unlink()
    (workspace.root / "workspace.db").write_bytes(b"no database" * 900)
    listed = tl_core("runs")
    assert (listed.status, listed.err.count("\n")) == (1, 1)
    assert "The workspace's database is damaged" in listed.err


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: spoil_config(folder, num_hidden_layers=1_000_000), "num_hidden_layers is 1,000,000"),
        (lambda folder: spoil_config(folder, hidden_size=10**9), "hidden_size is 1,000,000,000"),
        (lambda folder: cut(0.5)(folder / "model.safetensors"), "The file model.safetensors of “tiny-bert”"),
        (lambda folder: (folder / "vocab.txt").symlink_to("/etc/passwd"), "“vocab.txt” in it is a link"),
        (lambda folder: os.mkfifo(folder / "added_tokens.json"), "“added_tokens.json” in it is a pipe"),
    ],
)
def test_a_base_model_that_no_run_can_start_from_is_refused_before_anything_is_stored_or_queued(
    tl_core: Command, workspace: Workspace, tmp_path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    spoil(folder)
    (tmp_path / "in.csv").write_text("text,label\n" + "fine,good\nbad,bad\n" * 20)
    refused = tl_core("compare", str(tmp_path / "in.csv"), "--base-model", str(folder))
    assert (refused.status, refused.err.count("\n")) == (2, 1)
    assert said in refused.err
    assert str(tmp_path) not in refused.err
    assert (workspace.database.list_datasets(), workspace.database.list_runs()) == ([], [])


def spoil_config(folder: Path, **changes: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))


def test_predicting_with_a_folder_from_elsewhere_follows_no_link(
    tl_core: Command, workspace: Workspace, tmp_path: Path
) -> None:
    folder = tmp_path / "exported"
    Majority.fit(np.array([0, 1, 1]), 2).save(folder, ("no", "yes"))
    (tmp_path / "in.csv").write_text("text\nfine\nbad\n")
    asked = ("predict", str(folder), str(tmp_path / "in.csv"), str(tmp_path / "out.csv"))
    assert tl_core(*asked).status == 0
    (folder / "vocabulary.json").symlink_to("/etc/passwd")
    refused = tl_core(*asked)
    assert (refused.status, refused.err.count("\n")) == (2, 1)
    assert "The folder “exported” is refused: “vocabulary.json” in it is a link" in refused.err
