"""An experiment's calibration, measured on its runs."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from tests.pages.fixtures import add_experiment, finish_all, store_sample_dataset
from tl_core.evaluation.calibration import fit_temperature
from tl_core.results import calibration
from tl_core.results.comparison import gather


@pytest.fixture
def results(workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    finish_all(workspace, experiment, fine_tuned=0.95, scratch=0.5)
    return gather(workspace, experiment.experiment_id)


def test_the_temperature_is_fitted_on_validation_and_applied_to_test(results):
    run = results.runs_of("scratch", 33)[0]
    found = calibration.calibrate_run(run)
    assert len(run.validation_targets) == 9
    assert found.temperature == fit_temperature(run.validation_targets, run.validation_logits)
    scaled = np.exp(run.logits.astype(float) / found.temperature)
    expected = log_loss(run.targets, scaled / scaled.sum(axis=1, keepdims=True))
    assert found.after.log_loss == pytest.approx(expected)
    assert found.after.log_loss < found.before.log_loss, "these runs are far too sure"


def test_bins_hold_the_answers_of_every_seed_twice_before_and_after(results):
    found = calibration.calibrate_arm(results, "scratch", 33)
    rows = calibration.bin_rows(found)
    assert rows.groupby("is_after")["num_answers"].sum().to_dict() == {False: 36, True: 36}
    assert (rows["low"] <= rows["accuracy"] + 1e-9).all()
    assert (rows["accuracy"] <= rows["high"]).all()
