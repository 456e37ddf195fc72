"""What labels were worth, from one experiment or several, and what is offered where there is one size."""

import pytest

from tests.pages.fixtures import add_experiment, finish_all, finish_run, runs_of, store_sample_dataset
from tl_core.cli.commands import verdict_lines
from tl_core.displays.data_efficiency import display
from tl_core.displays.display import Subject
from tl_core.export.comparison_json import comparison_json
from tl_core.planning.missing_runs import plan_missing
from tl_core.planning.plan import queue_runs
from tl_core.results.comparison import gather
from tl_core.results.data_efficiency import (
    curve_keys,
    find_data_efficiency,
    lacking,
    narrowing,
    train_size_grid,
)
from tl_core.results.pooled import put_together
from tl_core.schema import Arm

SIZES = [6, 12, 33]
TUNED = {6: 0.4, 12: 0.7, 33: 1.0}
SCRATCH = {6: 0.34, 12: 0.4, 33: 0.7}
LABELS = {"fine_tuned": "Fine-tuned", "scratch": "From scratch", "tfidf": "TF-IDF"}


@pytest.fixture
def intake(workspace):
    return store_sample_dataset(workspace)


def finish_sizes(workspace, experiment, tuned=TUNED, scratch=SCRATCH):
    for run in runs_of(workspace, experiment):
        finish_run(workspace, run, (tuned if run.arm.name == "fine_tuned" else scratch)[run.train_size])


@pytest.fixture
def sizes(workspace, intake):
    experiment = add_experiment(workspace, intake, ("scratch", "fine_tuned"), 3, train_sizes=SIZES)
    finish_sizes(workspace, experiment)
    return gather(workspace, experiment.experiment_id)


def pooled_of(*results):
    return put_together(results[0].experiment, results)


def test_each_size_of_the_second_arm_is_reached_by_the_first_the_largest_first(sizes):
    worths = find_data_efficiency(pooled_of(sizes), "fine_tuned", "scratch")
    assert [one.size for one in worths] == [33, 12, 6]
    assert (worths[0].needed.above, worths[0].needed.most) == (12, 12), "13 of 18 are right in both"
    assert (worths[0].num_seeds, worths[0].num_examples) == (3, 18)


def test_runs_of_an_experiment_that_adds_sizes_are_read_with_it(workspace, intake, sizes):
    usual = add_experiment(workspace, intake, ("scratch", "fine_tuned"), 3)
    finish_sizes(workspace, usual)
    results = gather(workspace, usual.experiment_id)
    assert find_data_efficiency(pooled_of(results), "fine_tuned", "scratch") == []
    together = find_data_efficiency(pooled_of(results, sizes), "fine_tuned", "scratch")
    assert together[0].sizes == (6, 12, 33)


def test_the_numbers_list_the_curves_and_what_was_saved_beside_the_second_arm(sizes):
    subject = Subject(results=sizes, verdict=sizes.verdicts[0], pooled=pooled_of(sizes))
    table = display(subject).frame
    assert list(table["Training examples"]) == [6, 12, 33, 6, 12, 33]
    saved = table.set_index(["Model", "Training examples"])["Labels saved"]
    assert saved["From scratch", 33] == "not shown"
    assert saved["Fine-tuned", 33] == "–"
    assert {"Seeds", "Test examples", "Labels that Fine-tuned needs for it"} <= set(table.columns)


@pytest.mark.parametrize(
    ("largest", "num_labels", "expected"),
    [
        (500, 3, (25, 50, 100, 250, 500)),
        (5000, 3, (25, 50, 100, 250, 500, 1000, 2500, 5000)),
        (520, 3, (25, 50, 100, 250, 520)),
        (500, 77, (100, 250, 500)),
        (33, 3, (10, 25, 33)),
        (12, 3, (12,)),
        (100, 2, (25, 50, 100)),
    ],
)
def test_the_ladder_is_what_the_split_and_the_classes_allow(largest, num_labels, expected):
    assert train_size_grid(largest, num_labels) == expected


def test_a_single_size_lacks_the_ladder_of_both_arms_and_of_tfidf(workspace, intake):
    experiment = add_experiment(workspace, intake, num_seeds=2)
    finish_all(workspace, experiment)
    pooled = pooled_of(gather(workspace, experiment.experiment_id))
    cells = lacking(pooled, "fine_tuned", "scratch")
    assert {(arm.name, size) for arm, size in cells} == {
        (name, size) for name in ("fine_tuned", "scratch", "tfidf") for size in (10, 25)
    }
    assert lacking(pooled, "fine_tuned", "majority") == ()


def test_what_is_queued_is_not_offered_again(workspace, intake):
    experiment = add_experiment(workspace, intake, num_seeds=2)
    finish_all(workspace, experiment)
    first = gather(workspace, experiment.experiment_id)
    (plan,) = plan_missing(experiment, lacking(pooled_of(first), "fine_tuned", "scratch"))
    assert plan.train_sizes == (10, 25)
    assert (plan.split, plan.training, plan.num_seeds) == (
        experiment.split,
        experiment.training,
        experiment.num_seeds,
    )
    queue_runs(workspace, plan)
    both = pooled_of(first, gather(workspace, plan.experiment_id))
    assert lacking(both, "fine_tuned", "scratch") == ()


def test_several_sizes_lack_nothing(sizes):
    assert lacking(pooled_of(sizes), "fine_tuned", "scratch") == ()


def test_the_sizes_that_would_narrow_most_are_offered_for_the_first_arm_alone(sizes):
    found = narrowing(pooled_of(sizes), "fine_tuned", "scratch")
    assert [(arm.name, size) for arm, size in found] == [("fine_tuned", 20)]
    (plan,) = plan_missing(sizes.experiment, found)
    assert (plan.train_sizes, [arm.name for arm in plan.arms]) == ((20,), ["fine_tuned"])


def test_curves_are_of_the_experiments_arms_that_learn(workspace, intake, sizes):
    other = add_experiment(workspace, intake, ("majority", "frozen", "fine_tuned"), 3)
    finish_all(workspace, other)
    pooled = pooled_of(gather(workspace, other.experiment_id), sizes)
    assert {Arm.parse(name).name for name, _ in curve_keys(pooled)} == {"frozen", "fine_tuned"}


def test_the_json_and_the_command_line_say_it(workspace, sizes):
    report = comparison_json(workspace, sizes)
    worth = report["label_worth"]
    assert (worth["a"], worth["b"], worth["train_size_b"], worth["num_seeds"]) == (
        "fine_tuned",
        "scratch",
        33,
        3,
    )
    assert (worth["labels_needed"], worth["least_saved"]) == ([12, 12], None)
    assert "From scratch reaches 72.2% accuracy with 33 labels" in worth["sentence"]
    assert verdict_lines(report)[-1] == worth["sentence"]


def test_with_one_size_the_json_says_none(workspace, intake):
    experiment = add_experiment(workspace, intake)
    finish_all(workspace, experiment)
    report = comparison_json(workspace, gather(workspace, experiment.experiment_id))
    assert report["label_worth"] is None
    assert len(verdict_lines(report)) == len(report["verdicts"])
