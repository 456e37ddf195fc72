from pathlib import Path

import pytest

from samples import make as make_module
from samples.make import ARMS, PICTURES, SECOND, make, plan
from tests.pages.fixtures import fail_run, finish_all, make_workspace, runs_of
from tl_core.errors import UserError
from tl_core.export.comparison_json import comparison_json
from tl_core.intake.bundled import SAMPLES, read_sample
from tl_core.intake.intake import store_intake
from tl_core.planning.plan import queue_runs
from tl_core.results.comparison import gather
from tl_core.schema import BudgetRule


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=list(SAMPLES))
def test_a_bundle_is_made_by_the_default_budget_and_as_many_seeds_as_it_says(sample, tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "made")
    experiment = plan(workspace, sample)
    workspace.close()
    assert experiment.training.budget is BudgetRule.PLATEAU
    assert experiment.num_seeds == (3 if sample.name == PICTURES else 5)
    assert {arm.name for arm in experiment.arms} == set(ARMS[sample.name])
    assert max(experiment.train_sizes) == experiment.split.train


def test_the_second_bundle_has_a_network_that_learned_the_first_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_module, "settle_base_model", lambda _, typed: typed.replace("run:", "settled/"))
    workspace = make_workspace(tmp_path / "made")
    first = plan(workspace, SAMPLES["reviews_sentiment"], num_seeds=1)
    store_intake(workspace, read_sample(SAMPLES["reviews_sentiment"]))
    queue_runs(workspace, first)
    finish_all(workspace, first)
    (run,) = [
        one
        for one in runs_of(workspace, first)
        if one.arm.name == "fine_tuned" and one.train_size == first.split.train
    ]
    assert f"fine_tuned:settled/{run.run_id}" in [arm.name for arm in plan(workspace, SAMPLES[SECOND]).arms]
    workspace.close()


@pytest.mark.parametrize("is_broken", [False, True])
def test_a_finished_comparison_is_packed_and_a_broken_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_broken: bool
) -> None:
    def carried_out(workspace, experiment, say):
        queue_runs(workspace, experiment)
        if is_broken:
            fail_run(workspace, runs_of(workspace, experiment)[0])
        else:
            finish_all(workspace, experiment)
        return comparison_json(workspace, gather(workspace, experiment.experiment_id))

    monkeypatch.setattr(make_module, "carry_out_comparison", carried_out)
    workspace, sample = make_workspace(tmp_path / "made"), SAMPLES["reviews_sentiment"]
    if is_broken:
        with pytest.raises(UserError, match="reviews_sentiment"):
            make(workspace, sample, tmp_path / "finished", num_seeds=1)
        assert not (tmp_path / "finished").exists()
    else:
        packed = make(workspace, sample, tmp_path / "finished", num_seeds=1)
        num_runs = len(runs_of(workspace, workspace.database.list_experiments()[0]))
        assert len([path for path in packed.iterdir() if path.is_dir()]) == num_runs
    workspace.close()
