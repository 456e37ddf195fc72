from pathlib import Path

import pytest

from samples import make as make_module
from samples.make import ARMS, EPOCHS, make, plan
from tests.pages.fixtures import fail_run, finish_all, make_workspace, runs_of
from tl_core.errors import UserError
from tl_core.export.comparison_json import comparison_json
from tl_core.intake.bundled import SAMPLES
from tl_core.planning.plan import queue_runs
from tl_core.results.comparison import gather
from tl_core.schema import BudgetRule


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=list(SAMPLES))
def test_every_network_of_a_bundle_has_the_same_stated_budget(sample) -> None:
    experiment = plan(sample)
    assert experiment.training.epochs == EPOCHS
    assert experiment.training.budget is BudgetRule.EQUAL_STEPS
    assert experiment.num_seeds == 5
    assert {arm.kind for arm in experiment.arms} == set(ARMS[sample.name])


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
        assert len([path for path in packed.iterdir() if path.is_dir()]) == len(ARMS[sample.name])
    workspace.close()
