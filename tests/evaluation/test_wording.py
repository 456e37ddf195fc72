import pytest

from tests.some_arms import EVERY_ARM
from tl_core.evaluation.wording import (
    counts,
    describe_arm,
    detection_words,
    epochs_words,
    few_seeds_words,
    pairs_words,
    points,
    take_apart,
    verdict_sentence,
)
from tl_core.schema import Arm, Flag, Metric, ScoringRule, Verdict

NAMES = ["fine_tuned", "scratch", "frozen", "frozen_random", "tfidf", "majority", "fine_tuned:other"]
LABELS = {name: describe_arm(Arm.parse(name), "other" if ":" in name else "all-MiniLM-L6") for name in NAMES}

EQUIVALENT = {
    "difference": 0.001,
    "ci95": (-0.006, 0.008),
    "ci90": (-0.005, 0.007),
    "margin": 0.01,
    "conclusion": "equivalent",
}


def verdict(a="fine_tuned", b="scratch", difference=0.214, ci95=(0.141, 0.287), **changes):
    fields = {
        "a": a,
        "b": b,
        "metric": Metric.ACCURACY,
        "train_size": 400,
        "num_seeds": 5,
        "num_examples": 180,
        "method": "crossed_random_effects",
        "scope": "expected",
        "value_a": 0.9,
        "value_b": 0.9 - difference,
        "difference": difference,
        "ci95": ci95,
        "p_value": 0.01,
        "conclusion": "better" if ci95[0] > 0 else "worse" if ci95[1] < 0 else "no_difference_shown",
        "sentence": "",
    }
    return Verdict(**(fields | changes))


def flag(arm="scratch", phrase="was still improving when it stopped (3 of 5 seeds)"):
    return Flag(code="still_improving", arm=arm, phrase=phrase, remedy="More epochs.", seeds=(0, 1, 2))


def sentence(*args, **kwargs):
    return verdict_sentence(verdict(*args, **kwargs), LABELS)


def test_a_better_arm():
    assert sentence() == (
        "Fine-tuning all-MiniLM-L6 is 21.4 points more accurate than the same network trained from scratch "
        "(95 % interval 14.1 to 28.7, 5 seeds, 180 test examples)."
    )


def test_a_worse_arm_turns_the_signs_with_the_words():
    assert sentence("tfidf", "frozen", -0.053, (-0.085, -0.021)) == (
        "TF-IDF with logistic regression is 5.3 points less accurate than a head on frozen all-MiniLM-L6 "
        "(95 % interval 2.1 to 8.5, 5 seeds, 180 test examples)."
    )


def test_no_difference_shown():
    assert sentence(difference=0.012, ci95=(-0.031, 0.055)) == (
        "No difference shown between fine-tuning all-MiniLM-L6 and the same network trained from scratch: "
        "1.2 points of accuracy, 95 % interval −3.1 to 5.5 (5 seeds, 180 test examples)."
    )


def test_one_seed_speaks_of_these_two_models_only():
    assert sentence(num_seeds=1, scope="models") == (
        "These two trained models: fine-tuning all-MiniLM-L6 is 21.4 points more accurate than the same "
        "network trained from scratch (95 % interval 14.1 to 28.7 over 180 test examples; one seed, so this "
        "says nothing about other trainings)."
    )


def test_one_seed_without_a_difference():
    words = sentence(difference=0.012, ci95=(-0.031, 0.055), num_seeds=1, scope="models")
    assert words.startswith("These two trained models: no difference shown between fine-tuning")
    assert words.endswith("test examples (one seed, so this says nothing about other trainings).")


def test_arms_that_no_seed_changes_ran_once_and_speak_of_no_seeds():
    assert sentence("tfidf", "majority", is_deterministic=True) == (
        "TF-IDF with logistic regression is 21.4 points more accurate than always answering the largest "
        "class (95 % interval 14.1 to 28.7, 180 test examples; each ran once, for no seed changes it)."
    )


@pytest.mark.parametrize("difference", [0.214, 0.012])
def test_arms_that_no_seed_changes_say_the_same_with_one_seed_as_with_five(difference):
    asked = {"difference": difference, "ci95": (difference - 0.1, difference + 0.1), "is_deterministic": True}
    one = sentence("tfidf", "majority", num_seeds=1, scope="models", **asked)
    assert one == sentence("tfidf", "majority", **asked)
    assert "other trainings" not in one


