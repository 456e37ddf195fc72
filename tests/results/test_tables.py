"""The tables that figures are drawn from."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tests.pages.fixtures import add_experiment, finish_all, finish_run, runs_of, store_sample_dataset
from tl_core.results import tables
from tl_core.results.comparison import gather
from tl_core.schema import Metric

LABELS = {"majority": "Majority", "tfidf": "TF-IDF", "scratch": "From scratch", "fine_tuned": "Fine-tuned"}


@pytest.fixture
def results(workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    finish_all(workspace, experiment, fine_tuned=0.95, scratch=0.5)
    return gather(workspace, experiment.experiment_id)


def test_each_run_is_a_dot(results):
    counts = tables.seed_values(results, 33)["arm"].value_counts().to_dict()
    assert counts == {"majority": 1, "tfidf": 1, "scratch": 2, "fine_tuned": 2}


def test_means_carry_their_intervals(results):
    means = tables.arm_means(results, 33).set_index("arm")
    assert means.loc["fine_tuned", "mean"] == pytest.approx(17 / 18)
    assert (means["low"] < means["mean"]).all()
    assert (means["mean"] < means["high"]).all()


def test_another_size_has_no_rows(results):
    assert tables.arm_means(results, 12).empty


def test_the_floor_on_test_is_the_largest_class(results):
    assert tables.floor_on_test(results) == pytest.approx(1 / 3)


def test_class_values_agree_with_scikit_learn(results):
    rows = tables.class_rows(results, "fine_tuned", "scratch", 33)
    arm = results.predictions["fine_tuned", 33]
    expected = np.mean([f1_score(arm.targets, answers, average=None) for answers in arm.predicted], axis=0)
    assert rows["value_a"].tolist() == pytest.approx(expected)
    assert rows["difference"].tolist() == pytest.approx(rows["value_a"] - rows["value_b"])
    assert rows["support"].tolist() == [6, 6, 6]


def test_verdict_rows_begin_with_the_headline_and_carry_the_proof(results):
    rows = tables.verdict_rows(results, 33, LABELS)
    assert rows["pair"].iloc[0] == "Fine-tuned − From scratch"
    assert len(rows) == 6
    assert [len(values) for values in rows["mcnemar"]] == [2] * 6
    assert rows["sentence"].iloc[0] == results.headline.sentence


def test_the_majority_arm_is_the_floor_and_not_in_the_race(results, workspace):
    runs = [(run.config, run.events) for run in results.finished]
    assert "majority" not in set(tables.learning_curve_points(runs)["arm"])
    assert tables.floor_on_validation(runs, {}, Metric.ACCURACY) == pytest.approx(0.5)
    assert len(runs) == len(runs_of(workspace, results.experiment))


@pytest.mark.parametrize(("metric", "floor"), [(Metric.ACCURACY, 0.6), (Metric.MACRO_F1, 0.375)])
def test_before_a_majority_run_the_floor_comes_from_the_labels(metric, floor):
    assert tables.floor_on_validation([], {"a": 6, "b": 4}, metric) == pytest.approx(floor)


def test_without_labels_there_is_no_floor():
    assert tables.floor_on_validation([], {}, Metric.ACCURACY) is None


def test_mistakes_come_with_the_most_unequal_first():
    a = np.array([[8.0, 2.0, 0.0], [0.0, 4.0, 0.0], [1.0, 0.0, 1.0]])
    b = np.array([[5.0, 5.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 2.0]])
    rows = tables.mistake_rows(a, b, ["x", "y", "z"])
    assert rows[["true", "predicted"]].to_numpy().tolist() == [["z", "x"], ["x", "y"]]
    assert rows["difference"].tolist() == pytest.approx([0.5, -0.3])
    assert rows["support"].tolist() == [2, 10]


def test_a_class_without_test_examples_makes_no_mistakes():
    a = np.array([[2.0, 1.0], [0.0, 0.0]])
    assert tables.mistake_rows(a, a, ["x", "y"])["true"].tolist() == ["x"]


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
    rows = tables.class_rows(results, "fine_tuned", "scratch", 33)
    assert rows["value_a"].tolist() == pytest.approx(first.per_class.f1)
    tuned, scratch = tables.mean_confusions(results, "fine_tuned", "scratch", 33)
    assert tuned.tolist() == first.confusion.tolist()
    assert scratch.sum() == tuned.sum()
