"""What the sentence says where labels were saved, were not, or where the data end; and its flags."""

import math

import pytest

from tl_core.evaluation.data_efficiency import DataEfficiency, Needed
from tl_core.evaluation.data_efficiency_words import (
    needed_interval_words,
    needed_words,
    saved_interval_words,
    saved_words,
    worth_sentence,
)
from tl_core.schema import Flag, Metric

LABELS = {"fine_tuned": "fine-tuning all-MiniLM-L6", "tfidf": "TF-IDF with logistic regression"}


def worth(estimate, low, high, **changes):
    fields = {
        "a": "fine_tuned",
        "b": "scratch",
        "metric": Metric.ACCURACY,
        "sizes": (25, 50, 100, 250, 500),
        "size": 500,
        "value": 0.712,
        "needed": Needed(estimate=estimate, low=low, high=high),
        "num_seeds": 5,
        "num_examples": 180,
        "scope": "expected",
    }
    return DataEfficiency(**(fields | changes))


def test_labels_that_were_saved_are_the_claim():
    assert worth_sentence(worth(68.3, 45, 112), LABELS) == (
        "With 500 labels the same network trained from scratch reaches 71.2 % accuracy; fine-tuning "
        "all-MiniLM-L6 reaches that with about 68: pretraining was worth about 430 labels here (95 % "
        "interval 390 to 460; 5 seeds, 180 test examples)."
    )


def test_networks_say_how_long_they_trained():
    sentence = worth_sentence(worth(68.3, 45, 112, epochs_a=(4.0, 19.0), epochs_b=(4.0, 4.0)), LABELS)
    assert sentence.startswith(
        "With 500 labels the same network trained from scratch reaches 71.2 % accuracy after 4 epochs; "
        "fine-tuning all-MiniLM-L6 reaches that with about 68 after 4 to 19 epochs: pretraining was worth"
    )


def test_where_the_fewest_measured_are_enough_the_data_cannot_show_how_many_were_saved():
    sentence = worth_sentence(worth(0, 0, 40), LABELS)
    assert "already reaches more with 25, the fewest tried" in sentence
    assert "worth at least 480 labels here, more than the data can show" in sentence
    assert "95 % interval at least 460" in sentence


def test_where_the_interval_holds_no_labels_saved_nothing_is_claimed():
    sentence = worth_sentence(worth(300, 120, math.inf), LABELS)
    assert "that pretraining was worth labels here is not shown (95 % interval at most 380" in sentence
    assert "worth about" not in sentence


def test_an_arm_that_never_gets_there():
    sentence = worth_sentence(worth(math.inf, 180, math.inf), LABELS)
    assert (
        "does not reach that with 500, the most tried: that pretraining was worth labels here is not"
        in sentence
    )
    assert "pretraining was worth no labels here" in worth_sentence(worth(math.inf, 500, math.inf), LABELS)


def test_one_seed_is_about_these_trainings():
    sentence = worth_sentence(worth(68, 45, 112, scope="models", num_seeds=1), LABELS)
    assert sentence.startswith("With 500 labels this one of the same network")
    assert "one seed, so this says nothing about other trainings" in sentence


def test_flags_stand_in_the_same_sentence():
    flags = (
        Flag(
            code="still_improving",
            arm="scratch",
            phrase="was still improving when it stopped (3 of 5 seeds)",
            remedy="",
            seeds=(0, 1, 2),
        ),
    )
    sentence = worth_sentence(worth(68, 45, 112, flags=flags), LABELS)
    assert sentence.endswith(
        "180 test examples), but training from scratch was still improving when it stopped (3 of 5 seeds)."
    )


def test_other_pairs_do_not_speak_of_pretraining():
    sentence = worth_sentence(worth(68, 45, 112, b="tfidf"), LABELS)
    assert sentence.startswith("With 500 labels TF-IDF with logistic regression reaches 71.2 % accuracy;")
    assert "it saved about 430 labels" in sentence
    assert "pretraining" not in sentence


@pytest.mark.parametrize(
    ("bounds", "needed", "interval", "saved", "saved_interval"),
    [
        ((68.3, 45.4, 112), "about 68", "45 to 110", "about 430", "390 to 450"),
        ((0, 0, 40), "fewer than 25", "at most 40", "at least 480", "at least 460"),
        ((0, 0, 25), "fewer than 25", "at most 25", "at least 480", "at least 480"),
        ((300, 120, math.inf), "about 300", "at least 120", "about 200", "at most 380"),
        ((math.inf, 500, math.inf), "more than 500", "at least 500", "none found", "at most 0"),
        (
            (90, 0, math.inf),
            "about 90",
            "more than the data can show",
            "about 410",
            "more than the data can show",
        ),
        ((300, 120, 580), "about 300", "120 to 580", "about 200", "−80 to 380"),
    ],
)
def test_numbers_are_written_with_two_digits_and_open_ends_say_so(
    bounds, needed, interval, saved, saved_interval
):
    one = worth(*bounds)
    assert needed_words(one) == needed
    assert needed_interval_words(one) == interval
    assert saved_words(one) == saved
    assert saved_interval_words(one) == saved_interval
