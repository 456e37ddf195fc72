import pytest

from tests.pages.fixtures import (
    add_experiment,
    fail_run,
    finish_all,
    finish_run,
    runs_of,
    store_sample_dataset,
)
from tl_core.results.answering import choose_answerers
from tl_core.schema import Metric


def choose(workspace, experiment, train_size=33):
    runs = workspace.database.list_runs(experiment.experiment_id)
    return choose_answerers(workspace, runs, train_size, Metric.ACCURACY)


def test_the_best_seed_on_validation_answers_and_the_first_of_equals(workspace):
    arms = ("scratch", "fine_tuned")
    experiment = add_experiment(workspace, store_sample_dataset(workspace), arms=arms, num_seeds=3)
    accuracies = {"scratch": (0.5, 0.5, 0.3), "fine_tuned": (0.4, 0.6, 0.9)}
    for run in runs_of(workspace, experiment):
        finish_run(workspace, run, accuracies[run.arm.name][run.seed])
    fine_tuned, scratch = choose(workspace, experiment)
    assert (fine_tuned.arm.name, fine_tuned.run.seed, fine_tuned.num_candidates) == ("fine_tuned", 2, 3)
    # 0.9 of 9 validation examples are 8 right ones.
    assert (fine_tuned.value, fine_tuned.num_validation) == (pytest.approx(8 / 9), 9)
    assert (scratch.arm.name, scratch.run.seed) == ("scratch", 0)


def test_failed_runs_and_other_train_sizes_do_not_answer(workspace):
    experiment = add_experiment(
        workspace, store_sample_dataset(workspace), arms=("scratch",), num_seeds=2, train_sizes=[12, 33]
    )
    for run in runs_of(workspace, experiment):
        if run.train_size == 33 and run.seed == 0:
            fail_run(workspace, run)
        else:
            finish_run(workspace, run, 0.9 if run.seed == 0 else 0.3)
    [small], [large] = choose(workspace, experiment, 12), choose(workspace, experiment, 33)
    assert (small.run.seed, small.run.train_size) == (0, 12)
    assert (large.run.seed, large.run.train_size, large.num_candidates) == (1, 33, 1)


def test_without_a_finished_run_nobody_answers(workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    assert choose(workspace, experiment) == ()


def test_a_run_whose_predictions_are_gone_does_not_answer(workspace):
    experiment = add_experiment(
        workspace, store_sample_dataset(workspace), arms=("scratch", "fine_tuned"), num_seeds=2
    )
    finish_all(workspace, experiment, scratch=0.6)
    for run in runs_of(workspace, experiment):
        if run.seed == 0 or run.arm.name == "fine_tuned":
            (workspace.run_folder(run.run_id).path / "predictions.parquet").write_bytes(b"torn")
    [scratch] = choose(workspace, experiment)
    assert (scratch.run.seed, scratch.num_candidates) == (1, 1)


def test_a_run_that_came_without_its_model_does_not_answer(workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), arms=("scratch",), num_seeds=2)
    finish_all(workspace, experiment)
    first, _ = runs_of(workspace, experiment)
    workspace.run_folder(first.run_id).model_dir.rmdir()
    [scratch] = choose(workspace, experiment)
    assert (scratch.run.seed, scratch.num_candidates) == (1, 1)
