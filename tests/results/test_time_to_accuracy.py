"""How long an arm trains until it is as good as another one ever was."""

import numpy as np
import pandas as pd
import pytest

from tl_core.displays.time_to_accuracy import numbers, tell
from tl_core.results.time_to_accuracy import find_time_to_accuracy, time_rows
from tl_core.schema import Metric

LABELS = {"fine_tuned": "Fine-tuned", "scratch": "From scratch", "tfidf": "TF-IDF"}


def curves(watts=float("nan"), **arms):
    """Make curves from lists of accuracies by arm, one list a seed, at 0, 10, 20 ... seconds."""
    rows = [
        (arm, f"{arm}-{seed}", seed, 4 * place, 10.0 * place, watts * place / 360, value, 1200)
        for arm, seeds in arms.items()
        for seed, values in enumerate(seeds)
        for place, value in enumerate(values)
    ]
    return pd.DataFrame(
        rows, columns=["arm", "run_id", "seed", "step", "train_s", "energy_wh", "accuracy", "num_examples"]
    )


def find(a="fine_tuned", b="scratch", **arms):
    return find_time_to_accuracy(curves(**arms), a, b, Metric.ACCURACY)


def test_each_seed_is_held_against_its_own_best():
    found = find(
        fine_tuned=[[0.3, 0.7, 0.9], [0.3, 0.4, 0.9], [0.3, 0.3, 0.8]],
        scratch=[[0.3, 0.4, 0.6], [0.3, 0.5, 0.4], [0.2, 0.3, 0.4]],
    )
    assert found.seconds_a == (10.0, 20.0, 20.0)
    assert found.seconds_b == (20.0, 10.0, 20.0)
    assert (found.median_a, found.median_b) == (20.0, 20.0)


def test_a_single_lucky_evaluation_is_not_where_a_level_is_reached():
    found = find(fine_tuned=[[0.3, 0.6, 0.3, 0.4, 0.5, 0.6]], scratch=[[0.3, 0.4, 0.45, 0.5, 0.5, 0.5]])
    assert found.seconds_a == (40.0,), "0.6, 0.3 and 0.4 are 0.43 on average"


def luck(num_seeds=5, places=15, seed=0):
    """Draw two arms of one true curve, with the noise of some hundred validation examples."""
    rng = np.random.default_rng(seed)
    true = 0.8 - 0.4 * np.exp(-np.arange(places) / 4)
    return {
        arm: (true + rng.normal(scale=0.04, size=(num_seeds, places))).tolist()
        for arm in ("fine_tuned", "scratch")
    }


def test_equal_arms_are_seldom_said_to_differ():
    factors = [find(**luck(seed=seed)).factor for seed in range(200)]
    clear = [factor for factor in factors if factor is not None and factor.is_clear]
    assert len(clear) <= 0.08 * len(factors)


def test_the_pace_has_an_interval_over_seeds():
    found = find(
        fine_tuned=[[0.3, 0.7], [0.3, 0.7], [0.3, 0.3, 0.7]],
        scratch=[[0.1, 0.2, 0.3, 0.3, 0.5], [0.1, 0.2, 0.3, 0.5], [0.1, 0.1, 0.2, 0.3, 0.4, 0.5]],
    )
    factor = found.factor
    assert factor is not None
    assert factor.mean == pytest.approx((4 * 3 * 2.5) ** (1 / 3))
    assert factor.low < factor.mean < factor.high
    said = tell(found, LABELS)
    assert said.startswith(
        "Fine-tuned reached From scratch's best score 3.1× faster (median 10 s instead of 40 s, mean 3.1"
    )
    assert factor.is_clear


def test_seeds_that_took_exactly_the_same_give_no_interval():
    found = find(fine_tuned=[[0.3, 0.7]] * 3, scratch=[[0.1, 0.2, 0.5]] * 3)
    assert found.factor is None
    assert "95% interval" not in tell(found, LABELS)


