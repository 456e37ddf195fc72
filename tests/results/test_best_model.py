"""The model to take away is chosen on validation."""

import shutil

import pytest

from tests.pages.fixtures import add_experiment, fail_run, finish_run, runs_of, store_sample_dataset
from tl_core.results.best_model import choose_best


def choose(workspace, experiment):
    return choose_best(workspace, experiment, workspace.database.list_runs(experiment.experiment_id))


def finish_by_seed(workspace, experiment, accuracies):
    for run in runs_of(workspace, experiment):
        finish_run(workspace, run, accuracies[run.arm.name][run.seed])


@pytest.fixture
def experiment(workspace):
    arms = ("scratch", "fine_tuned")
    return add_experiment(workspace, store_sample_dataset(workspace), arms=arms, num_seeds=3)


def test_the_model_is_the_best_on_average_and_the_run_its_best_seed(workspace, experiment):
    # From scratch has the best single seed, and not the best mean.
    finish_by_seed(workspace, experiment, {"scratch": (0.2, 1.0, 0.2), "fine_tuned": (0.6, 0.6, 0.9)})
    best = choose(workspace, experiment)
    assert (best.run.arm.name, best.run.seed) == ("fine_tuned", 2)
    assert (best.num_models, best.num_runs) == (2, 3)
    assert best.validation == pytest.approx(0.7, abs=0.02)
    # Of 18 test examples 11, 11 and 16 are right.
    assert best.test.mean == pytest.approx((11 + 11 + 16) / 54)
    assert (best.test.seeds, best.test.num_examples) == ((0, 1, 2), 18)


def test_test_values_have_no_say(workspace, experiment, monkeypatch):
    finish_by_seed(workspace, experiment, {"scratch": (0.4, 0.4, 0.4), "fine_tuned": (0.6, 0.6, 0.6)})
    before = choose(workspace, experiment)
    for run in runs_of(workspace, experiment):  # on test alone, from scratch is right everywhere
        folder = workspace.run_folder(run.run_id)
        table = folder.read_predictions()
        if run.arm.name == "scratch":
            rows = table.to_pylist()
            for row in rows:
                if row["split"] == "test":
                    row["logits"] = [9.0 * (place == row["target"]) for place in range(3)]
            folder.write_predictions(type(table).from_pylist(rows, schema=table.schema))
    after = choose(workspace, experiment)
    assert after.run == before.run
    assert after.run.arm.name == "fine_tuned"


def test_a_seed_without_its_weights_counts_and_is_not_the_one_to_take(workspace, experiment):
    finish_by_seed(workspace, experiment, {"scratch": (0.2, 0.2, 0.2), "fine_tuned": (0.6, 0.9, 0.8)})
    best = choose(workspace, experiment)
    shutil.rmtree(workspace.run_folder(best.run.run_id).model_dir)
    following = choose(workspace, experiment)
    assert (best.run.seed, following.run.seed) == (1, 2)
    assert following.test == best.test


def test_a_model_without_any_weights_is_not_the_one_to_take(workspace, experiment):
    finish_by_seed(workspace, experiment, {"scratch": (0.2, 0.2, 0.2), "fine_tuned": (0.9, 0.9, 0.9)})
    for run in runs_of(workspace, experiment):
        if run.arm.name == "fine_tuned":
            shutil.rmtree(workspace.run_folder(run.run_id).model_dir)
    assert choose(workspace, experiment).run.arm.name == "scratch"


def test_the_largest_train_size_with_a_model_counts(workspace):
    experiment = add_experiment(
        workspace, store_sample_dataset(workspace), arms=("scratch",), train_sizes=[12, 33]
    )
    for run in runs_of(workspace, experiment):
        finish_run(workspace, run, 0.9 if run.train_size == 12 else 0.4)
    assert choose(workspace, experiment).run.train_size == 33


def test_a_damaged_seed_is_left_out(workspace, experiment):
    finish_by_seed(workspace, experiment, {"scratch": (0.2, 0.2, 0.2), "fine_tuned": (0.6, 0.9, 0.8)})
    best = choose(workspace, experiment)
    (workspace.run_folder(best.run.run_id).path / "predictions.parquet").write_bytes(b"torn")
    assert choose(workspace, experiment).run.seed == 2


def test_without_a_finished_run_there_is_none(workspace, experiment):
    assert choose(workspace, experiment) is None
    fail_run(workspace, runs_of(workspace, experiment)[0])
    assert choose(workspace, experiment) is None


def test_the_size_is_that_of_the_model_s_files(workspace, experiment):
    finish_by_seed(workspace, experiment, {"scratch": (0.2, 0.2, 0.2), "fine_tuned": (0.6, 0.9, 0.8)})
    run = choose(workspace, experiment).run
    (workspace.run_folder(run.run_id).model_dir / "weights.bin").write_bytes(b"x" * 1000)
    assert choose(workspace, experiment).size_bytes == 1000
