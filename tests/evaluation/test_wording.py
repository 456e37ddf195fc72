import itertools

import pytest

from tests.some_arms import EVERY_ARM
from tl_core.evaluation.wording import (
    METRIC_WORDS,
    conclude,
    counts,
    detection_words,
    epochs_words,
    pairs_words,
    points,
    seeds_words,
    spoken_name,
    spoken_names,
)
from tl_core.schema import Flag, Metric, OtherMetric, ScoringRule, Verdict

ARMS = ["fine_tuned", "scratch", "frozen", "frozen_random", "tfidf", "majority", "fine_tuned:other"]
NAMES = spoken_names({name: "RoBERTa" if ":" in name else "all-MiniLM-L6" for name in ARMS})

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
    }
    return Verdict(**(fields | changes))


def flag(arm="scratch", phrase="was still improving when it stopped (3 of 5 seeds)"):
    return Flag(code="still_improving", arm=arm, phrase=phrase, remedy="More epochs.", seeds=(0, 1, 2))


def said(*args, **kwargs):
    return conclude(verdict(*args, **kwargs), NAMES)


def test_a_better_arm():
    found = said()
    assert found.claim == "Fine-tuned is 21.4 points more accurate than From scratch."
    assert found.interval == "95% interval 14.1 to 28.7 points, 5 seeds, 180 test examples"
    assert found.sentence == (
        "Fine-tuned is 21.4 points more accurate than From scratch "
        "(95% interval 14.1 to 28.7 points, 5 seeds, 180 test examples)."
    )


def test_a_worse_arm_turns_the_signs_with_the_words():
    found = said("tfidf", "frozen", -0.053, (-0.085, -0.021))
    assert found.claim == "TF-IDF is 5.3 points less accurate than Frozen."
    assert found.interval.startswith("95% interval 2.1 to 8.5 points,")


def test_no_difference_shown():
    found = said(difference=0.012, ci95=(-0.031, 0.055))
    assert found.claim == "No clear difference between Fine-tuned and From scratch."
    assert found.interval == (
        "difference 1.2 points of accuracy, 95% interval −3.1 to 5.5, 5 seeds, 180 test examples"
    )


def test_macro_f1_is_named():
    high = said(difference=0.082, ci95=(0.01, 0.15), metric=Metric.MACRO_F1)
    low = said(difference=-0.082, ci95=(-0.15, -0.01), metric=Metric.MACRO_F1)
    none = said(difference=0.012, ci95=(-0.03, 0.05), metric=Metric.MACRO_F1)
    assert high.claim == "Fine-tuned has 8.2 points more macro-F1 than From scratch."
    assert low.claim == "Fine-tuned has 8.2 points less macro-F1 than From scratch."
    assert "1.2 points of macro-F1" in none.interval


def test_equivalence_states_its_margin_and_both_intervals():
    found = said(**EQUIVALENT)
    assert found.claim == "Fine-tuned and From scratch are equally good, within 1 point."
    assert found.interval == (
        "difference 0.1 points of accuracy, 95% interval −0.6 to 0.8, 90% interval −0.5 to 0.7, 5 seeds, "
        "180 test examples"
    )


@pytest.mark.parametrize(
    ("difference", "ci95", "expected"),
    [
        (-0.21, (-0.4, -0.02), "Fine-tuned has 0.210 nats less log loss than From scratch."),
        (0.21, (0.02, 0.4), "Fine-tuned has 0.210 nats more log loss than From scratch."),
        (0.01, (-0.02, 0.04), "difference 0.010 nats of log loss, 95% interval −0.020 to 0.040"),
    ],
)
def test_log_losses_are_said_in_nats(difference, ci95, expected):
    conclusion = "better" if ci95[1] < 0 else "worse" if ci95[0] > 0 else "no_difference_shown"
    found = said(difference=difference, ci95=ci95, metric=ScoringRule.LOG_LOSS, conclusion=conclusion)
    assert expected in (found.claim, found.interval[: len(expected)])


