"""Each display: its sentence, its numbers by hand, and what they are drawn from."""

import re

import numpy as np
import pandas as pd
import pytest

from tests.displays.conftest import finished
from tl_core.displays import (
    agreement,
    classes,
    confusion,
    learning_curves,
    other_metrics,
    overview,
    pairs,
    thresholds,
)
from tl_core.displays.answers import answer_numbers, label_numbers
from tl_core.displays.learning_curves import curve_numbers, mean_numbers
from tl_core.displays.questions import QUESTIONS
from tl_core.results.thresholds import ThresholdEffect
from tl_core.schema import Metric

NAMES = {"majority": "Majority", "tfidf": "TF-IDF", "scratch": "From scratch", "fine_tuned": "Fine-tuned"}


def test_every_question_is_answered_with_a_figure_and_its_numbers(subject):
    answered = {question.words: question.displays(subject) for question in QUESTIONS}
    assert [words for words, displays in answered.items() if not displays] == [
        "Does it hold on other splits?",
        "How many labels does pretraining save?",
    ], "with one split nothing is known of others, and with one train size nothing of labels"
    for display in (one for displays in answered.values() for one in displays):
        assert len(display.frame), display.key
        assert display.figure("dark").layout.meta["alt"]
        assert display.figure("light").to_json() != display.figure("dark").to_json()
        assert display.figure("light") is display.figure("light"), "drawn once"


def test_keys_tell_displays_apart(subject):
    keys = [display.key for question in QUESTIONS for display in question.displays(subject)]
    assert len(keys) == len(set(keys))


def gaps(*, reach: float = 0.02, **by_class: float) -> pd.DataFrame:
    frame = pd.DataFrame({"label": list(by_class), "difference": list(by_class.values())})
    return frame.assign(low=frame["difference"] - reach, high=frame["difference"] + reach)


def test_the_overview_names_the_best_on_validation_and_what_is_not_above_the_floor(workspace):
    found = overview.display(finished(workspace, 1, fine_tuned=1.0, scratch=0.2, tfidf=0.6))
    assert found.sentence == (
        "The best on validation, Fine-tuned, reaches 100.0% test accuracy. Always answering the most common "
        "label scores 33.3%. From scratch does not beat that."
    )


def test_two_models_can_share_the_highest_score_on_validation(workspace):
    found = overview.display(finished(workspace, 1, fine_tuned=1.0, scratch=1.0, tfidf=0.6))
    assert found.sentence.startswith(
        "The best on validation, From scratch and Fine-tuned, reach 100.0% and 100.0% test accuracy."
    )
    assert "No better" not in found.sentence


def test_the_best_is_never_chosen_on_test(subject, monkeypatch):
    """Of two models, the one that is worse on test is named where validation says so."""
    monkeypatch.setattr(overview, "validation_means", lambda *_: {"fine_tuned": 0.1, "scratch": 0.9})
    found = overview.display(subject)
    assert found.sentence.startswith("The best on validation, From scratch, reaches ")
    assert found.frame["Model"].iloc[0] == "From scratch"


def test_the_overview_is_in_percent_with_seeds_and_examples_the_best_first(subject):
    shown = overview.display(subject).frame
    assert shown["Model"].iloc[0] == "Fine-tuned"
    assert shown["Mean test accuracy, %"].iloc[0] == 94.4  # 17 of 18
    assert shown[["Seeds", "Test examples"]].iloc[0].tolist() == [2, 18]


def test_each_run_is_a_dot(subject):
    counts = overview.seed_values(subject.results, 33)["arm"].value_counts().to_dict()
    assert counts == {"majority": 1, "tfidf": 1, "scratch": 2, "fine_tuned": 2}


def test_means_carry_their_intervals(subject):
    means = overview.arm_means(subject.results, 33).set_index("arm")
    assert means.loc["fine_tuned", "mean"] == pytest.approx(17 / 18)
    assert (means["low"] < means["mean"]).all()
    assert (means["mean"] < means["high"]).all()


def test_another_size_has_no_rows(subject):
    assert overview.arm_means(subject.results, 12).empty


