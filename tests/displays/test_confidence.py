"""What is said of a model's confidence, and what skipping hard texts brings."""

import pytest

from tests.displays.conftest import finished
from tl_core.displays import calibration, selective_prediction
from tl_core.results.calibration import calibrate_arm


def test_a_model_has_one_row_a_run_and_its_mean_first(subject):
    table = calibration.seed_numbers(subject)
    assert table["Seed"].tolist() == ["mean", "0", "1", "mean", "0", "1"]
    of_seeds = table["Brier score"].iloc[1:3]
    assert table["Brier score"].iloc[0] == pytest.approx(of_seeds.mean(), abs=1e-3)
    assert (table["Test examples"] == 18).all()


def test_bins_are_listed_before_and_after_the_temperature(subject):
    frame = calibration.display_arm(subject, "scratch").frame
    assert set(frame["Probabilities"]) == {"as trained", "with the temperature"}
    assert frame["Answers"].sum() == 72


def test_the_sentence_says_how_sure_how_right_and_what_a_temperature_does(subject):
    # Half of 18 answers are right; the majority's largest score is 1 against 0 and 0.
    assert calibration.display_arm(subject, "scratch").sentence.startswith(
        "From scratch is overconfident: 90%"
    )
    sentence = calibration.display_arm(subject, "majority").sentence
    found = calibrate_arm(subject.results, "majority", 33)
    assert "58% confident, 33% correct (95% interval " in sentence
    assert "). A temperature fitted on validation " in sentence
    assert f"from {100 * found.mean('error'):.1f} to" in sentence
    assert found.mean("error") == pytest.approx(0.576 - 1 / 3, abs=1e-3)


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        ((0.2, 0.3), "is overconfident"),
        ((0.95, 0.99), "is underconfident"),
        ((0.5, 0.97), "is not clearly off"),
    ],
)
def test_only_a_confidence_beyond_the_interval_of_the_accuracy_is_called_wrong(subject, interval, words):
    found = calibrate_arm(subject.results, "scratch", 33)
    assert 0.8 < found.mean("confidence") < 0.95
    assert calibration.tell(found, "From scratch", interval).startswith(f"From scratch {words}: ")


def test_limits_name_the_error_of_chance_and_a_validation_without_mistakes(workspace):
    subject = finished(workspace, fine_tuned=1.0)
    tuned, scratch = (calibration.display_arm(subject, arm).limits for arm in ("fine_tuned", "scratch"))
    chance = calibrate_arm(subject.results, "fine_tuned", 33).mean("error_by_chance")
    assert f"would show {100 * chance:.1f} points" in tuned
    assert "Fine-tuned was right on all 9 validation examples in 2 of 2 seeds" in tuned
    assert "was right" not in scratch


def test_coverage_ends_at_the_plain_accuracy(subject):
    rows = selective_prediction.coverage_rows(subject.results, 33)
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


def test_a_model_that_is_equally_sure_of_all_gains_nothing(subject):
    rows = selective_prediction.coverage_rows(subject.results, 33)
    majority = rows.loc[rows["arm"] == "majority"]
    assert majority["accuracy"].to_numpy() == pytest.approx(1 / 3)
    words = selective_prediction.tell(rows, ["fine_tuned", "majority"], {"fine_tuned": "A", "majority": "B"})
    assert words.endswith("and B is right in 33.3% instead of 33.3%.")


def test_coverage_numbers_stand_at_every_tenth(subject):
    table = selective_prediction.display(subject).frame
    of_scratch = table.loc[table["Model"] == "From scratch"]
    assert len(of_scratch) == 10
    assert of_scratch["Answered, %"].iloc[-1] == 100.0
    assert of_scratch["Right on test, mean, %"].iloc[-1] == 50.0
