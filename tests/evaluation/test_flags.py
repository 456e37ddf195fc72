import numpy as np
import pytest

from tl_core.evaluation.flags import (
    FLAG_WORDS,
    RunHealth,
    collapsed,
    did_not_learn,
    find_flags,
    hardly_any_known_feature,
    still_improving,
    worse_than_majority,
)
from tl_core.schema import Arm, BudgetRule, SplitName

SCRATCH = Arm.parse("scratch")


def run(seed=0, **changes):
    fields = {
        "majority_share": 0.5,
        "train_accuracy": 0.9,
        "validation_losses": (0.7, 0.5, 0.4, 0.41, 0.42),
        "predicted_class_counts": ((50, 50), (55, 45)),
        "test_value": 0.8,
        "majority_test_value": 0.5,
    }
    return RunHealth(seed=seed, **(fields | changes))


@pytest.mark.parametrize(
    ("counts", "majority_share", "expected"),
    [
        (((99, 1),), 0.5, True),
        (((98, 2),), 0.5, False),
        (((50, 50), (0, 100)), 0.5, True),
        (((100, 0),), 0.94, True),
        (((100, 0),), 0.95, False),
        ((), 0.5, False),
        (((0, 0),), 0.5, False),
    ],
)
def test_collapsed_means_one_class_gets_all_although_it_is_not_all(counts, majority_share, expected):
    assert collapsed(run(predicted_class_counts=counts, majority_share=majority_share)) is expected


@pytest.mark.parametrize(
    ("train_accuracy", "majority_share", "expected"),
    [
        (0.59, 0.5, True),
        (0.61, 0.5, False),
        (0.94, 0.9, True),
        (0.96, 0.9, False),
        (None, 0.5, False),
    ],
)
def test_did_not_learn_asks_ten_points_or_half_of_what_is_left(train_accuracy, majority_share, expected):
    health = run(train_accuracy=train_accuracy, majority_share=majority_share)
    assert did_not_learn(health) is expected


def test_a_steady_fall_to_the_end_is_still_improving():
    assert still_improving(run(validation_losses=tuple(np.linspace(1.1, 0.6, 15))))


def test_a_best_evaluation_before_the_last_is_not_still_improving():
    assert not still_improving(run(validation_losses=(*np.linspace(1.1, 0.6, 15), 0.61)))


def test_a_curve_that_has_settled_is_not_still_improving():
    losses = (*np.linspace(1.1, 0.5, 5), *np.linspace(0.499, 0.49, 10))
    assert not still_improving(run(validation_losses=losses))


def test_a_best_last_evaluation_within_noise_is_not_still_improving():
    noise = 0.02 * np.random.default_rng(0).normal(size=20)
    losses = np.concatenate([np.linspace(1.0, 0.5, 5), 0.5 + noise])
    losses[-1] = losses.min() - 0.015
    assert not still_improving(run(validation_losses=tuple(losses)))


@pytest.mark.parametrize("losses", [(), (0.7,)])
def test_too_few_evaluations_say_nothing(losses):
    assert not still_improving(run(validation_losses=losses))


def test_worse_than_majority_compares_test_values():
    assert worse_than_majority(run(test_value=0.49))
    assert not worse_than_majority(run(test_value=0.5))


@pytest.mark.parametrize(
    ("validation", "test", "expected"), [(0.49, 0.49, False), (0.0, 0.5, True), (0.5, 0.0, True)]
)
def test_hardly_a_word_is_known_if_half_of_a_split_has_hardly_any(validation, test, expected):
    shares = ((SplitName.VALIDATION, validation), (SplitName.TEST, test))
    assert hardly_any_known_feature(run(hardly_known=shares)) is expected
    assert not hardly_any_known_feature(run())


def test_the_flag_of_unknown_texts_gives_the_share_of_both_splits():
    shares = [((SplitName.VALIDATION, 0.02), (SplitName.TEST, share)) for share in (0.9, 1.0, 0.1)]
    runs = [run(seed, hardly_known=share) for seed, share in enumerate(shares)]
    (flag,) = find_flags(Arm.parse("tfidf"), runs, BudgetRule.EQUAL_STEPS)
    assert (flag.code, flag.seeds, flag.action) == ("hardly_any_known_feature", (0, 1), "")
    assert flag.phrase == "knew hardly a word of most texts that it was judged on (2 of 3 seeds)"
    assert flag.evidence == "hardly a word known in 2.0% of the validation texts and 95.0% of the test texts"