@pytest.mark.parametrize(
    ("by_class", "sentence"),
    [
        (
            {"a": 0.21, "b": -0.03},
            "“a” gains most: 21.0 points (19.0 to 23.0); “b” loses most: 3.0 points (1.0 to 5.0).",
        ),
        (
            {"a": 0.21, "b": -0.03, "c": -0.01},
            "“a” gains most: 21.0 points (19.0 to 23.0); “b” loses most: 3.0 points (1.0 to 5.0). "
            "One class is not clear.",
        ),
        (
            {"a": 0.21, "b": 0.0, "c": 0.01},
            "“a” gains most: 21.0 points (19.0 to 23.0). 2 classes are not clear.",
        ),
        (
            {"a": -0.21, "b": 0.0},
            "“a” loses most: 21.0 points (19.0 to 23.0). One class is not clear.",
        ),
        (
            {"a": 0.0001, "b": -0.015},
            "No class clearly gains or loses. The largest difference is that of “b”: 1.5 points "
            "(−0.5 to 3.5).",
        ),
    ],
)
def test_classes_that_gain_and_lose_most_are_those_that_are_clear(by_class, sentence):
    assert classes.tell(gaps(**by_class)) == sentence


def test_a_class_that_is_not_clear_makes_no_headline():
    assert classes.headline(gaps(a=0.21, b=0.05)) == "“a” gains most: 21.0 points."
    assert classes.headline(gaps(reach=0.3, a=0.21, b=0.05)) == "No class clearly gains or loses."


def test_a_label_written_from_the_right_keeps_the_numbers_in_their_place():
    sentence = classes.tell(gaps(مرحبا=0.21))
    assert "\u200e“مرحبا”\u200e gains most" in sentence
    assert "\u200e" not in classes.tell(gaps(a=0.21))


def test_the_mistake_that_changes_most_is_off_the_diagonal():
    a, b = np.array([[9.0, 1.0], [0.0, 4.0]]), np.array([[5.0, 5.0], [0.0, 4.0]])
    sentence = confusion.tell(a, b, ["x", "y"], ("A", "B"))
    assert sentence == "The mistake that changes most: “x” taken for “y”, 10.0% with A and 50.0% with B."


def test_equal_mistakes_are_said_to_be_equal():
    a = np.array([[9.0, 1.0], [0.0, 0.0]])
    sentence = confusion.tell(a, a, ["x", "y"], ("A", "B"))
    assert sentence == "Both make the same mistakes equally often."


def test_only_one_of_two_is_right(workspace):
    found = agreement.display(finished(workspace, 1, fine_tuned=1.0, scratch=0.5))
    assert found.sentence == (
        "Only one of them is right in 50% of the answers: Fine-tuned in 50.0%, From scratch in 0.0%."
    )
    assert found.limits == "Counted over 18 answers: 18 test examples."


def test_two_that_never_disagree_are_said_to(workspace):
    found = agreement.display(finished(workspace, 1, fine_tuned=1.0, scratch=1.0))
    assert found.sentence == "Both are right and wrong on the same test examples."


def test_the_cells_add_up(subject):
    shown = agreement.display(subject).frame
    assert shown["Who is right on test"].tolist() == [
        "both",
        "only Fine-tuned",
        "only From scratch",
        "neither",
    ]
    assert shown["Answers"].sum() == 36
    assert shown["Share, %"].sum() == pytest.approx(100, abs=0.3)


@pytest.mark.parametrize(
    ("bounds", "sentence"),
    [
        ([(0.1, 0.2)], "The difference is statistically clear."),
        ([(-0.1, 0.2)], "The difference is not clear."),
        ([(-0.1, 0.2), (-0.1, 0.2)], "0 of 2 differences are statistically clear."),
    ],
)
def test_clear_differences_are_counted(bounds, sentence):
    rows = pd.DataFrame(bounds, columns=["low", "high"]).assign(p_value=0.2, p_corrected=0.5, num_groups=None)
    assert pairs.tell(rows) == sentence


@pytest.mark.parametrize(("p_corrected", "num_left"), [((0.01, 0.6, 0.06), 1), ((0.01, 0.6, 0.04), 2)])
def test_differences_that_stand_after_correction_are_counted(p_corrected, num_left):
    rows = pd.DataFrame([(0.1, 0.2), (-0.1, 0.2), (-0.2, -0.1)], columns=["low", "high"]).assign(
        p_value=0.2, p_corrected=p_corrected, num_groups=None
    )
    assert pairs.tell(rows) == (
        f"2 of 3 differences are statistically clear, {num_left} after correction for the number of pairs."
    )


