"""Which runs an answer needs, and what several experiments on one split have shown together."""

import pytest

from tests.pages.fixtures import (
    add_experiment,
    fail_run,
    finish_all,
    finish_run,
    runs_of,
    store_sample_dataset,
)
from tl_core.displays import tried
from tl_core.planning.missing_runs import plan_missing
from tl_core.results.comparison import gather
from tl_core.results.pooled import (
    Answer,
    cells_of,
    coming,
    ends_of,
    find_verdict,
    is_alike,
    keys_of,
    labels_against_knowledge,
    mean_rows,
    missing,
    put_together,
    seed_rows,
    weight_rows,
)
from tl_core.schema import Arm


def arm(name):
    return Arm.parse(name)


def pooled_of(workspace, *experiments):
    return put_together(experiments[0], [gather(workspace, one.experiment_id) for one in experiments])


@pytest.fixture
def intake(workspace):
    return store_sample_dataset(workspace)


@pytest.fixture
def usual(workspace, intake):
    experiment = add_experiment(workspace, intake, num_seeds=2)
    finish_all(workspace, experiment, fine_tuned=0.95, scratch=0.4, tfidf=0.6)
    return experiment


def finish_sizes(workspace, experiment, tuned, scratch):
    """Finish every run with the accuracy of its train size."""
    for run in runs_of(workspace, experiment):
        values = tuned if run.arm.name == "fine_tuned" else scratch
        finish_run(workspace, run, values[run.train_size])


def test_a_usual_experiment_has_tried_the_first_two_answers(workspace, usual):
    pooled = pooled_of(workspace, usual)
    assert missing(Answer.SCRATCH, pooled) == ()
    assert missing(Answer.ADAPTING, pooled) == ()
    assert missing(Answer.WIPING, pooled) == ((arm("frozen"), 33), (arm("frozen_random"), 33))


def test_more_labels_lack_the_nested_parts_of_a_single_size(workspace, usual):
    lacking = missing(Answer.MORE_LABELS, pooled_of(workspace, usual))
    assert {name.name for name, _ in lacking} == {"fine_tuned", "scratch"}
    assert sorted({size for _, size in lacking}) == [4, 8, 16], "a half, a quarter, an eighth of 33"


def test_chosen_train_sizes_are_enough(workspace, intake):
    experiment = add_experiment(workspace, intake, ("scratch", "fine_tuned"), train_sizes=[12, 33])
    finish_all(workspace, experiment)
    pooled = pooled_of(workspace, experiment)
    assert {size for _, size in cells_of(Answer.MORE_LABELS, pooled)} == {12, 33}
    assert missing(Answer.MORE_LABELS, pooled) == ()


def test_sizes_never_fall_below_one_example_a_class(workspace, intake):
    experiment = add_experiment(workspace, intake, ("scratch", "fine_tuned"), train_sizes=[10])
    sizes = {size for _, size in cells_of(Answer.MORE_LABELS, pooled_of(workspace, experiment))}
    assert sizes == {5, 10}, "three classes"


def test_queued_runs_are_on_the_way_and_failed_ones_lack_again(workspace, usual):
    (plan,) = plan_missing(usual, missing(Answer.WIPING, pooled_of(workspace, usual)))
    from tl_core.planning.plan import queue_runs

    queue_runs(workspace, plan)
    pooled = pooled_of(workspace, usual, plan)
    assert len(coming(Answer.WIPING, pooled)) == 4
    assert missing(Answer.WIPING, pooled) == ()
    for run in runs_of(workspace, plan):
        fail_run(workspace, run)
    pooled = pooled_of(workspace, usual, plan)
    assert coming(Answer.WIPING, pooled) == ()
    assert len(missing(Answer.WIPING, pooled)) == 2


def test_another_experiment_fills_in_and_pairs_by_seed(workspace, intake, usual):
    further = add_experiment(workspace, intake, ("frozen", "frozen_random"), num_seeds=2)
    finish_all(workspace, further, frozen=0.8, frozen_random=0.4)
    assert is_alike(usual, further)
    pooled = pooled_of(workspace, usual, further)
    across = find_verdict(pooled, arm("fine_tuned"), arm("frozen_random"))
    assert across is not None
    assert across.num_seeds == 2
    assert across.difference == pytest.approx(17 / 18 - 7 / 18)