@pytest.mark.parametrize(
    ("metric", "claim"),
    [
        (Metric.BALANCED_ACCURACY, "Fine-tuned has 21.4 points more balanced accuracy than From scratch."),
        (Metric.AUROC, "Fine-tuned has 21.4 points more AUROC than From scratch."),
        (Metric.QUADRATIC_KAPPA, "Fine-tuned has 21.4 points more quadratic kappa than From scratch."),
    ],
)
def test_the_other_main_metrics_are_said_in_points(metric, claim):
    assert said(metric=metric).claim == claim
    beside = said("fine_tuned", "scratch", metric=metric, beside="And another.").claim
    assert beside == claim.replace("From", "the same network from")
    assert len(beside.replace(METRIC_WORDS[metric], "metric").split()) <= 12, "a metric's name is one word"


def test_an_error_in_classes_is_better_where_it_is_smaller():
    found = said(difference=-0.21, ci95=(-0.4, -0.02), metric=OtherMetric.MEAN_ABSOLUTE_ERROR)
    assert found.conclusion == "better"
    assert found.claim == "Fine-tuned is off by 0.210 classes less than From scratch."


def test_brier_scores_have_no_unit():
    found = said(difference=-0.05, ci95=(-0.08, -0.02), metric=ScoringRule.BRIER, conclusion="better")
    assert found.claim == "Fine-tuned has a Brier score 0.050 lower than From scratch."
    assert found.interval.startswith("95% interval 0.020 to 0.080, 5 seeds")


def test_an_excluded_zero_is_never_written_as_zero():
    found = said(difference=0.026, ci95=(0.0004, 0.052))
    assert found.interval.startswith("95% interval 0.04 to 5.20 points")
    assert "2.60 points more accurate" in found.claim


@pytest.mark.parametrize("metric", [*Metric, *OtherMetric, *ScoringRule])
@pytest.mark.parametrize(
    "changes", [{}, {"difference": -0.1, "ci95": (-0.15, -0.05)}, {"ci95": (-0.1, 0.5)}, EQUIVALENT]
)
def test_every_claim_can_be_said_in_twelve_words(changes, metric):
    arms = [arm.name for arm in EVERY_ARM if arm.base_model is None and arm.num_layers != 1]
    for a, b in itertools.combinations(arms, 2):
        found = conclude(verdict(a, b, metric=metric, **changes), spoken_names(dict.fromkeys((a, b), "")))
        assert len(found.claim.split()) <= 12, found.claim


def test_every_kind_of_arm_has_a_name():
    assert all(spoken_name(arm, "title") for arm in EVERY_ARM)


def test_several_base_models_are_told_apart():
    found = said("fine_tuned", "fine_tuned:other", flags=(flag("fine_tuned:other", "did this"),))
    assert found.claim == "Fine-tuned is 21.4 points more accurate than Fine-tuned RoBERTa."
    assert found.status.words == "Fine-tuned RoBERTa did this"


def test_an_arm_without_words_goes_by_its_name():
    assert conclude(verdict("frozen", "tfidf"), {}).claim.startswith("Frozen is 21.4 points more")


# --- what a claim rests on ----------------------------------------------------------------------------------


def test_one_seed_is_a_reservation():
    for changes in ({}, {"difference": 0.012, "ci95": (-0.031, 0.055)}, EQUIVALENT):
        found = said(**changes, num_seeds=1, scope="models")
        assert found.status.code == "one_seed"
        assert "1 seed, 180 test examples" in found.interval
        assert found.sentence.endswith(" One seed: another training may turn out differently.")


@pytest.mark.parametrize("difference", [0.214, 0.012])
def test_arms_that_no_seed_changes_say_the_same_with_one_seed_as_with_five(difference):
    asked = {"difference": difference, "ci95": (difference - 0.1, difference + 0.1), "is_deterministic": True}
    one = said("tfidf", "majority", num_seeds=1, scope="models", **asked)
    assert one.sentence == said("tfidf", "majority", **asked).sentence
    assert "180 test examples, each ran once (seeds change nothing)" in one.interval
    assert one.reservations == ()


def test_a_count_of_one_is_no_plural():
    assert counts(verdict(num_seeds=1, num_examples=1200)) == "1 seed, 1,200 test examples"


def test_a_difference_that_was_not_to_matter_says_so():
    small = {"difference": 0.004, "ci95": (0.001, 0.007), "ci90": (0.0015, 0.0065), "margin": 0.01}
    assert said(**small).sentence.endswith(" Less than 1 point: too small to matter.")
    assert said(**(small | {"ci90": (0.0015, 0.0105)})).reservations == ()