def test_healthy_runs_have_no_flags():
    assert find_flags(SCRATCH, [run(0), run(1)], BudgetRule.EQUAL_STEPS) == ()


def test_a_flag_names_its_seeds_and_how_many_there_are():
    runs = [run(0), run(1, train_accuracy=0.5), run(2, train_accuracy=0.5)]
    (flag,) = find_flags(SCRATCH, runs, BudgetRule.EQUAL_STEPS)
    assert (flag.code, flag.arm, flag.seeds) == ("did_not_learn", "scratch", (1, 2))
    assert flag.phrase == "did not learn the training examples (2 of 3 seeds)"
    assert flag.evidence == "50.0% right, largest class 50.0%"
    assert flag.remedy
    assert flag.action == "more_steps"


def test_one_run_is_flagged_without_a_count():
    (flag,) = find_flags(SCRATCH, [run(test_value=0.1)], BudgetRule.EQUAL_STEPS)
    assert flag.phrase == "did worse than always answering the largest class"
    assert flag.evidence == "10.0 against 50.0%"


def test_under_the_plateau_budget_still_improving_is_about_the_step_limit():
    rising = tuple(np.linspace(0.5, 0.7, 41))
    cut_off = run(validation_losses=tuple(np.linspace(0.6, 1.1, 41)), validation_values=rising)
    levelled_off = run(1, validation_losses=(1.1, 0.6), validation_values=(0.5, 0.7), has_levelled_off=True)
    (flag,) = find_flags(SCRATCH, [cut_off, levelled_off], BudgetRule.PLATEAU)
    assert (flag.code, flag.seeds) == ("still_improving", (0,))
    assert flag.phrase == "had not levelled off when it reached the step limit (1 of 2 seeds)"
    assert flag.evidence == "the last quarter of the evaluations is 5.0 points above the quarter before"


def test_an_arm_without_evaluations_cannot_be_cut_off():
    assert find_flags(Arm.parse("tfidf"), [run(validation_losses=())], BudgetRule.PLATEAU) == ()


def test_a_broken_run_gets_every_flag_it_shows():
    broken = run(train_accuracy=0.5, predicted_class_counts=((100, 0),), test_value=0.4)
    codes = [flag.code for flag in find_flags(SCRATCH, [broken], BudgetRule.EQUAL_STEPS)]
    assert codes == ["collapsed", "did_not_learn", "worse_than_majority"]


def test_the_majority_arm_is_never_flagged():
    one_class = run(predicted_class_counts=((100, 0),), train_accuracy=0.5)
    assert find_flags(Arm.parse("majority"), [one_class], BudgetRule.EQUAL_STEPS) == ()


def test_every_flag_shows_its_numbers():
    """The evidence for a rule is a mean over the seeds that show it."""
    losses = tuple(np.linspace(1.1, 0.4, 15))
    broken = [
        run(0, train_accuracy=0.5, predicted_class_counts=((100, 0),), test_value=0.4),
        run(1, train_accuracy=0.4, predicted_class_counts=((99, 1),), test_value=0.3),
        run(2, validation_losses=losses),
    ]
    assert [flag.evidence for flag in find_flags(SCRATCH, broken, BudgetRule.EQUAL_STEPS)] == [
        "one label in 99.5% of the answers",
        "45.0% right, largest class 50.0%",
        "the last evaluation was the best, loss down by 0.15 in the last quarter",
        "35.0 against 50.0%",
    ]


def test_every_code_has_its_few_words():
    broken = run(
        train_accuracy=0.5,
        predicted_class_counts=((100, 0),),
        test_value=0.4,
        validation_losses=(1.0, 0.5),
        hardly_known=((SplitName.TEST, 1.0),),
    )
    codes = {flag.code for flag in find_flags(SCRATCH, [broken], BudgetRule.EQUAL_STEPS)}
    assert codes | {"below_tfidf", "did_not_finish", "unreadable"} == FLAG_WORDS.keys()
