"""An experiment's calibration and coverage as tables and sentences."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from tests.pages.fixtures import add_experiment, finish_all, store_sample_dataset
from tl_core.evaluation.calibration import fit_temperature
from tl_core.results import calibration, selective_prediction
from tl_core.results.comparison import gather

LABELS = {"majority": "Majority", "tfidf": "TF-IDF", "scratch": "From scratch", "fine_tuned": "Fine-tuned"}


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


def test_an_arm_has_one_row_a_run_and_its_mean_first(results):
    found = [calibration.calibrate_arm(results, arm, 33) for arm in ("fine_tuned", "tfidf")]
    table = calibration.calibration_numbers(found, LABELS)
    assert table["Seed"].tolist() == ["mean", "0", "1", "mean", "0"], "an arm that runs once has one run"
    of_seeds = table["Brier score"].iloc[1:3]
    assert table["Brier score"].iloc[0] == pytest.approx(of_seeds.mean(), abs=1e-3)
    assert (table["Test examples"] == 18).all()


def test_bins_hold_the_answers_of_every_seed_twice_before_and_after(results):
    found = calibration.calibrate_arm(results, "scratch", 33)
    rows = calibration.bin_rows(found)
    assert rows.groupby("is_after")["num_answers"].sum().to_dict() == {False: 36, True: 36}
    assert (rows["low"] <= rows["accuracy"]).all()
    assert (rows["accuracy"] <= rows["high"]).all()
    numbers = calibration.bin_numbers(rows, len(found.runs))
    assert set(numbers["Probabilities"]) == {"as trained", "with the temperature"}
    assert numbers["Answers"].sum() == 72


def test_the_sentence_holds_what_is_said_and_what_is_kept(results):
    found = [calibration.calibrate_arm(results, arm, 33) for arm in ("scratch", "majority")]
    sentence = calibration.calibration_caption(found, LABELS)
    # Half of 18 answers are right; the majority's largest score is 1 against 0 and 0.
    assert "From scratch says 8" in sentence
    assert "where it is right in 50.0%" in sentence
    assert "Majority says 57.6% where it is right in 33.3%; a temperature" in sentence
    error = calibration.calibrate_arm(results, "majority", 33).mean("error")
    assert error == pytest.approx(0.576 - 1 / 3, abs=1e-3)


def test_limits_name_the_error_of_chance_and_a_validation_without_mistakes(workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    finish_all(workspace, experiment, fine_tuned=1.0)
    results = gather(workspace, experiment.experiment_id)
    found = [calibration.calibrate_arm(results, arm, 33) for arm in ("fine_tuned", "scratch")]
    words = calibration.calibration_limits(found, LABELS)
    assert f"{100 * found[0].mean('error_by_chance'):.1f} and " in words
    assert "Fine-tuned was right on all 9 validation examples in 2 of 2 seeds" in words
    assert "From scratch was right" not in words


def test_coverage_ends_at_the_plain_accuracy(results):
    rows = selective_prediction.coverage_rows(results, 33)
    ends = rows.groupby("arm")[["coverage", "accuracy", "num_answered"]].last()
    assert ends["coverage"].tolist() == [1.0] * 4
    assert ends.loc["fine_tuned", "accuracy"] == pytest.approx(17 / 18)
    assert (ends["num_answered"] == 18).all()
    assert (rows["low"] <= rows["accuracy"] + 1e-12).all()
    assert (rows["accuracy"] <= rows["high"] + 1e-12).all()
    assert rows.groupby("arm")["num_seeds"].first().to_dict() == {
        "majority": 1,
        "tfidf": 1,
        "scratch": 2,
        "fine_tuned": 2,
    }


def test_an_arm_that_is_equally_sure_of_all_gains_nothing(results):
    rows = selective_prediction.coverage_rows(results, 33)
    majority = rows.loc[rows["arm"] == "majority"]
    assert majority["accuracy"].to_numpy() == pytest.approx(1 / 3)
    assert "Majority is right in 33.3% instead of 33.3%." in selective_prediction.coverage_caption(
        rows, ["fine_tuned", "majority"], LABELS
    )


def test_coverage_numbers_stand_at_every_tenth(results):
    table = selective_prediction.coverage_numbers(selective_prediction.coverage_rows(results, 33), LABELS)
    of_scratch = table.loc[table["Arm"] == "From scratch"]
    assert len(of_scratch) == 10
    assert of_scratch["Answered, %"].iloc[-1] == 100.0
    assert of_scratch["Right on test, mean, %"].iloc[-1] == 50.0
