import numpy as np
import pytest

from tl_core.evaluation.flags import (
    FLAG_WORDS,
    RunHealth,
    collapsed,
    did_not_learn,
    find_flags,
    hardly_any_known_feature,
    learned_by_heart,
    never_better,
    worse_than_majority,
)
from tl_core.schema import Arm, BudgetRule, SplitName

SCRATCH = Arm.parse("scratch")
LOOKS = np.linspace(0, 1, 16)
SPENT = 1 - (1 - LOOKS) ** 2
"""Of the learning rate's sum, as it falls linearly to 0."""


def with_ahead(ahead: float, level: float = 1.4, fall: float = 0.7):
    """A loss that approaches its end exponentially, with a share of the way ahead; 0 has settled."""
    left = np.exp(-12 * SPENT) if ahead == 0 else ahead**SPENT
    return level + fall * left


def run(seed=0, **changes):
    fields = {
        "majority_share": 0.5,
        "train_accuracy": 0.9,
        "validation_losses": tuple(with_ahead(0)),
        "validation_values": tuple(1.4 - with_ahead(0, level=0.6)),
        "predicted_class_counts": (55, 45),
        "value": 0.8,
        "majority_value": 0.5,
    }
    return RunHealth(seed=seed, **(fields | changes))


@pytest.mark.parametrize(
    ("counts", "majority_share", "expected"),
    [
        ((99, 1), 0.5, True),
        ((98, 2), 0.5, False),
        ((0, 100), 0.5, True),
        ((100, 0), 0.94, True),
        ((100, 0), 0.95, False),
        ((), 0.5, False),
        ((0, 0), 0.5, False),
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


def test_did_not_learn_asks_the_floor_of_the_metric_that_it_is_about():
    """Nine tenths are of one class: a balanced accuracy of 88% is far above that of a constant answer."""
    assert did_not_learn(run(train_accuracy=0.88, majority_share=0.9))
    assert not did_not_learn(run(train_accuracy=0.88, majority_share=0.9, train_floor=0.5))


def looked(curve, value=0.7, seed=0):
    return run(seed, validation_losses=tuple(curve), validation_values=(value,) * len(curve))


def trend_of(*runs):
    codes = {flag.code for flag in find_flags(SCRATCH, runs, BudgetRule.EQUAL_STEPS)}
    return (codes & {"still_improving", "trend_unknown"} or {"settled"}).pop()


def test_a_smooth_curve_is_judged_by_how_much_of_its_way_is_ahead():
    found = {ahead: trend_of(looked(with_ahead(ahead))) for ahead in (0.5, 0.25, 0.125, 0.05, 0)}
    assert found == {
        0.5: "still_improving",
        0.25: "still_improving",
        0.125: "still_improving",
        0.05: "settled",
        0: "settled",
    }


def test_a_metric_that_rises_is_improving_while_the_loss_rises():
    values = 0.9 - 0.5 * 0.25**SPENT
    risen = run(validation_losses=tuple(np.linspace(1, 2, 16)), validation_values=tuple(values))
    assert trend_of(risen) == "still_improving"


def noisy(ahead, sd, num_seeds, draw):
    return [
        looked(with_ahead(ahead) + draw.normal(0, sd, len(LOOKS)), 0.7, seed) for seed in range(num_seeds)
    ]


def test_an_odd_last_evaluation_decides_nothing():
    curves = [list(run.validation_losses) for run in noisy(0.25, 0.01, 3, np.random.default_rng(5))]
    curves[0][-1] += 0.02
    assert trend_of(*(looked(curve, seed=seed) for seed, curve in enumerate(curves))) == "still_improving"


def test_several_seeds_make_up_for_noise():
    draw = np.random.default_rng(3)
    alone, together = (
        [trend_of(*noisy(0.25, 0.03, num_seeds, draw)) for _ in range(40)] for num_seeds in (1, 5)
    )
    assert alone.count("still_improving") < 20 < 30 < together.count("still_improving")
    assert together.count("settled") < 4


def test_what_noise_hides_is_said_not_to_be_known():
    found = [trend_of(*noisy(0.25, 0.3, 5, np.random.default_rng(seed))) for seed in range(20)]
    assert found.count("trend_unknown") > 14
    flags = find_flags(SCRATCH, noisy(0.25, 0.3, 5, np.random.default_rng(1)), BudgetRule.EQUAL_STEPS)
    (flag,) = [flag for flag in flags if flag.code == "trend_unknown"]
    assert (flag.phrase, flag.action) == ("may not have finished learning", "more_steps")
    assert flag.evidence.endswith(" in the second half")


@pytest.mark.parametrize("losses", [(), (0.7,)])
def test_too_few_evaluations_call_no_curve_improving(losses):
    assert trend_of(run(validation_losses=losses, validation_values=losses)) != "still_improving"


def test_a_ranking_is_judged_by_auroc_and_not_by_its_answers():
    """One label for all examples says nothing of scores that rank them."""
    ranked = {"is_ranked": True, "majority_share": 0.5, "predicted_class_counts": ()}
    assert not collapsed(run(**ranked))
    assert not did_not_learn(run(**ranked, train_accuracy=0.75))
    (flag,) = find_flags(SCRATCH, [run(**ranked, train_accuracy=0.52)], BudgetRule.PLATEAU)[:1]
    assert (flag.code, flag.evidence) == ("did_not_learn", "AUROC 52.0%, chance 50.0%")


def test_the_floor_is_that_of_the_metric_and_not_the_share_of_the_largest_class():
    """0.7 of balanced accuracy is far above its floor, though the largest class is 90% of the examples."""
    rose = {"validation_losses": (0.3, 0.35, 0.4, 0.45), "validation_values": (0.5, 0.6, 0.7, 0.7)}
    assert not never_better(run(majority_share=0.9, majority_value=0.5, **rose))
    assert never_better(run(majority_share=0.9, majority_value=0.9, **rose))


@pytest.mark.parametrize(
    ("losses", "values", "expected"),
    [
        ((1.1, 1.2, 1.3), (0.4, 0.42, 0.41), True),
        ((1.1, 1.2, 1.3), (0.4, 0.6, 0.7), False),
        ((1.1, 0.9, 0.8), (0.4, 0.42, 0.41), False),
        ((1.1,), (0.4,), False),
    ],
)
def test_never_better_asks_loss_and_metric(losses, values, expected):
    assert never_better(run(validation_losses=losses, validation_values=values)) is expected


@pytest.mark.parametrize(
    ("train", "values", "expected"),
    [(0.97, (0.4, 0.55), True), (0.97, (0.4, 0.8), False), (0.8, (0.4, 0.5), False)],
)
def test_what_is_learned_by_heart_does_not_show_on_validation(train, values, expected):
    assert learned_by_heart(run(train_accuracy=train, validation_values=values)) is expected


def test_worse_than_majority_compares_values_on_validation():
    assert worse_than_majority(run(value=0.49))
    assert not worse_than_majority(run(value=0.5))


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
    assert flag.words == "knew hardly a word of most texts that it was judged on (2 of 3 seeds)"
    assert flag.evidence == "hardly a word known in 2.0% of the validation texts and 95.0% of the test texts"


def test_healthy_runs_have_no_flags():
    assert find_flags(SCRATCH, [run(0), run(1)], BudgetRule.EQUAL_STEPS) == ()


def test_a_flag_names_its_seeds_and_how_many_there_are():
    runs = [run(0), run(1, train_accuracy=0.5), run(2, train_accuracy=0.5)]
    (flag,) = find_flags(SCRATCH, runs, BudgetRule.EQUAL_STEPS)
    assert (flag.code, flag.arm, flag.seeds) == ("did_not_learn", "scratch", (1, 2))
    assert flag.words == "did not learn the training examples (2 of 3 seeds)"
    assert flag.evidence == "50.0% right, largest class 50.0%"
    assert flag.remedy
    assert flag.action == "more_steps"


def test_one_run_is_flagged_without_a_count():
    (flag,) = find_flags(SCRATCH, [run(value=0.1)], BudgetRule.EQUAL_STEPS)
    assert flag.words == "did worse than always answering the largest class"
    assert flag.evidence == "10.0 against 50.0% on validation"


def test_under_the_plateau_budget_still_improving_is_about_the_step_limit():
    rising = tuple(np.linspace(0.5, 0.7, 41))
    cut_off = run(validation_losses=tuple(np.linspace(0.6, 1.1, 41)), validation_values=rising)
    levelled_off = run(1, validation_losses=(1.1, 0.6), validation_values=(0.5, 0.7), has_levelled_off=True)
    (flag,) = find_flags(SCRATCH, [cut_off, levelled_off], BudgetRule.PLATEAU)
    assert (flag.code, flag.seeds) == ("still_improving", (0,))
    assert flag.words == "had not levelled off when it reached the step limit (1 of 2 seeds)"
    assert flag.evidence == "the last quarter of the evaluations is 5.0 points above the quarter before"


def test_an_arm_without_evaluations_cannot_be_cut_off():
    assert find_flags(Arm.parse("tfidf"), [run(validation_losses=())], BudgetRule.PLATEAU) == ()


def test_a_broken_run_gets_every_flag_it_shows():
    broken = run(train_accuracy=0.5, predicted_class_counts=(100, 0), value=0.4)
    codes = [flag.code for flag in find_flags(SCRATCH, [broken], BudgetRule.EQUAL_STEPS)]
    assert codes == ["collapsed", "did_not_learn", "worse_than_majority"]


def test_the_majority_arm_is_never_flagged():
    one_class = run(predicted_class_counts=(100, 0), train_accuracy=0.5)
    assert find_flags(Arm.parse("majority"), [one_class], BudgetRule.EQUAL_STEPS) == ()


def test_every_flag_shows_its_numbers():
    """The evidence for a rule is a mean over the seeds that show it."""
    broken = [
        run(0, train_accuracy=0.5, predicted_class_counts=(100, 0), value=0.4),
        run(1, train_accuracy=0.4, predicted_class_counts=(99, 1), value=0.3),
        run(2),
    ]
    assert [flag.evidence for flag in find_flags(SCRATCH, broken, BudgetRule.EQUAL_STEPS)] == [
        "one label in 99.5% of the answers",
        "45.0% right, largest class 50.0%",
        "35.0 against 50.0% on validation",
    ]


OF_RESULTS = {"below_tfidf", "did_not_finish", "unreadable", "groups_unknown", "seeds_left_out"}
"""Codes of flags that are raised where results are gathered."""


def test_every_code_has_its_few_words():
    risen = {"validation_losses": (1.0, 1.5), "validation_values": (0.5, 0.5)}
    broken = run(
        train_accuracy=0.5,
        predicted_class_counts=(100, 0),
        value=0.4,
        hardly_known=((SplitName.TEST, 1.0),),
        **risen,
    )
    by_heart = run(train_accuracy=1.0, **risen)
    codes = {
        flag.code
        for runs in ([broken], [by_heart], [looked(with_ahead(0.5))])
        for flag in find_flags(SCRATCH, runs, BudgetRule.EQUAL_STEPS)
    }
    assert codes | OF_RESULTS == FLAG_WORDS.keys()
