"""Two arms held against each other class by class."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tests.pages.fixtures import add_experiment, finish_all, finish_run, runs_of, store_sample_dataset
from tl_core.results.by_class import class_rows, mean_confusions, mistake_rows
from tl_core.results.comparison import gather


@pytest.fixture
def results(workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    finish_all(workspace, experiment, fine_tuned=0.95, scratch=0.5)
    return gather(workspace, experiment.experiment_id)


def test_class_values_agree_with_scikit_learn(results):
    rows = class_rows(results, "fine_tuned", "scratch", 33)
    arm = results.predictions["fine_tuned", 33]
    expected = np.mean([f1_score(arm.targets, answers, average=None) for answers in arm.predicted], axis=0)
    assert rows["value_a"].tolist() == pytest.approx(expected)
    assert rows["difference"].tolist() == pytest.approx(rows["value_a"] - rows["value_b"])
    assert rows["support"].tolist() == [6, 6, 6]


def test_mistakes_come_with_the_most_unequal_first():
    a = np.array([[8.0, 2.0, 0.0], [0.0, 4.0, 0.0], [1.0, 0.0, 1.0]])
    b = np.array([[5.0, 5.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 2.0]])
    rows = mistake_rows(a, b, ["x", "y", "z"])
    assert rows[["true", "predicted"]].to_numpy().tolist() == [["z", "x"], ["x", "y"]]
    assert rows["difference"].tolist() == pytest.approx([0.5, -0.3])
    assert rows["support"].tolist() == [2, 10]


def test_a_class_without_test_examples_makes_no_mistakes():
    a = np.array([[2.0, 1.0], [0.0, 0.0]])
    assert mistake_rows(a, a, ["x", "y"])["true"].tolist() == ["x"]


def test_classes_are_compared_on_the_seeds_that_both_arms_have(workspace):
    experiment = add_experiment(
        workspace, store_sample_dataset(workspace), arms=("scratch", "fine_tuned"), num_seeds=2
    )
    for run in runs_of(workspace, experiment):
        if run.arm.name == "fine_tuned":
            finish_run(workspace, run, 0.9 if run.seed == 0 else 0.3)
        elif run.seed == 0:
            finish_run(workspace, run, 0.5)
    results = gather(workspace, experiment.experiment_id)
    first = results.runs_of("fine_tuned", 33)[0].test
    assert results.headline.num_seeds == 1
    rows = class_rows(results, "fine_tuned", "scratch", 33)
    assert rows["value_a"].tolist() == pytest.approx(first.per_class.f1)
    tuned, scratch = mean_confusions(results, "fine_tuned", "scratch", 33)
    assert tuned.tolist() == first.confusion.tolist()
    assert scratch.sum() == tuned.sum()
