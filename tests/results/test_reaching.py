"""How long an arm trains until it is as good as another one ever was."""

import pandas as pd
import pytest

from tl_core.results.reaching import find_reaching, reaching_sentence
from tl_core.schema import Metric

LABELS = {"fine_tuned": "Fine-tuned", "scratch": "From scratch", "tfidf": "TF-IDF"}


def curves(**arms):
    """Make curves from lists of accuracies by arm, one list a seed, at 0, 10, 20 ... seconds."""
    rows = [
        (arm, f"{arm}-{seed}", seed, 10.0 * place, value, 1200)
        for arm, seeds in arms.items()
        for seed, values in enumerate(seeds)
        for place, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=["arm", "run_id", "seed", "train_s", "accuracy", "num_examples"])


def find(a="fine_tuned", b="scratch", **arms):
    return find_reaching(curves(**arms), a, b, Metric.ACCURACY)


def test_each_seed_is_held_against_its_own_best():
    found = find(
        fine_tuned=[[0.3, 0.7, 0.9], [0.3, 0.4, 0.9], [0.3, 0.3, 0.8]],
        scratch=[[0.3, 0.4, 0.6], [0.3, 0.5, 0.4], [0.2, 0.3, 0.4]],
    )
    assert found.seconds_a == (10.0, 20.0, 20.0)
    assert found.seconds_b == (20.0, 10.0, 20.0)
    assert (found.median_a, found.median_b) == (20.0, 20.0)


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
    ("accuracies", "sentence"),
    [
        (
            [[0.3, 0.7]],
            "Fine-tuned was as good on validation as From scratch at its best after 10 s of training; "
            "From scratch itself took 0.0 s (one seed, 1,200 validation examples).",
        ),
        (
            [[0.3, 0.4]],
            "Fine-tuned got as good on validation as From scratch at its best: never "
            "(1,200 validation examples).",
        ),
    ],
)
def test_the_sentence_says_what_was_found(accuracies, sentence):
    assert reaching_sentence(find(fine_tuned=accuracies, scratch=[[0.5]]), LABELS) == sentence
