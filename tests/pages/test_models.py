"""*Models*: empty, every state of a run, its details, its download and its end."""

import pytest

from tests.pages.fixtures import (
    add_experiment,
    fail_run,
    finish_all,
    finish_run,
    runs_of,
    start_run,
    store_sample_dataset,
)
from tests.pages.reading import leave_for, open_page, plain, query_of, targets_of, text_of
from tl_core.export.outputs import ARCHIVE_NAME, Verification, Verified, write_verified
from tl_core.jobs.queue import Queue
from tl_core.models.facts import WHY_AGAIN, write_facts
from tl_core.schema import State
from tl_core.store.tables import JobKind


@pytest.fixture
def experiment(workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace))
    finish_all(workspace, made, fine_tuned=0.9)
    return made


def press(app, label):
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert not app.exception, app.exception


def fine_tuned(workspace, experiment):
    return next(run for run in runs_of(workspace, experiment) if run.arm.name == "fine_tuned")


def test_without_a_run_it_leads_to_data(app):
    open_page(app, "models")
    assert targets_of(app) == [("data", "")]
    assert not app.dataframe


def test_every_run_is_a_row_with_its_test_value(app, experiment):
    open_page(app, "models")
    table = app.dataframe[0].value.set_index("arm")
    assert len(table) == 4
    row = table.loc["Fine-tuned"]
    # 0.9 of 18 test examples are 16 right ones.
    assert row["test"] == pytest.approx(100 * 16 / 18)
    assert row[["num_test", "state", "train_size", "metric"]].tolist() == [18, "finished", 33, "accuracy"]
    assert row["size_bytes"] > 0
    assert "4 runs · 4 finished · 1 experiment" in text_of(app)


def test_runs_in_other_states_have_no_test_value(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    runs = runs_of(workspace, experiment)
    fail_run(workspace, runs[0])
    start_run(workspace, runs[1])
    open_page(app, "models")
    table = app.dataframe[0].value
    assert sorted(table["state"]) == ["failed", "queued", "queued", "running"]
    assert table["test"].isna().all()


def test_filters_leave_the_runs_of_an_experiment_or_a_state(app, workspace, experiment):
    other = add_experiment(workspace, store_sample_dataset(workspace), arms=("tfidf", "scratch"))
    finish_run(workspace, runs_of(workspace, other)[0])
    open_page(app, "models")
    assert len(app.dataframe[0].value) == 6
    app.selectbox[0].set_value(other.experiment_id)
    app.run()
    assert len(app.dataframe[0].value) == 2
    app.button_group[0].set_value([State.QUEUED])
    app.run()
    assert app.dataframe[0].value["arm"].tolist() == ["From scratch"]


def test_a_finished_run_tells_its_record_and_how_to_load_it(app, workspace, experiment):
    run = fine_tuned(workspace, experiment)
    open_page(app, "models", run=run.run_id)
    facts = app.table[0].value.set_index("Fact")["Value"]
    assert facts["Parameters"].replace("\\", "") == "22,714,371"
    assert facts["Seeds"] == f"init {run.seeds.init}, order {run.seeds.order}, subset {run.seeds.subset}"
    assert f'load_predictor(Path("{run.run_id}"))' in app.code[0].value
    assert app.code[1].value == f"python -m tl_core predict {run.run_id} IN.csv OUT.csv"
    assert [page for page, _ in targets_of(app)] == ["results", "try_it"]


def test_a_network_is_loaded_with_the_one_file_of_its_download(app, workspace, experiment):
    run = fine_tuned(workspace, experiment)
    folder = workspace.run_folder(run.run_id).model_dir
    write_facts(folder, "neural", run.labels, None, pooling="mean", max_length=128)
    open_page(app, "models", run=run.run_id)
    assert app.code[0].value == 'from predict import load\n\nanswer = load()\nprint(answer(["A text."]))'


def test_a_failed_run_gives_its_reason_and_no_download(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), arms=("scratch",))
    [run] = runs_of(workspace, experiment)
    fail_run(workspace, run, "killed by SIGKILL")
    open_page(app, "models", run=run.run_id)
    (told,) = app.error
    assert told.value.endswith("killed by SIGKILL")
    assert "Prepare the download" not in [button.label for button in app.button]


