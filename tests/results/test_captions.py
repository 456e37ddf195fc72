"""One line for each figure, computed from its numbers."""

import numpy as np
import pandas as pd
import pytest

from tests.pages.fixtures import add_experiment, finish_all, store_sample_dataset
from tl_core.results import captions
from tl_core.results.agreement import find_agreement
from tl_core.results.comparison import gather
from tl_core.schema import Flag

LABELS = {"majority": "Majority", "tfidf": "TF-IDF", "scratch": "From scratch", "fine_tuned": "Fine-tuned"}


def results_of(workspace, **accuracies):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    finish_all(workspace, experiment, **accuracies)
    return gather(workspace, experiment.experiment_id)


def classes(**gaps: float) -> pd.DataFrame:
    return pd.DataFrame({"label": list(gaps), "difference": list(gaps.values())})


def test_the_overview_names_the_highest_mean_and_what_is_not_above_the_floor(workspace):
    found = results_of(workspace, fine_tuned=1.0, scratch=0.2, tfidf=0.6)
    assert captions.overview_caption(found, 33, LABELS) == (
        "Fine-tuned has the highest mean test accuracy, 100.0%; always answering the largest class has "
        "33.3%; flagged: From scratch (did not learn, below the largest class), Fine-tuned (still "
        "improving). Not above that: From scratch."
    )


def test_two_arms_can_share_the_highest_mean(workspace):
    found = results_of(workspace, fine_tuned=1.0, scratch=1.0, tfidf=0.6)
    sentence = captions.overview_caption(found, 33, LABELS)
    assert sentence.startswith("From scratch and Fine-tuned share the highest mean test accuracy, 100.0%;")
    assert "Not above" not in sentence


@pytest.mark.parametrize(
    ("gaps", "sentence"),
    [
        ({"a": 0.21, "b": -0.03}, "‘a’ gains most: 21.0 points; ‘b’ loses most: 3.0 points."),
        (
            {"a": 0.21, "b": -0.03, "c": -0.01},
            "‘a’ gains most: 21.0 points; ‘b’ loses most: 3.0 points (2 classes lose).",
        ),
        ({"a": 0.21, "b": 0.0}, "‘a’ gains most: 21.0 points; no class loses."),
        ({"a": -0.21, "b": 0.0}, "No class gains; ‘a’ loses most: 21.0 points."),
        ({"a": 0.0001, "b": 0.0}, "No class gains or loses."),
    ],
)
def test_classes_that_gain_and_lose_most(gaps, sentence):
    assert captions.class_caption(classes(**gaps)) == sentence


def test_a_label_written_from_the_right_keeps_the_numbers_in_their_place():
    sentence = captions.class_caption(classes(مرحبا=0.21))
    assert "\u200e‘مرحبا’\u200e gains most" in sentence
    assert "\u200e" not in captions.class_caption(classes(a=0.21))


def test_the_mistake_that_changes_most_is_off_the_diagonal():
    a, b = np.array([[9.0, 1.0], [0.0, 4.0]]), np.array([[5.0, 5.0], [0.0, 4.0]])
    sentence = captions.confusion_caption(a, b, ["x", "y"], ("A", "B"))
    assert sentence == "The mistake that changes most: ‘x’ taken for ‘y’, 10.0% with A and 50.0% with B."


def test_equal_mistakes_are_said_to_be_equal():
    a = np.array([[9.0, 1.0], [0.0, 0.0]])
    sentence = captions.confusion_caption(a, a, ["x", "y"], ("A", "B"))
    assert sentence == "Both make the same mistakes equally often."


def test_only_one_of_two_is_right(workspace):
    found = results_of(workspace, fine_tuned=1.0, scratch=0.5)
    agreement = find_agreement(found.predictions["fine_tuned", 33], found.predictions["scratch", 33])
    assert captions.agreement_caption(agreement, LABELS) == (
        "Of 18 answers, only Fine-tuned has 50.0% right and only From scratch 0.0%; "
        "in accuracy they differ by these two alone."
    )


@pytest.mark.parametrize(
    ("bounds", "start"),
    [
        ([(0.1, 0.2)], "The interval excludes zero."),
        ([(-0.1, 0.2)], "The interval holds zero."),
        ([(-0.1, 0.2), (-0.1, 0.2)], "In 0 of 2 pairs the interval excludes zero."),
    ],
)
def test_pairs_with_a_difference_are_counted(bounds, start):
    rows = pd.DataFrame(bounds, columns=["low", "high"]).assign(p_holm=0.5)
    assert captions.pairs_caption(rows).startswith(start)


@pytest.mark.parametrize(("p_holm", "num_left"), [((0.01, 0.6, 0.06), 1), ((0.01, 0.6, 0.04), 2)])
def test_pairs_that_stand_after_correction_are_counted(p_holm, num_left):
    rows = pd.DataFrame([(0.1, 0.2), (-0.1, 0.2), (-0.2, -0.1)], columns=["low", "high"]).assign(
        p_holm=p_holm
    )
    assert captions.pairs_caption(rows) == (
        "In 2 of 3 pairs the interval excludes zero; corrected for the number of pairs (Holm), a difference "
        f"stands in {num_left}."
    )


def test_flagged_arms_are_named_in_the_same_sentence():
    flags = [
        Flag(code=code, arm=arm, phrase="", remedy="", seeds=(0,))
        for arm, code in (
            ("scratch", "collapsed"),
            ("scratch", "did_not_finish"),
            ("fine_tuned", "collapsed"),
        )
    ]
    assert captions.with_flags("A beats B.", flags, LABELS) == (
        "A beats B; flagged: From scratch (one label for all, seeds missing), Fine-tuned (one label for all)."
    )
    assert captions.with_flags("A beats B.", [], LABELS) == "A beats B."
    assert captions.with_flags("", flags, LABELS) == ""


def test_pairs_with_a_flagged_arm_are_counted():
    rows = pd.DataFrame([(0.1, 0.2, 0.01), (-0.1, 0.2, 0.5)], columns=["low", "high", "p_holm"])
    assert captions.pairs_caption(rows, 1).endswith("; in 1 an arm is flagged, as its verdict says.")
    assert captions.pairs_caption(rows[:1], 1) == (
        "The interval excludes zero; in 1 an arm is flagged, as its verdict says."
    )
