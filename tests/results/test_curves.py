"""The validation evaluations of runs as a table."""

import pandas as pd
import pytest

from tests.pages.fixtures import add_experiment, finish_all, runs_of, store_sample_dataset
from tl_core.results.comparison import gather
from tl_core.results.curves import floor_on_validation, learning_curve_points, stragglers
from tl_core.schema import Metric


@pytest.fixture
def results(workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    finish_all(workspace, experiment, fine_tuned=0.95, scratch=0.5)
    return gather(workspace, experiment.experiment_id)


def test_the_floor_on_test_is_the_largest_class(results):
    assert results.floor == pytest.approx(1 / 3)


def test_the_majority_arm_is_the_floor_and_not_in_the_race(results, workspace):
    runs = [(run.config, run.events) for run in results.finished]
    assert "majority" not in set(learning_curve_points(runs)["arm"])
    assert floor_on_validation(runs, {}, Metric.ACCURACY) == pytest.approx(0.5)
    assert len(runs) == len(runs_of(workspace, results.experiment))


@pytest.mark.parametrize(("metric", "floor"), [(Metric.ACCURACY, 0.6), (Metric.MACRO_F1, 0.375)])
def test_before_a_majority_run_the_floor_comes_from_the_labels(metric, floor):
    assert floor_on_validation([], {"a": 6, "b": 4}, metric) == pytest.approx(floor)


def test_without_labels_there_is_no_floor():
    assert floor_on_validation([], {}, Metric.ACCURACY) is None


def test_a_run_that_took_far_longer_than_its_siblings_is_a_straggler():
    points = pd.DataFrame(
        [
            (arm, seed, spent, is_ended)
            for arm, times in {"fine_tuned": (26, 25, 293, 30), "scratch": (25, 31, 40, 50)}.items()
            for seed, end in enumerate(times)
            for spent, is_ended in ((end / 2, True), (end, True))
        ],
        columns=["arm", "seed", "train_s", "is_ended"],
    )
    found = stragglers(points)
    assert found.to_dict("records") == [{"arm": "fine_tuned", "seed": 2, "train_s": 293, "usual_s": 26}]
    assert stragglers(points.assign(is_ended=False)).empty, "a run that still trains has no time yet"