def test_a_queued_run_has_no_record_yet(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), arms=("scratch",))
    open_page(app, "models", run=runs_of(workspace, experiment)[0].run_id)
    assert not app.table
    assert not app.error


def test_the_download_is_made_by_a_job_and_then_offered(app, workspace, experiment):
    run, queue = fine_tuned(workspace, experiment), Queue(workspace.database)
    open_page(app, "models", run=run.run_id)
    press(app, "Prepare the download")
    job = queue.find_latest(JobKind.EXPORT, run.run_id)
    assert app.get("progress")[0].proto.value == 0
    queue.claim([JobKind.EXPORT])
    queue.record_progress(job.id, 30, 100)
    app.run()
    assert app.get("progress")[0].proto.value == 30
    archive = workspace.output_folder(job.id) / ARCHIVE_NAME
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"x" * 2_000_000)
    write_verified(archive.parent, found(run.run_id, 0.004))
    queue.finish(job.id, State.FINISHED)
    app.run()
    assert "(2.0 MB)" in app.get("download_button")[0].proto.label
    assert " ".join(found(run.run_id, 0.004).sentences) in text_of(app)
    assert "Prepare the download" not in [button.label for button in app.button]


def found(run_id, largest):
    compared = Verification(
        name=run_id,
        reference="test_predictions",
        num_texts=18,
        num_available=18,
        largest_difference=largest,
        mean_difference=largest / 2,
        tolerance=0.05,
        num_other_labels=3,
        precision="bfloat16",
    )
    return Verified(comparisons=(compared,))


def test_an_archive_of_an_earlier_version_is_made_again_and_the_page_says_why(app, workspace, experiment):
    run, queue = fine_tuned(workspace, experiment), Queue(workspace.database)
    job_id = queue.submit(JobKind.EXPORT, run.run_id, {})
    queue.claim([JobKind.EXPORT])
    archive = workspace.output_folder(job_id) / ARCHIVE_NAME
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"x")
    queue.finish(job_id, State.FINISHED)
    open_page(app, "models", run=run.run_id)
    assert WHY_AGAIN in plain(app.warning[0].value)
    assert not app.get("download_button")
    press(app, "Prepare it again")
    assert queue.find_latest(JobKind.EXPORT, run.run_id).id != job_id


@pytest.mark.parametrize(
    "largest",
    [0.004, 0.4],
)
def test_a_model_is_verified_by_a_job_and_the_page_says_what_was_found(app, workspace, experiment, largest):
    run, queue = fine_tuned(workspace, experiment), Queue(workspace.database)
    open_page(app, "models", run=run.run_id)
    press(app, "Verify the model")
    job = queue.find_latest(JobKind.VERIFY, run.run_id)
    assert len(app.get("progress")) == 1
    queue.claim([JobKind.VERIFY])
    workspace.output_folder(job.id).mkdir(parents=True)
    write_verified(workspace.output_folder(job.id), found(run.run_id, largest))
    queue.finish(job.id, State.FINISHED)
    app.run()
    (told,), others = (app.success, app.error) if largest < 0.05 else (app.error, app.success)
    assert plain(told.value) == " ".join(found(run.run_id, largest).sentences)
    assert not others


def test_a_verification_that_failed_says_why(app, workspace, experiment):
    run, queue = fine_tuned(workspace, experiment), Queue(workspace.database)
    job_id = queue.submit(JobKind.VERIFY, run.run_id, {})
    queue.claim([JobKind.VERIFY])
    queue.finish(job_id, State.FAILED, "model.safetensors is damaged")
    open_page(app, "models", run=run.run_id)
    assert plain(app.error[0].value).endswith("model.safetensors is damaged")


