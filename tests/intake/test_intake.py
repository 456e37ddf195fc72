from pathlib import Path

import pytest

from tests.store.opening import open_workspace
from tl_core.datasets.dataset import read_dataset
from tl_core.errors import DataError, SplitError
from tl_core.intake.intake import take_in
from tl_core.jobs.queue import Queue
from tl_core.planning.plan import parse_arms, plan_experiment, queue_runs
from tl_core.schema import State, Task
from tl_core.splits.splitting import read_split
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return open_workspace(tmp_path / "workspace")


def write(path: Path, num: int = 20, prefix: str = "text") -> Path:
    rows = [f"{prefix} number {n} says something,{'good' if n % 2 else 'bad'}" for n in range(num)]
    path.write_text("\n".join(["review,mood", *rows]) + "\n")
    return path


def test_a_file_becomes_a_stored_dataset_and_split(workspace: Workspace, tmp_path: Path) -> None:
    intake = take_in(workspace, write(tmp_path / "a.csv"), name="Reviews")
    info = intake.dataset.info
    assert (info.name, info.columns.text_columns, info.columns.label_column) == (
        "Reviews",
        ("review",),
        "mood",
    )
    folder = workspace.dataset_folder(info.fingerprint)
    assert read_dataset(folder).info == info
    assert read_split(folder, intake.split.info.hash).info == intake.split.info
    assert take_in(workspace, tmp_path / "a.csv", name="Again").dataset.info.fingerprint == info.fingerprint


def test_a_column_that_is_named_is_taken(workspace: Workspace, tmp_path: Path) -> None:
    columns = take_in(workspace, write(tmp_path / "a.csv"), name="R", text=["review"]).dataset.info.columns
    assert (columns.text_columns, columns.label_column) == (("review",), "mood")
    with pytest.raises(DataError):
        take_in(workspace, tmp_path / "a.csv", name="R", text=["nothing"], label=["mood"])


def test_a_test_file_of_ones_own_is_the_test_part(workspace: Workspace, tmp_path: Path) -> None:
    own = write(tmp_path / "test.csv", 6, prefix="another")
    intake = take_in(
        workspace, write(tmp_path / "a.csv"), name="R", text=["review"], label=["mood"], test_path=own
    )
    assert intake.split.info.test == intake.dataset.info.num_own_test == 6


def test_a_class_that_is_too_small_stores_nothing(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(SplitError):
        take_in(workspace, write(tmp_path / "a.csv", 5), name="R", text=["review"], label=["mood"])
    assert not list((workspace.root / "datasets").iterdir())


def test_a_launched_experiment_waits_in_its_order_of_work(workspace: Workspace, tmp_path: Path) -> None:
    intake = take_in(workspace, write(tmp_path / "a.csv"), name="R")
    experiment = plan_experiment(
        experiment_id="exp_1",
        name="R",
        dataset=intake.dataset.info,
        split=intake.split.info,
        task=Task.SENTIMENT,
        base_model="builtin",
        arms=parse_arms(["fine_tuned", "majority"]),
        num_seeds=2,
    )
    queue_runs(workspace, experiment)
    runs = workspace.database.list_runs("exp_1")
    assert [(run.config.arm.name, run.config.seed) for run in runs] == [
        ("majority", 0),
        ("fine_tuned", 0),
        ("fine_tuned", 1),
    ]
    assert {run.state for run in runs} == {State.QUEUED}
    first = Queue(workspace.database).claim([JobKind.RUN])
    assert first is not None
    assert first.ref_id == runs[0].run_id


def test_columns_of_ones_and_zeros_are_one_label(workspace: Workspace, tmp_path: Path) -> None:
    rows = [f"text number {n} says something,{n % 2},{1 - n % 2}" for n in range(20)]
    (tmp_path / "a.csv").write_text("\n".join(["text,joy,fear", *rows]) + "\n")
    info = take_in(workspace, tmp_path / "a.csv", name="R").dataset.info
    assert info.label_counts == {"fear": 10, "joy": 10}
    assert info.columns.label_column == "joy, fear"
