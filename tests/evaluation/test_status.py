"""The one status of a result: of all that weakens it the worst, and green for a clean win alone."""

import itertools

import pytest

from tl_core.evaluation.failures import FAILURES
from tl_core.evaluation.flags import RunHealth, find_flags
from tl_core.evaluation.wording import conclude, spoken_names
from tl_core.schema import Arm, BudgetRule, Flag, Metric, Verdict

LABELS = spoken_names(dict.fromkeys(("fine_tuned", "scratch", "tfidf", "frozen", "majority"), ""))
BETTER, WORSE, NONE, EQUAL = "better", "worse", "no_difference_shown", "equivalent"
NUMBERS = {
    BETTER: (0.2, (0.1, 0.3), (0.12, 0.28)),
    WORSE: (-0.2, (-0.3, -0.1), (-0.28, -0.12)),
    NONE: (0.01, (-0.1, 0.12), (-0.08, 0.1)),
    EQUAL: (0.001, (-0.008, 0.009), (-0.006, 0.007)),
}
SMALL = {"difference": 0.005, "ci95": (0.001, 0.009), "ci90": (0.002, 0.008)}
ONE_SEED = {"num_seeds": 1, "scope": "models"}
MANY_PAIRS = {"p_corrected": 0.3, "num_pairs": 6}


def flag(code, arm="scratch", action="search_rates"):
    return Flag(
        code=code,
        arm=arm,
        phrase=f"showed {code} (2 of 5 seeds)",
        evidence="numbers",
        remedy=f"Remedy of {code}.",
        action="more_steps" if code in ("did_not_learn", "still_improving") else action,
        seeds=(0, 3),
    )


def judged(conclusion=BETTER, *flags, a="fine_tuned", b="scratch", **changes):
    difference, ci95, ci90 = NUMBERS[conclusion]
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
        "value_b": 0.7,
        "difference": difference,
        "ci95": ci95,
        "ci90": ci90,
        "p_value": 0.01,
        "margin": 0.01,
        "conclusion": conclusion,
        "flags": flags,
    }
    return conclude(Verdict(**(fields | changes)), LABELS)


LOST, IMPROVING, ODD = flag("did_not_finish"), flag("still_improving"), flag("odd_texts")


@pytest.mark.parametrize(
    ("conclusion", "flags", "changes", "code", "severity"),
    [
        (BETTER, (), {}, "better", "success"),
        (WORSE, (), {}, "worse", "failure"),
        (NONE, (), {}, "no_difference_shown", "neutral"),
        (EQUAL, (), {}, "equivalent", "neutral"),
        (BETTER, (), SMALL, "within_margin", "warning"),
        (BETTER, (IMPROVING,), SMALL, "still_improving", "warning"),
        (BETTER, (IMPROVING,), MANY_PAIRS, "not_corrected", "warning"),
        (BETTER, (), MANY_PAIRS | ONE_SEED, "one_seed", "warning"),
        (BETTER, (ODD, IMPROVING), ONE_SEED, "odd_texts", "warning"),
        (BETTER, (IMPROVING, ODD, LOST), MANY_PAIRS | ONE_SEED, "did_not_finish", "warning"),
        (BETTER, (LOST, flag("collapsed")), MANY_PAIRS | ONE_SEED, "baseline_failed", "warning"),
        (BETTER, (flag("did_not_learn"),), {}, "baseline_failed", "warning"),
        (BETTER, (flag("worse_than_majority"),), {}, "baseline_failed", "warning"),
        (BETTER, (flag("collapsed", "fine_tuned"),), {}, "winner_failed", "warning"),
        (BETTER, (flag("collapsed", "fine_tuned"), flag("collapsed")), {}, "baseline_failed", "warning"),
        (WORSE, (flag("collapsed", "fine_tuned"),), {}, "baseline_failed", "warning"),
        (WORSE, (flag("collapsed"),), {}, "winner_failed", "warning"),
        (NONE, (flag("collapsed"),), {}, "baseline_failed", "warning"),
        (NONE, (), ONE_SEED, "one_seed", "warning"),
        (NONE, (), MANY_PAIRS, "no_difference_shown", "neutral"),
        (EQUAL, (IMPROVING,), {}, "still_improving", "warning"),
        (BETTER, (), ONE_SEED | {"is_deterministic": True}, "better", "success"),
        (BETTER, (), {"p_corrected": 0.049, "num_pairs": 6}, "better", "success"),
        (BETTER, (), {"p_corrected": 0.05, "num_pairs": 6}, "not_corrected", "warning"),
    ],
)
def test_the_worst_that_is_known_is_the_status(conclusion, flags, changes, code, severity):
    status = judged(conclusion, *flags, **changes).status
    assert (status.code, status.severity) == (code, severity)