def test_a_pace_that_is_not_clear_is_not_claimed():
    found = find(fine_tuned=[[0.3, 0.7], [0.3, 0.3, 0.3, 0.7]], scratch=[[0.1, 0.1, 0.5], [0.1, 0.1, 0.5]])
    assert not found.factor.is_clear
    assert "best score, not clearly sooner or later (" in tell(found, LABELS)


def test_estimated_energy_is_called_so_in_the_same_line():
    table = curves(36.0, fine_tuned=[[0.3, 0.7]], scratch=[[0.2, 0.4, 0.5]])
    found = find_time_to_accuracy(table, "fine_tuned", "scratch", Metric.ACCURACY)
    assert "(estimated)" in tell(found, LABELS, is_estimated=True)
    assert "(estimated)" not in tell(found, LABELS)


def test_equal_is_reached():
    assert find(fine_tuned=[[0.5]], scratch=[[0.5, 0.4]]).seconds_a == (0.0,)


def test_never_reached_counts_as_longer_than_anything():
    found = find(fine_tuned=[[0.1], [0.1], [0.9]], scratch=[[0.5], [0.5], [0.5]])
    assert found.seconds_a == (None, None, 0.0)
    assert found.num_reached == 1
    assert found.median_a is None


def test_two_seeds_of_which_one_never_gets_there_have_no_median():
    assert find(fine_tuned=[[0.1], [0.9]], scratch=[[0.5], [0.5]]).median_a is None


def test_only_shared_seeds_count():
    assert find(fine_tuned=[[0.9], [0.9]], scratch=[[0.5]]).seeds == (0,)


def test_the_run_of_an_arm_without_a_network_counts_for_every_seed():
    found = find(b="tfidf", fine_tuned=[[0.5, 0.7], [0.5, 0.5]], tfidf=[[0.6]])
    assert found.seconds_a == (10.0, None)


def test_arms_without_curves_cannot_be_held_against_each_other():
    assert find(fine_tuned=[[0.5]]) is None


@pytest.mark.parametrize(
    ("fine_tuned", "scratch", "sentence"),
    [
        (
            [[0.3, 0.7, 0.8]],
            [[0.2, 0.4, 0.5]],
            "Fine-tuned reached From scratch's best score 2.0× faster (10 s instead of 20 s, one seed).",
        ),
        (
            [[0.3, 0.4, 0.8]],
            [[0.2, 0.5]],
            "Fine-tuned reached From scratch's best score 2.0× slower (20 s instead of 10 s, one seed).",
        ),
        (
            [[0.3, 0.7]],
            [[0.5]],
            "Fine-tuned reached From scratch's best score slower (10 s instead of 0.0 s, one seed).",
        ),
        (
            [[0.3, 0.5]],
            [[0.1, 0.5]],
            "Fine-tuned reached From scratch's best score no faster (10 s, one seed).",
        ),
        ([[0.3, 0.4]], [[0.5]], "Fine-tuned never reached From scratch's best score."),
        (
            [[0.3, 0.4], [0.6, 0.6], [0.1, 0.1]],
            [[0.5], [0.5], [0.5]],
            "Fine-tuned reached From scratch's best score in only 1 of 3 seeds.",
        ),
    ],
)
def test_the_sentence_says_what_was_found(fine_tuned, scratch, sentence):
    assert tell(find(fine_tuned=fine_tuned, scratch=scratch), LABELS) == sentence


def test_a_short_time_is_not_written_as_none():
    table = curves(fine_tuned=[[0.3, 0.7]], scratch=[[0.2, 0.4, 0.5]])
    table["train_s"] /= 1000
    found = find_time_to_accuracy(table, "fine_tuned", "scratch", Metric.ACCURACY)
    assert "(less than 0.1 s instead of less than 0.1 s, one seed)" in tell(found, LABELS)


ALL = curves(
    fine_tuned=[[0.3, 0.7, 0.9], [0.3, 0.4, 0.5]], scratch=[[0.2, 0.6, 0.5], [0.3, 0.4, 0.6]], tfidf=[[0.6]]
)


