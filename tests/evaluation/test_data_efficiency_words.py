"""What the sentence says where labels were saved, were not, or where the data end; and its flags."""

import math

import pytest

from tl_core.evaluation.data_efficiency import DataEfficiency, Needed
from tl_core.evaluation.data_efficiency_words import (
    NOT_SHOWN,
    needed_interval_words,
    needed_words,
    saved_interval_words,
    saved_words,
    worth_sentence,
)
from tl_core.evaluation.wording import spoken_names
from tl_core.schema import Flag, Metric

LABELS = spoken_names(dict.fromkeys(("fine_tuned", "scratch", "tfidf"), ""))


def worth(above, most, low, high, **changes):
    fields = {
        "a": "fine_tuned",
        "b": "scratch",
        "metric": Metric.ACCURACY,
        "sizes": (25, 50, 100, 250, 500),
        "size": 500,
        "value": 0.712,
        "needed": Needed(above=above, most=most, low=low, high=high),
        "num_seeds": 5,
        "num_examples": 180,
        "scope": "expected",
    }
    return DataEfficiency(**(fields | changes))


def test_labels_that_were_saved_are_the_claim():
    assert worth_sentence(worth(50, 100, 50, 100), LABELS) == (
        "Pretraining saved at least 400 labels (95% interval 400 to 450, 5 seeds, 180 test examples). "
        "From scratch reaches 71.2% accuracy with 500 labels; Fine-tuned needs between 50 and 100."
    )


def test_networks_say_how_long_they_trained():
    sentence = worth_sentence(worth(50, 100, 50, 100, epochs_a=(4.0, 19.0), epochs_b=(4.0, 4.0)), LABELS)
    assert sentence.endswith(
        "with 500 labels after 4 epochs; Fine-tuned needs between 50 and 100 after 4 to 19 epochs."
    )


def test_where_the_fewest_measured_are_enough_the_data_cannot_show_how_many_were_saved():
    sentence = worth_sentence(worth(0, 25, 0, 50), LABELS)
    assert sentence.startswith("Pretraining saved at least 450 labels (95% interval at least 450")
    assert "Fine-tuned is as good with 25, the fewest tried." in sentence


def test_where_the_interval_holds_no_labels_saved_nothing_is_claimed():
    sentence = worth_sentence(worth(250, 500, 100, math.inf), LABELS)
    assert sentence.startswith("It is not clear that pretraining saved labels (95% interval less than 400")
    assert "saved at least" not in sentence


def test_an_arm_that_never_gets_there():
    sentence = worth_sentence(worth(500, math.inf, 250, math.inf), LABELS)
    assert sentence.startswith("It is not clear that pretraining saved labels")
    assert "Fine-tuned does not reach it with 500, the most tried." in sentence
    assert worth_sentence(worth(500, math.inf, 500, math.inf), LABELS).startswith(
        "Pretraining saved no labels ("
    )


def test_one_seed_is_about_these_trainings():
    sentence = worth_sentence(worth(50, 100, 50, 100, scope="models", num_seeds=1), LABELS)
    assert "1 seed, 180 test examples" in sentence
    assert sentence.endswith(" One seed: another training may turn out differently.")


def test_flags_are_sentences_after_it():
    improving, collapsed = (
        Flag(code=code, arm="scratch", phrase=phrase, evidence="95%", remedy="", seeds=(0, 1, 2))
        for code, phrase in (
            ("still_improving", "was still improving when it stopped (3 of 5 seeds)"),
            ("collapsed", "with 500 labels gave almost every example the same label"),
        )
    )
    sentence = worth_sentence(worth(50, 100, 50, 100, flags=(improving, collapsed)), LABELS)
    assert sentence.endswith(
        " From scratch failed in 3 seeds: not a fair comparison yet (From scratch with 500 labels gave "
        "almost every example the same label: 95%). From scratch was still improving when it stopped "
        "(3 of 5 seeds)."
    )


def test_other_pairs_do_not_speak_of_pretraining():
    sentence = worth_sentence(worth(50, 100, 50, 100, b="tfidf"), LABELS)
    assert sentence.startswith("It saved at least 400 labels (")
    assert "TF-IDF reaches 71.2% accuracy with 500 labels" in sentence
    assert "retraining" not in sentence


@pytest.mark.parametrize(
    ("bounds", "needed", "interval", "saved", "saved_interval"),
    [
        ((50, 100, 50, 250), "between 50 and 100", "50 to 250", "at least 250", "250 to 450"),
        ((100, 100, 50, 250), "100", "50 to 250", "at least 250", "250 to 450"),
        ((0, 25, 0, 50), "at most 25", "at most 50", "at least 450", "at least 450"),
        ((250, 500, 100, math.inf), "between 250 and 500", "more than 100", "not shown", "less than 400"),
        ((500, math.inf, 500, math.inf), "more than 500", "more than 500", "not shown", "less than 0"),
        ((50, 100, 0, math.inf), "between 50 and 100", NOT_SHOWN, "not shown", NOT_SHOWN),
        ((250, 500, 100, 500), "between 250 and 500", "100 to 500", "not shown", "0 to 400"),
    ],
)
def test_ends_are_measured_sizes_and_open_ones_say_so(bounds, needed, interval, saved, saved_interval):
    one = worth(*bounds)
    assert needed_words(one) == needed
    assert needed_interval_words(one) == interval
    assert saved_words(one) == saved
    assert saved_interval_words(one) == saved_interval