def test_a_count_of_one_is_no_plural():
    assert counts(verdict(num_seeds=1, num_examples=1200)) == "1 seed, 1,200 test examples"


def test_macro_f1_is_named():
    assert "scores 8.2 points higher in macro-F1 than" in sentence(
        difference=0.082, ci95=(0.01, 0.15), metric=Metric.MACRO_F1
    )
    assert "scores 8.2 points lower in macro-F1 than" in sentence(
        difference=-0.082, ci95=(-0.15, -0.01), metric=Metric.MACRO_F1
    )
    assert "1.2 points of macro-F1" in sentence(difference=0.012, ci95=(-0.03, 0.05), metric=Metric.MACRO_F1)


def test_equivalence_states_its_margin_and_both_intervals():
    assert sentence(**EQUIVALENT) == (
        "Fine-tuning all-MiniLM-L6 and the same network trained from scratch are equivalent within 1 point: "
        "0.1 points of accuracy, 95 % interval −0.6 to 0.8, and the 90 % interval, −0.5 to 0.7, lies within "
        "the margin (5 seeds, 180 test examples)."
    )


def test_equivalence_with_one_seed_is_about_these_two_models():
    words = sentence(**EQUIVALENT, num_seeds=1, scope="models")
    assert words.startswith("These two trained models: fine-tuning all-MiniLM-L6 and")
    assert words.endswith("(one seed, so this says nothing about other trainings).")


def test_a_difference_that_was_not_to_matter_says_so():
    small = {"difference": 0.004, "ci95": (0.001, 0.007), "ci90": (0.0015, 0.0065), "margin": 0.01}
    assert sentence(**small).endswith("test examples), which lies within the margin of 1 point.")
    assert "margin" not in sentence(**(small | {"ci90": (0.0015, 0.0105)}))


def test_a_difference_that_many_pairs_could_bring_about_says_so():
    assert sentence(p_holm=0.06, num_pairs=6).endswith(
        "test examples), but not once corrected for 6 pairs (Holm p = 0.06)."
    )
    assert "Holm" not in sentence(p_holm=0.04, num_pairs=6)
    assert "Holm" not in sentence(difference=0.01, ci95=(-0.1, 0.1), p_holm=0.6, num_pairs=6)


@pytest.mark.parametrize(
    ("difference", "ci95", "expected"),
    [
        (-0.21, (-0.4, -0.02), "has a log loss 0.210 nats lower than the same network"),
        (0.21, (0.02, 0.4), "has a log loss 0.210 nats higher than the same network"),
        (0.01, (-0.02, 0.04), "0.010 nats of log loss, 95 % interval −0.020 to 0.040"),
    ],
)
def test_log_losses_are_said_in_nats(difference, ci95, expected):
    conclusion = "better" if ci95[1] < 0 else "worse" if ci95[0] > 0 else "no_difference_shown"
    assert expected in sentence(
        difference=difference, ci95=ci95, metric=ScoringRule.LOG_LOSS, conclusion=conclusion
    )


def test_brier_scores_have_no_unit():
    words = sentence(difference=-0.05, ci95=(-0.08, -0.02), metric=ScoringRule.BRIER, conclusion="better")
    assert "has a Brier score 0.050 lower than" in words
    assert "(95 % interval 0.020 to 0.080, 5 seeds" in words


def test_the_detectable_difference_is_said_in_points():
    assert detection_words(verdict(detectable_difference=0.0312)) == (
        "Four of five experiments like this one would show a difference of 3.1 points or more."
    )
    assert detection_words(verdict()).startswith("No difference is large enough")


def test_few_seeds_come_with_their_measured_rate():
    assert "up to 5.8 % of the cases" in few_seeds_words(verdict(num_seeds=3, false_positive_rate=0.058))
    assert few_seeds_words(verdict()) == ""


def test_several_pairs_are_counted():
    assert pairs_words([verdict()]) == ""
    assert pairs_words([verdict(), verdict()]).startswith("2 pairs were compared")


def test_flags_stand_in_the_same_sentence():
    assert sentence(flags=(flag(),)).endswith(
        "180 test examples), but training from scratch was still improving when it stopped (3 of 5 seeds)."
    )


def test_flags_of_both_arms_are_told_apart():
    flags = (
        flag(phrase="did this"),
        flag(phrase="did that"),
        flag("fine_tuned", "did worse"),
    )
    assert sentence(flags=flags).endswith(
        ", but fine-tuning did worse, and training from scratch did this and did that."
    )