def test_nothing_is_clear_on_too_few_groups():
    rows = pd.DataFrame([(0.1, 0.2), (0.1, 0.2)], columns=["low", "high"]).assign(
        p_value=0.01, p_corrected=0.01, num_groups=12
    )
    assert pairs.tell(rows) == "0 of 2 differences are statistically clear."


def test_pairs_with_a_flagged_model_are_counted():
    rows = pd.DataFrame([(0.1, 0.2, 0.01), (-0.1, 0.2, 0.5)], columns=["low", "high", "p_corrected"]).assign(
        p_value=0.2, num_groups=None
    )
    assert pairs.tell(rows, 1).endswith(" Read 1 of them with care: a model is flagged.")
    assert pairs.tell(rows[:1], 1).endswith("clear. Read it with care: a model is flagged.")


def test_pairs_begin_with_the_main_one_and_carry_the_proof(subject):
    rows = pairs.verdict_rows(subject)
    assert rows["pair"].iloc[0] == "Fine-tuned − From scratch"
    assert len(rows) == 6
    assert [len(values) for values in rows["mcnemar"]] == [2] * 6
    assert rows["sentence"].iloc[0] == subject.verdict.sentence


def test_pairs_are_in_points_with_method_in_words(subject):
    shown = pairs.display(subject).frame
    assert shown["Difference, points"].iloc[0] == round(100 * subject.verdict.difference, 2)
    assert shown["Method"].notna().all()
    assert not shown["Method"].str.contains("_").any()


@pytest.mark.parametrize(("y", "unit", "value"), [("accuracy", "%", 73.3), ("loss", "nats", 0.733)])
def test_the_curves_name_their_axes_and_units(y, unit, value):
    ended = {"is_ended": [True], "is_kept": [True], "run_id": ["run_1"]}
    points = pd.DataFrame(
        {"arm": ["tfidf"], "seed": [1], "train_s": [2.04], y: [0.7333333], "num_examples": [512], **ended}
    )
    shown = curve_numbers(points, "train_s", y, NAMES)
    assert shown.iloc[0].to_dict() == {
        "Model": "TF-IDF",
        "Seed": 1,
        "Training seconds": 2.0,
        f"Validation {y}, {unit}": value,
        "Weights kept": "yes",
        f"Mean of the kept, {y}, {unit}": value,
        "Validation examples": 512,
    }


def test_on_paper_the_curves_are_means_over_seeds_by_step():
    points = pd.DataFrame(
        {
            "arm": ["scratch", "scratch", "scratch", "tfidf"],
            "run_id": ["s0", "s0", "s1", "t0"],
            "step": [0, 4, 4, 0],
            "seed": [0, 0, 1, 0],
            "train_s": [0.0, 1.0, 3.0, 0.5],
            "accuracy": [0.5, 0.6, 0.8, 0.75],
            "loss": [0.7, 0.25, 0.35, 0.5],
        }
    )
    names = {"fine_tuned": "Fine-tuned", "tfidf": "TF-IDF", "scratch": "From scratch"}
    table = mean_numbers(points, "accuracy", names)
    assert list(table.columns) == ["Step", "TF-IDF", "From scratch"]
    assert table["Step"].tolist() == ["0", "4", "kept"]
    one, other = "75.0 (75.0 to 75.0), 0.5 s", "70.0 (60.0 to 80.0), 2.0 s"
    assert table["TF-IDF"].tolist() == [one, "", one]
    assert table["From scratch"].tolist() == ["50.0 (50.0 to 50.0), 0.0 s", other, other]
    losses = mean_numbers(points, "loss", names)
    assert losses["From scratch"].iloc[-1] == "0.300 (0.250 to 0.350), 2.0 s"


def test_seconds_and_energy_say_what_they_leave_out(subject):
    assert learning_curves.PRETRAINING_LEFT_OUT in learning_curves.display(subject, "train_s").limits
    assert learning_curves.PRETRAINING_LEFT_OUT not in learning_curves.display(subject, "step").limits


def test_classes_are_in_percent_and_their_difference_in_points(subject):
    shown = classes.display(subject).frame
    assert list(shown.columns[1:4]) == [
        "F1 on test of Fine-tuned, %",
        "of From scratch, %",
        "Difference, points",
    ]
    values = shown.iloc[:, 1] - shown.iloc[:, 2]
    assert values.tolist() == pytest.approx(shown["Difference, points"].tolist(), abs=0.11)
    assert shown["Seeds"].tolist() == [2, 2, 2]


