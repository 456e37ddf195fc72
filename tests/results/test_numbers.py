"""The numbers behind the figures, by hand."""

import numpy as np
import pandas as pd
import pytest

from tests.pages.fixtures import add_experiment, finish_all, store_sample_dataset
from tl_core.results import numbers, tables
from tl_core.results.agreement import find_agreement
from tl_core.results.comparison import gather

LABELS = {"majority": "Majority", "tfidf": "TF-IDF", "scratch": "From scratch", "fine_tuned": "Fine-tuned"}


@pytest.fixture
def results(workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    finish_all(workspace, experiment, fine_tuned=0.95, scratch=0.5)
    return gather(workspace, experiment.experiment_id)


def test_the_overview_is_in_percent_with_seeds_and_examples_the_best_first(results):
    shown = numbers.overview_numbers(results, 33, LABELS)
    assert shown["Arm"].iloc[0] == "Fine-tuned"
    assert shown["Mean test accuracy, %"].iloc[0] == 94.4  # 17 of 18
    assert shown[["Seeds", "Test examples"]].iloc[0].tolist() == [2, 18]


@pytest.mark.parametrize(("y", "unit", "value"), [("accuracy", "%", 73.3), ("loss", "nats", 0.733)])
def test_the_race_names_its_axes_and_units(y, unit, value):
    ended = {"is_ended": [True], "is_kept": [True], "run_id": ["run_1"]}
    points = pd.DataFrame(
        {"arm": ["tfidf"], "seed": [1], "train_s": [2.04], y: [0.7333333], "num_examples": [512], **ended}
    )
    shown = numbers.learning_curve_numbers(points, "train_s", y, LABELS)
    assert shown.iloc[0].to_dict() == {
        "Arm": "TF-IDF",
        "Seed": 1,
        "Training seconds": 2.0,
        f"Validation {y}, {unit}": value,
        "Weights kept": "yes",
        f"Mean of the kept, {y}, {unit}": value,
        "Validation examples": 512,
    }


def test_the_cells_add_up(results):
    agreement = find_agreement(*(results.predictions[arm, 33] for arm in ("fine_tuned", "scratch")))
    shown = numbers.agreement_numbers(agreement, LABELS)
    assert shown["Who is right on test"].tolist() == [
        "both",
        "only Fine-tuned",
        "only From scratch",
        "neither",
    ]
    assert shown["Answers"].sum() == 36
    assert shown["Share, %"].sum() == pytest.approx(100, abs=0.3)


def test_classes_are_in_percent_and_their_difference_in_points(results):
    rows = pd.DataFrame(
        {"label": ["a"], "difference": [-0.0525], "value_a": [0.5], "value_b": [0.5525], "support": [6]}
    )
    shown = numbers.class_numbers(rows, "A", "B", 2)
    assert shown.iloc[0].tolist() == ["a", 50.0, 55.2, -5.2, 6, 2]


def test_a_confusion_matrix_becomes_shares_of_the_true_class():
    shown = numbers.confusion_numbers(np.array([[3.0, 1.0], [0.0, 0.0]]), ["True class", "b"], 3)
    assert shown["taken for True class, %"].tolist() == [75.0, 0.0]
    assert shown["taken for b, %"].tolist() == [25.0, 0.0]
    assert shown["Test examples"].tolist() == [4, 0]
    assert shown["Seeds"].tolist() == [3, 3]


def test_pairs_are_in_points_with_method_in_words(results):
    shown = numbers.pair_numbers(tables.verdict_rows(results, 33, LABELS))
    verdict = results.headline
    assert shown["Difference, points"].iloc[0] == round(100 * verdict.difference, 2)
    assert shown["Method"].notna().all()
    assert not shown["Method"].str.contains("_").any()


def test_answers_and_labels_are_in_percent():
    rows = pd.DataFrame(
        [("tfidf", "no", 0.25), ("tfidf", "yes", 0.75), ("majority", "no", 1.0), ("majority", "yes", 0.0)],
        columns=["arm", "label", "probability"],
    )
    shown = numbers.answer_numbers(rows, LABELS)
    assert shown.to_dict("list") == {
        "Arm": ["TF-IDF", "Majority"],
        "no, %": [25.0, 100.0],
        "yes, %": [75.0, 0.0],
    }
    assert numbers.label_numbers({"no": 1, "yes": 2})["Share, %"].tolist() == [33.3, 66.7]
    assert numbers.label_numbers({"no": 0})["Share, %"].tolist() == [0.0]


def test_the_difference_of_two_confusions_is_in_points_of_the_class():
    a, b = np.array([[9.0, 1.0], [0.0, 4.0]]), np.array([[5.0, 5.0], [0.0, 4.0]])
    shown = numbers.confusion_difference_numbers(a, b, ["x", "y"], 3)
    assert shown["taken for y, points"].tolist() == [-40.0, 0.0]
    assert shown["Test examples"].tolist() == [10, 4]


def test_mistakes_name_both_arms_with_seeds_and_examples():
    a, b = np.array([[9.0, 1.0], [0.0, 4.0]]), np.array([[5.0, 5.0], [0.0, 4.0]])
    shown = numbers.mistake_numbers(tables.mistake_rows(a, b, ["x", "y"]), "A", "B", 3)
    assert shown.iloc[0].tolist() == ["x", "y", 10.0, 50.0, -40.0, 10, 3]
    assert list(shown.columns[2:4]) == ["A, % of the class", "B, % of the class"]