def test_flags_of_two_arms_of_one_kind_use_their_full_names():
    words = sentence("fine_tuned", "fine_tuned:other", flags=(flag("fine_tuned:other", "did this"),))
    assert words.endswith(", but fine-tuning other did this.")


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("fine_tuned", "scratch", "than the same network trained from scratch"),
        ("frozen", "scratch", "than the same network trained from scratch"),
        ("fine_tuned:other", "scratch", "than the all-MiniLM-L6 network trained from scratch"),
        ("tfidf", "scratch", "than the all-MiniLM-L6 network trained from scratch"),
        ("fine_tuned", "fine_tuned:other", "than fine-tuning other"),
        ("scratch", "frozen_random", "than a head on a frozen random network"),
        ("scratch", "majority", "than always answering the largest class"),
    ],
)
def test_the_same_network_is_said_only_of_the_same_network(a, b, expected):
    assert expected in sentence(a, b)


def test_a_scratch_arm_named_first_stands_alone():
    assert sentence("scratch", "tfidf").startswith("The all-MiniLM-L6 network trained from scratch is")


def test_every_kind_of_arm_has_words():
    assert all(describe_arm(arm, "title") for arm in EVERY_ARM)


def test_an_arm_without_words_goes_by_its_name():
    assert verdict_sentence(verdict("frozen", "tfidf"), {}).startswith("Frozen is 21.4 points more")


def test_an_excluded_zero_is_never_written_as_zero():
    assert "(95 % interval 0.04 to 5.20," in sentence(difference=0.026, ci95=(0.0004, 0.052))


def test_points_are_typeset():
    assert points(0.214, -0.031) == ("21.4", "−3.1")
    assert points(-0.0, 0.0712) == ("0.0", "7.1")
    assert points(-1e-9, 0.1) == ("0.0000", "10.0000")


# --- how long networks trained ------------------------------------------------------------------------------


def test_networks_that_trained_alike_say_it_once():
    assert sentence(epochs_a=(4.0, 4.0), epochs_b=(4.0, 4.0)) == (
        "Fine-tuning all-MiniLM-L6 is 21.4 points more accurate than the same network trained from scratch, "
        "both after 4 epochs (95 % interval 14.1 to 28.7, 5 seeds, 180 test examples)."
    )


def test_networks_that_trained_differently_long_say_it_of_each():
    assert sentence(epochs_a=(2.0, 5.0), epochs_b=(9.2, 14.1)).startswith(
        "Fine-tuning all-MiniLM-L6 after 2 to 5 epochs is 21.4 points more accurate than the same network "
        "trained from scratch after 9.2 to 14 epochs (95 %"
    )


@pytest.mark.parametrize(
    ("a", "b", "lengths", "expected"),
    [
        ("tfidf", "scratch", {"epochs_b": (4.0, 4.0)}, "trained from scratch after 4 epochs (95 %"),
        ("fine_tuned", "tfidf", {"epochs_a": (4.0, 4.0)}, "Fine-tuning all-MiniLM-L6 after 4 epochs is"),
    ],
)
def test_one_network_alone_says_how_long_it_trained(a, b, lengths, expected):
    assert expected in sentence(a, b, **lengths)


def test_no_difference_and_equivalence_say_how_long_too():
    lengths = {"epochs_a": (4.0, 4.0), "epochs_b": (4.0, 4.0)}
    assert "trained from scratch, both after 4 epochs: 1.2 points" in sentence(
        difference=0.012, ci95=(-0.031, 0.055), **lengths
    )
    assert "trained from scratch, both after 4 epochs, are equivalent within" in sentence(
        **EQUIVALENT, **lengths
    )


def test_a_claim_taken_apart_says_how_long():
    parts = take_apart(verdict(epochs_a=(4.0, 4.0), epochs_b=(4.0, 4.0)), LABELS)
    assert parts.claim.endswith("the same network trained from scratch, both after 4 epochs")


@pytest.mark.parametrize(
    ("epochs", "expected"),
    [
        (None, ""),
        ((1.0, 1.0), " after 1 epoch"),
        ((0.5, 1.0), " after 0.5 to 1 epochs"),
        ((9.96, 10.4), " after 10 epochs"),
        ((4.0, 1250.0), " after 4 to 1,250 epochs"),
        ((0.034, 0.034), " after 0.034 epochs"),
    ],
)
def test_epochs_are_written_with_two_digits(epochs, expected):
    assert epochs_words(epochs) == expected