def test_a_confusion_matrix_becomes_shares_of_the_true_class():
    shown = confusion.matrix_numbers(np.array([[3.0, 1.0], [0.0, 0.0]]), ["True class", "b"], 3)
    assert shown["taken for True class, %"].tolist() == [75.0, 0.0]
    assert shown["taken for b, %"].tolist() == [25.0, 0.0]
    assert shown["Test examples"].tolist() == [4, 0]
    assert shown["Seeds"].tolist() == [3, 3]


def test_the_difference_of_two_confusions_is_in_points_of_the_class():
    a, b = np.array([[9.0, 1.0], [0.0, 4.0]]), np.array([[5.0, 5.0], [0.0, 4.0]])
    shown = confusion.difference_numbers(a, b, ["x", "y"], 3)
    assert shown["taken for y, points"].tolist() == [-40.0, 0.0]
    assert shown["Test examples"].tolist() == [10, 4]


def test_mistakes_name_both_models_with_seeds_and_examples(subject):
    shown = confusion.mistake_numbers(subject)
    assert list(shown.columns[2:4]) == ["Fine-tuned, % of the class", "From scratch, % of the class"]
    assert (shown["Seeds"] == 2).all()


def test_answers_and_labels_are_in_percent():
    rows = pd.DataFrame(
        [("tfidf", "no", 0.25), ("tfidf", "yes", 0.75), ("majority", "no", 1.0), ("majority", "yes", 0.0)],
        columns=["arm", "label", "probability"],
    )
    assert answer_numbers(rows, NAMES).to_dict("list") == {
        "Model": ["TF-IDF", "Majority"],
        "no, %": [25.0, 100.0],
        "yes, %": [75.0, 0.0],
    }
    assert label_numbers({"no": 1, "yes": 2})["Share, %"].tolist() == [33.3, 66.7]
    assert label_numbers({"no": 0})["Share, %"].tolist() == [0.0]


def test_other_metrics_write_each_model_in_a_row_with_intervals(subject):
    table = other_metrics.table(subject)
    assert list(table) == ["Model", "Accuracy, %", "Macro-F1, %", "Balanced accuracy, %", "MCC, %", "Seeds"]
    assert list(table["Model"]) == list(subject.names.values())
    row = table.set_index("Model").loc["Fine-tuned"]
    assert re.fullmatch(r"94\.4 \(\d+\.\d to \d+\.\d\)", row["Accuracy, %"]), "17 of 18 are right"
    numbers = other_metrics.numbers(subject).set_index(["Model", "Metric"])
    assert numbers.loc[("Fine-tuned", "Accuracy, %"), "Mean on test"] == 94.4
    assert numbers["Test examples"].unique().tolist() == [18]
    recall = other_metrics.recall_numbers(subject)
    assert recall["Test examples"].sum() == 18 * len(table)
    assert list(recall["Class"].unique()) == list(subject.results.experiment.labels)
    assert "18 test examples" in other_metrics.limits(subject)
    assert "PR-AUC" not in other_metrics.limits(subject), "of two labels only"


def test_more_than_two_labels_have_no_threshold(subject):
    assert thresholds.numbers(subject) is None
    assert thresholds.sentences(subject) == []
    assert thresholds.limits(subject) == ""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {},
            "A: a threshold of 20.0% on average helps (5.0 points of macro-F1, 95% interval ",
        ),
        (
            {"chosen": 0.75, "low": -0.09, "high": -0.01},
            "A: a threshold of 20.0% on average hurts (−5.0 points",
        ),
        ({"low": -0.01}, "A: another threshold makes no clear difference (5.0 points of macro-F1"),
        ({"num_changed": 0}, "A: another threshold changes no test answer."),
    ],
)
def test_a_threshold_is_said_with_what_it_changes(changes, expected):
    fields = {
        "arm": "fine_tuned",
        "metric": Metric.MACRO_F1,
        "thresholds": (0.1, 0.3),
        "usual": 0.8,
        "chosen": 0.85,
        "low": 0.01,
        "high": 0.09,
        "num_changed": 12,
        "num_seeds": 2,
        "num_examples": 100,
        "num_validation": 50,
    }
    assert thresholds.tell(ThresholdEffect(**(fields | changes)), "A").startswith(expected)
