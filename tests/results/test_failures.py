"""Why runs have failed."""

from tests.pages.fixtures import add_experiment, fail_run, finish_run, runs_of, store_sample_dataset
from tl_core.jobs.queue import Queue
from tl_core.results.runs import find_failures, name_runs
from tl_core.schema import State
from tl_core.store.tables import JobKind

LABELS = {"scratch": "From scratch", "fine_tuned": "Fine-tuned"}


def observed(workspace, experiment):
    return workspace.database.list_runs(experiment.experiment_id)


def test_runs_that_failed_alike_stand_together(workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"), 2)
    one, other, third, fourth = runs_of(workspace, experiment)
    finish_run(workspace, other)
    fail_run(workspace, one)
    fail_run(workspace, third)
    fail_run(workspace, fourth, "out of memory", "out_of_memory")
    failures = find_failures(workspace, observed(workspace, experiment))
    assert [failure.words for failure in failures] == ["diverged", "ran out of memory"]
    assert name_runs(failures[0].runs, LABELS) == "From scratch, seeds 0 and 1"
    assert name_runs(failures[1].runs, LABELS) == "Fine-tuned, seed 1"
    assert "learning rate" in failures[0].remedy


def test_the_attempts_are_told(workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch",))
    (run,) = runs_of(workspace, experiment)
    fail_run(workspace, run, "out of memory", "out_of_memory")
    folder = workspace.run_folder(run.run_id)
    folder.write_record(folder.read_record().model_copy(update={"attempts": 3}))
    assert find_failures(workspace, observed(workspace, experiment))[0].attempts == 3


def test_a_run_that_died_before_it_wrote_anything_has_its_row_s_words(workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch",))
    job = Queue(workspace.database).claim([JobKind.RUN])
    Queue(workspace.database).finish(job.id, State.FAILED, "the process vanished")
    (failure,) = find_failures(workspace, observed(workspace, experiment))
    assert (failure.words, failure.message) == ("was stopped from outside", "the process vanished")


def test_cancelled_runs_have_not_failed(workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch",))
    Queue(workspace.database).cancel_experiment(experiment.experiment_id)
    assert find_failures(workspace, observed(workspace, experiment)) == []