def test_a_failed_export_says_why_and_can_be_tried_again(app, workspace, experiment):
    run, queue = fine_tuned(workspace, experiment), Queue(workspace.database)
    job_id = queue.submit(JobKind.EXPORT, run.run_id, {})
    queue.claim([JobKind.EXPORT])
    queue.finish(job_id, State.FAILED, "No space left on device")
    open_page(app, "models", run=run.run_id)
    assert app.error[0].value.endswith("No space left on device")
    press(app, "Try again")
    assert queue.find_latest(JobKind.EXPORT, run.run_id).id != job_id


def test_a_run_is_deleted_with_its_folder(app, workspace, experiment):
    run = fine_tuned(workspace, experiment)
    open_page(app, "models", run=run.run_id)
    press(app, "Delete this run")
    assert run.run_id not in [one.run_id for one in workspace.database.list_runs()]
    assert not workspace.run_folder(run.run_id).path.exists()
    assert len(app.dataframe[0].value) == 3
    assert "run" not in app.query_params


def test_a_running_run_is_not_deleted(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), arms=("scratch",))
    [run] = runs_of(workspace, experiment)
    start_run(workspace, run)
    open_page(app, "models", run=run.run_id)
    press(app, "Delete this run")
    assert len(app.error) == 1
    assert query_of(app, "run") == run.run_id
    assert workspace.run_folder(run.run_id).has_record()


def test_a_run_that_is_not_there_is_told_and_the_others_stay(app, experiment):
    open_page(app, "models", run="run_unknown")
    (told,) = app.error
    assert "run_unknown" in plain(told.value)
    assert len(app.dataframe[0].value) == 4


def test_with_its_last_run_an_experiment_goes_too(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), arms=("tfidf",))
    [run] = runs_of(workspace, experiment)
    finish_run(workspace, run)
    open_page(app, "models", run=run.run_id)
    press(app, "Delete this run")
    assert workspace.database.list_experiments() == []
    assert not workspace.run_folder(run.run_id).path.exists()


def test_filters_survive_a_visit_elsewhere_and_the_end_of_their_state(app, workspace, experiment):
    other = add_experiment(workspace, store_sample_dataset(workspace), arms=("tfidf",))
    open_page(app, "models")
    app.button_group[0].set_value([State.QUEUED]).run()
    leave_for(app, "results")
    leave_for(app, "models")
    assert app.dataframe[0].value["arm"].tolist() == ["TF-IDF"]
    finish_run(workspace, runs_of(workspace, other)[0])
    leave_for(app, "models")
    assert len(app.dataframe[0].value) == 5


def test_a_run_with_damaged_predictions_stays_a_row(app, workspace, experiment):
    run = fine_tuned(workspace, experiment)
    (workspace.run_folder(run.run_id).path / "predictions.parquet").write_bytes(b"torn")
    open_page(app, "models")
    assert len(app.dataframe[0].value) == 4


def open_card(app, run):
    app.session_state["card"] = True
    open_page(app, "models", run=run.run_id)
    return next((code.value for code in app.code if code.value.startswith("---")), None)


def test_a_run_shows_its_card_in_the_hub_s_format(app, workspace, experiment):
    card = open_card(app, fine_tuned(workspace, experiment))
    assert "# Text classifier" in card
    assert "Download the card" in [one.label for one in app.get("download_button")]


def test_a_card_is_not_written_before_it_is_asked_for(app, workspace, experiment):
    open_page(app, "models", run=fine_tuned(workspace, experiment).run_id)
    assert not any(code.value.startswith("---") for code in app.code)


def test_a_damaged_run_says_why_it_has_no_card(app, workspace, experiment):
    run = fine_tuned(workspace, experiment)
    (workspace.run_folder(run.run_id).path / "predictions.parquet").unlink()
    assert open_card(app, run) is None
    assert "predictions.parquet" in text_of(app)


def test_a_run_that_failed_has_no_card(app, workspace):
    run = runs_of(workspace, add_experiment(workspace, store_sample_dataset(workspace)))[0]
    fail_run(workspace, run)
    assert open_card(app, run) is None