def test_a_difference_that_many_pairs_could_bring_about_says_so():
    found = said(p_corrected=0.06, num_pairs=6)
    assert found.sentence.endswith(" Could be chance among 6 pairs.")
    assert found.status.evidence == "p = 0.010 uncorrected, 0.060 corrected"
    assert said(p_corrected=0.04, num_pairs=6).reservations == ()
    assert said(difference=0.01, ci95=(-0.1, 0.1), p_corrected=0.6, num_pairs=6).reservations == ()


def test_every_reservation_stands_apart_the_worst_first():
    flags = (
        flag(),
        flag("fine_tuned", "did that"),
        flag(phrase="did this").model_copy(update={"code": "odd"}),
    )
    found = said(flags=flags, num_seeds=1, scope="models", p_corrected=0.06, num_pairs=6)
    assert [one.words for one in found.reservations] == [
        "From scratch did this",
        "One seed: another training may turn out differently",
        "Could be chance among 6 pairs",
        "Fine-tuned did that",
        "From scratch was still improving when it stopped (3 of 5 seeds)",
    ]
    assert found.status == found.reservations[0]
    assert found.sentence == f"{found.claim[:-1]} ({found.interval}). " + " ".join(
        f"{one.words}." for one in found.reservations
    )


def test_what_both_arms_show_is_one_reservation():
    evidence = {"fine_tuned": "0.2", "scratch": "0.3"}
    both = tuple(flag(arm).model_copy(update={"evidence": of}) for arm, of in evidence.items())
    (told,) = said(flags=both).reservations
    assert told.words == "Fine-tuned and From scratch were still improving when they stopped (3 of 5 seeds)"
    assert told.evidence == "Fine-tuned: 0.2; From scratch: 0.3"
    assert told.arms == ("fine_tuned", "scratch")
    apart = (both[0], flag(phrase="was still improving when it stopped (1 of 5 seeds)"))
    assert len(said(flags=apart).reservations) == 2
    below = tuple(flag(arm, "is below TF-IDF, which needs no network") for arm in evidence)
    (told,) = said(flags=below).reservations
    assert told.words.startswith("Fine-tuned and From scratch are below TF-IDF")


def test_the_detectable_difference_is_said_in_points():
    assert detection_words(verdict(detectable_difference=0.0312)) == (
        "This setup detects differences of 3.1 points or more (80% power)."
    )
    assert detection_words(verdict()) == "This setup is too small to detect any difference reliably."


def test_few_seeds_come_with_their_measured_rate():
    assert "up to 5.8% of equal pairs" in seeds_words(verdict(num_seeds=3, false_positive_rate=0.058))
    assert seeds_words(verdict()) == ""


def test_several_pairs_are_counted():
    assert pairs_words([verdict()]) == ""
    family = [verdict(), verdict(p_corrected=0.02, num_pairs=2)]
    assert pairs_words(family).startswith(
        "Beside the main pair, 2 pairs were compared on these test examples."
    )


def test_points_are_typeset():
    assert points(0.214, -0.031) == ("21.4", "−3.1")
    assert points(-0.0, 0.0712) == ("0.0", "7.1")
    assert points(-1e-9, 0.1) == ("0.0000", "10.0000")


# --- how long networks trained ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "lengths", "expected"),
    [
        ("fine_tuned", "scratch", {"epochs_a": (4.0, 4.0), "epochs_b": (4.0, 4.0)}, "both after 4 epochs"),
        (
            "fine_tuned",
            "scratch",
            {"epochs_a": (2.0, 5.0), "epochs_b": (9.2, 14.1)},
            "Fine-tuned after 2 to 5 epochs, From scratch after 9.2 to 14 epochs",
        ),
        ("tfidf", "scratch", {"epochs_b": (4.0, 4.0)}, "From scratch after 4 epochs"),
        ("fine_tuned", "tfidf", {"epochs_a": (4.0, 4.0)}, "Fine-tuned after 4 epochs"),
    ],
)
def test_networks_say_how_long_they_trained(a, b, lengths, expected):
    for changes in ({}, {"difference": 0.012, "ci95": (-0.031, 0.055)}, EQUIVALENT):
        assert said(a, b, **lengths, **changes).interval.endswith(f"180 test examples, {expected}")


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