def test_only_a_win_without_any_weakness_is_a_success():
    weaknesses = [{"flags": (flag(code),)} for code in (*FAILURES, "did_not_finish", "still_improving")]
    for chosen in itertools.chain.from_iterable(
        itertools.combinations([*weaknesses, ONE_SEED, MANY_PAIRS, SMALL], count) for count in (1, 2, 3)
    ):
        flags = tuple(itertools.chain.from_iterable(one.get("flags", ()) for one in chosen))
        changes = {name: value for one in chosen for name, value in one.items() if name != "flags"}
        assert judged(BETTER, *flags, **changes).status.severity == "warning"


@pytest.mark.parametrize(
    ("flags", "changes"),
    [
        ((flag("collapsed"),), {}),
        ((IMPROVING, flag("collapsed"), flag("did_not_learn", "fine_tuned")), {}),
        ((flag("collapsed", "fine_tuned"),), {}),
        ((IMPROVING, LOST, flag("still_improving", "fine_tuned")), {}),
        ((flag("still_improving", "fine_tuned"), IMPROVING, ODD), ONE_SEED),
        ((), ONE_SEED),
        ((), MANY_PAIRS),
        ((IMPROVING,), {}),
        ((), SMALL),
    ],
)
def test_the_sentence_holds_the_words_of_its_status(flags, changes):
    verdict = judged(BETTER, *flags, **changes)
    assert f" {verdict.status.words}." in verdict.sentence
    assert verdict.status == verdict.reservations[0]


def test_a_failed_opponent_is_named_with_its_numbers_and_what_follows():
    verdict = judged(BETTER, flag("did_not_learn"), flag("collapsed"), ODD)
    words = "From scratch failed in 2 seeds: not a fair comparison yet"
    assert verdict.status.words == words
    assert verdict.status.arms == ("scratch",)
    assert verdict.status.evidence == (
        "From scratch showed did_not_learn (2 of 5 seeds): numbers; "
        "it showed collapsed (2 of 5 seeds): numbers"
    )
    assert [one.code for one in verdict.reservations] == ["baseline_failed", "odd_texts"]
    assert verdict.sentence.endswith(
        f"180 test examples). {words}. From scratch showed odd_texts (2 of 5 seeds)."
    )


def test_the_winners_own_failure_does_not_make_the_comparison_unfair():
    words = judged(BETTER, flag("collapsed", "fine_tuned")).status.words
    assert words == "Fine-tuned failed in 2 seeds and still leads"


def test_both_arms_can_fail():
    status = judged(BETTER, flag("collapsed"), flag("did_not_learn", "fine_tuned")).status
    assert status.words == (
        "Fine-tuned failed in 2 seeds and From scratch failed in 2 seeds: not a fair comparison yet"
    )


# --- the one piece of advice --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "action"),
    [
        ((flag("collapsed"),), "search_rates"),
        ((flag("collapsed"), flag("worse_than_majority")), "search_rates"),
        ((flag("collapsed"), flag("did_not_learn")), "search_rates_longer"),
        ((flag("collapsed"), flag("still_improving", "fine_tuned")), "search_rates_longer"),
        ((IMPROVING,), "more_steps"),
        ((LOST, IMPROVING), "search_rates"),
        ((), ""),
    ],
)
def test_several_flags_call_for_one_thing(flags, action):
    status = judged(BETTER, *flags).status
    assert status.action == action
    assert bool(status.advice) is bool(flags)


def test_a_baseline_without_a_network_has_no_learning_rate_to_search():
    status = judged(BETTER, flag("worse_than_majority", "tfidf"), b="tfidf").status
    assert status.words == "TF-IDF failed: not a fair comparison yet"
    assert status.action == ""
    assert "rate" not in status.advice


def test_the_advice_never_pulls_a_rate_both_ways():
    run = RunHealth(
        seed=0,
        majority_share=0.5,
        train_accuracy=0.5,
        validation_losses=(1.0, 0.5),
        predicted_class_counts=(100, 0),
        value=0.4,
        majority_value=0.5,
    )
    flags = find_flags(Arm.parse("scratch"), [run], BudgetRule.EQUAL_STEPS)
    assert len(flags) == 4
    advice = judged(BETTER, *flags).status.advice
    assert advice == "Train all models again, with learning rates searched and twice the steps."
    assert not [one.remedy for one in flags if "higher" in one.remedy or "lower" in one.remedy]
