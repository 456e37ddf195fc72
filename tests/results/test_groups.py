"""From the person's group column to the interval: what a split ties together counts as one draw."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.experiments.running import carry_out_all, make_workspace, queue_experiment
from tests.files.tables import dataset, with_columns
from tests.plans import plan_as_asked
from tests.tiny_models import tiny_model_folder
from tl_core.export.comparison_json import comparison_json
from tl_core.intake.intake import store_dataset
from tl_core.planning.plan import parse_arms, queue_runs
from tl_core.results.comparison import ExperimentResults, gather
from tl_core.schema import ExperimentConfig, SplitMethod, SplitName, SplitRule, Task
from tl_core.splits.splitting import read_split
from tl_core.store.identifiers import new_id
from tl_core.store.workspace import Workspace


@pytest.fixture(scope="module")
def carried_out(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, ExperimentConfig]:
    root = tmp_path_factory.mktemp("groups")
    workspace = make_workspace(root / "workspace")
    made = with_columns(dataset({"good": 36, "bad": 24}), group=[f"customer {i // 3}" for i in range(60)])
    experiment = queue_experiment(
        workspace, tiny_model_folder(root, "bert"), ["tfidf", "scratch"], made=made, num_seeds=2
    )
    carry_out_all(workspace)
    return workspace, experiment


@pytest.fixture(scope="module")
def results(carried_out: tuple[Workspace, ExperimentConfig]) -> ExperimentResults:
    workspace, experiment = carried_out
    return gather(workspace, experiment.experiment_id)


def test_runs_write_down_which_rows_belong_together(
    carried_out: tuple[Workspace, ExperimentConfig], results: ExperimentResults
) -> None:
    for run in results.finished:
        table = carried_out[0].run_folder(run.config.run_id).read_predictions().to_pandas()
        test = table[table["split"] == SplitName.TEST.value]
        assert run.groups is not None
        assert run.groups.tolist() == test["group"].tolist()


def test_verdicts_and_means_say_how_many_groups_there_are(results: ExperimentResults) -> None:
    (verdict,) = results.verdicts
    num_groups = len(np.unique(results.finished[0].groups))
    assert num_groups < results.experiment.split.test
    assert verdict.num_groups == num_groups
    assert {one.num_groups for one in results.summaries.values()} == {num_groups}
    assert f"test examples in {num_groups} groups" in verdict.sentence
    assert verdict.status.code == "few_groups"


def test_so_does_the_json(carried_out: tuple[Workspace, ExperimentConfig]) -> None:
    workspace, experiment = carried_out
    (verdict,) = comparison_json(workspace, gather(workspace, experiment.experiment_id))["verdicts"]
    assert verdict["num_groups"] < verdict["num_examples"]
    assert verdict["conclusion"] == "no_difference_shown"


def test_runs_of_an_earlier_version_are_flagged(carried_out: tuple[Workspace, ExperimentConfig]) -> None:
    workspace, experiment = carried_out
    folders = [
        workspace.run_folder(run.run_id) for run in workspace.database.list_runs(experiment.experiment_id)
    ]
    tables = [folder.read_predictions() for folder in folders]
    assert experiment.split.num_groups > 0
    for folder, table in zip(folders, tables, strict=True):
        folder.write_predictions(table.drop_columns(["group"]))
    try:
        flags = {flag.code for flag in gather(workspace, experiment.experiment_id).verdicts[0].flags}
    finally:
        for folder, table in zip(folders, tables, strict=True):
            folder.write_predictions(table)
    assert "groups_unknown" in flags


def test_what_a_split_does_not_know_no_run_pretends_to_know(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    made = with_columns(dataset({"good": 36, "bad": 24}), group=[f"customer {i // 3}" for i in range(60)])
    rule = SplitRule(method=SplitMethod.GROUPED)
    store_dataset(workspace, made, rule)
    folder = workspace.dataset_folder(made.info.fingerprint)
    (path,) = (folder / "splits").glob("*.parquet")
    pq.write_table(pq.read_table(path).drop_columns(["group"]), path)  # as an earlier version wrote it
    split = read_split(folder, path.stem)
    experiment = plan_as_asked(
        experiment_id=new_id("exp"),
        name="made",
        dataset=made.info,
        split=split.info,
        task=Task.OTHER,
        base_model=str(tiny_model_folder(tmp_path, "bert")),
        arms=parse_arms(["tfidf", "majority"]),
        num_seeds=1,
    )
    queue_runs(workspace, experiment)
    carry_out_all(workspace)
    results = gather(workspace, experiment.experiment_id)
    assert not any(run.knows_groups for run in results.finished)
    assert "groups_unknown" in {flag.code for flag in results.verdicts[0].flags}
    workspace.close()