def test_every_arm_has_a_row_a_seed_with_seconds_and_steps():
    rows = time_rows(ALL, ["fine_tuned", "scratch", "tfidf"], "scratch", Metric.ACCURACY)
    assert rows[["arm", "seed"]].to_numpy().tolist() == [
        [arm, seed] for arm in ("fine_tuned", "scratch", "tfidf") for seed in (0, 1)
    ]
    assert rows["target"].tolist() == [0.55, 0.6] * 3, "0.6 and then 0.5 are 0.55 twice"
    assert rows["train_s"].tolist() == [10, 20, 10, 20, 0, 0]
    assert rows["step"].tolist() == [4, 8, 4, 8, 0, 0]


def test_a_seed_that_never_got_there_says_where_it_ended():
    rows = time_rows(ALL, ["fine_tuned"], "scratch", Metric.ACCURACY)
    assert rows["is_reached"].tolist() == [True, False]
    assert rows.iloc[1][["train_s", "step"]].tolist() == [20.0, 8]


def test_the_reference_without_a_network_is_reached_in_every_seed():
    rows = time_rows(ALL, ["tfidf", "scratch"], "tfidf", Metric.ACCURACY)
    assert rows["arm"].value_counts().to_dict() == {"tfidf": 2, "scratch": 2}


def test_a_reference_without_a_network_took_its_time_in_every_seed():
    assert find(b="tfidf", fine_tuned=[[0.5, 0.7], [0.5, 0.5]], tfidf=[[0.6]]).seconds_b == (0.0, 0.0)


def test_an_arm_that_shares_no_seed_has_no_row():
    table = curves(scratch=[[0.5]], fine_tuned=[[0.5]])
    table.loc[table["arm"] == "fine_tuned", "seed"] = 7
    assert set(time_rows(table, ["scratch", "fine_tuned"], "scratch", Metric.ACCURACY)["arm"]) == {"scratch"}


def test_the_numbers_are_in_words_and_units():
    rows = time_rows(ALL, ["fine_tuned"], "scratch", Metric.ACCURACY)
    shown = numbers(rows, Metric.ACCURACY, LABELS)
    assert shown.iloc[1].to_dict() == {
        "Model": "Fine-tuned",
        "Seed": 1,
        "Validation accuracy to reach, %": 60.0,
        "Reached": "no, ended before",
        "Training seconds": 20.0,
        "Steps": 8,
        "Validation examples": 1200,
    }


MEASURED = curves(
    watts=36.0,
    fine_tuned=[[0.3, 0.7, 0.9], [0.3, 0.6, 0.6], [0.3, 0.3, 0.3]],
    scratch=[[0.2, 0.6, 0.5], [0.3, 0.4, 0.6], [0.5, 0.5, 0.4]],
)


def test_energy_is_counted_where_the_value_was_reached():
    found = find_time_to_accuracy(MEASURED, "fine_tuned", "scratch", Metric.ACCURACY)
    assert found.energies_a == (pytest.approx(0.1), pytest.approx(0.1), None)
    assert found.energies_b == pytest.approx((0.1, 0.2, 0.0))
    assert found.median_energies == pytest.approx((0.1, 0.1))
    assert (
        tell(found, LABELS) == "Fine-tuned reached From scratch's best score no faster (median 10 s, 0.1 Wh)."
    )
    rows = time_rows(MEASURED, ["fine_tuned"], "scratch", Metric.ACCURACY)
    shown = numbers(rows, Metric.ACCURACY, LABELS)
    assert shown["Energy of training, Wh"].tolist() == [0.1, 0.1, 0.2]


def test_energy_that_is_not_known_of_every_run_is_left_out():
    table = MEASURED.copy()
    table.loc[table["run_id"] == "scratch-2", "energy_wh"] = float("nan")
    found = find_time_to_accuracy(table, "fine_tuned", "scratch", Metric.ACCURACY)
    assert found.median_energies is None
    assert "Wh" not in tell(found, LABELS)
    rows = time_rows(table, ["scratch"], "scratch", Metric.ACCURACY)
    assert "Energy of training, Wh" not in numbers(rows, Metric.ACCURACY, LABELS)