def test_the_order_of_experiments_does_not_change_the_largest_size(workspace, intake, usual):
    smaller = add_experiment(workspace, intake, ("scratch", "fine_tuned"), num_seeds=2, train_sizes=[8])
    finish_all(workspace, smaller)
    assert pooled_of(workspace, smaller, usual).largest == pooled_of(workspace, usual, smaller).largest == 33


def test_of_two_experiments_the_one_with_more_seeds_speaks(workspace, intake):
    few = add_experiment(workspace, intake, ("scratch", "fine_tuned"), num_seeds=1)
    many = add_experiment(workspace, intake, ("scratch", "fine_tuned"), num_seeds=3)
    for experiment in (few, many):
        finish_all(workspace, experiment)
    assert pooled_of(workspace, few, many).predictions["scratch", 33].num_seeds == 3


@pytest.mark.parametrize("change", [{"epochs": 9.0}, {"max_length": 32}, {"base_model": "org/other"}])
def test_other_rules_are_not_alike(workspace, intake, usual, change):
    assert not is_alike(usual, add_experiment(workspace, intake, **change))


def test_another_rate_of_a_shared_arm_is_not_alike(usual):
    rates = usual.learning_rates
    changed = {**rates, "scratch": rates["fine_tuned"]}
    assert is_alike(usual, usual.model_copy(update={"learning_rates": {"frozen": rates["scratch"]}}))
    assert not is_alike(usual, usual.model_copy(update={"learning_rates": changed}))


def test_few_labels_with_knowledge_stand_against_many_without(workspace, intake):
    experiment = add_experiment(workspace, intake, ("scratch", "fine_tuned"), 2, train_sizes=[8, 33])
    finish_sizes(workspace, experiment, tuned={8: 0.5, 33: 0.9}, scratch={8: 0.3, 33: 0.9})
    pooled = pooled_of(workspace, experiment)
    verdict = labels_against_knowledge(pooled)
    assert ends_of(pooled) == [8, 33]
    assert verdict is not None
    assert verdict.value_a == pytest.approx(9 / 18)
    assert verdict.value_b == pytest.approx(16 / 18)
    assert verdict.ci95[0] < verdict.difference < verdict.ci95[1]


def test_one_size_says_nothing_about_more_labels(workspace, usual):
    assert labels_against_knowledge(pooled_of(workspace, usual)) is None


def test_rows_hold_every_seed_and_the_interval(workspace, usual):
    pooled = pooled_of(workspace, usual)
    keys = keys_of(Answer.SCRATCH, pooled)
    assert keys == [("scratch", 33), ("tfidf", 33), ("majority", 33)]
    seeds, means = seed_rows(pooled, keys), mean_rows(pooled, keys)
    assert seeds["arm"].tolist() == ["scratch", "scratch", "tfidf", "majority"], "one run stands once"
    assert (means["low"] < means["mean"]).all()
    shown = tried.pooled_numbers(pooled, keys, {"scratch": "S", "tfidf": "T", "majority": "M"})
    assert shown["Model"].tolist() == ["S", "T", "M"]
    assert shown["Mean test accuracy, %"].iloc[0] == pytest.approx(38.9)
    assert shown["Seeds"].tolist() == [2, 2, 2]


def test_weights_are_those_of_the_record_and_the_catalogue(workspace, usual):
    rows = weight_rows(pooled_of(workspace, usual)).set_index("arm")
    assert rows.loc["fine_tuned", ["pretrained", "random"]].tolist() == [22_713_216, 1_155]
    assert rows.loc["scratch", ["pretrained", "random"]].tolist() == [0, 22_714_371]
    assert rows["is_trained"].to_dict() == {
        "fine_tuned": True, "frozen": False, "scratch": True, "frozen_random": False
    }  # fmt: skip
    shown = tried.display_weights(pooled_of(workspace, usual)).frame
    assert shown["What learns"].tolist() == ["all weights", "the head", "all weights", "the head"]


def test_without_a_finished_fine_tuning_no_weights_are_claimed(workspace, intake):
    pooled = pooled_of(workspace, add_experiment(workspace, intake))
    assert weight_rows(pooled).empty
    assert pooled.tokens_read is None
    assert pooled.floor is None
