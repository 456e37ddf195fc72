"""*Models*: the best model of each experiment; every run, its details, its download and its end."""

import shutil

import pytest

from pages.cards.models import best_models, run_table
from pages.cards.models.download import archive_name
from samples.pack import pack
from tests.pages.fixtures import (
    add_experiment,
    fail_run,
    finish_all,
    finish_run,
    make_workspace,
    runs_of,
    start_run,
    store_sample_dataset,
)
from tests.pages.reading import open_page, plain, query_of, targets_of, text_of
from tl_core.export.outputs import ARCHIVE_NAME, Verification, Verified, write_verified
from tl_core.intake.bundled import SAMPLES, bring_in_examples, read_sample
from tl_core.intake.intake import store_dataset
from tl_core.jobs.queue import Queue
from tl_core.models.facts import WHY_AGAIN, write_facts
from tl_core.results.best_model import choose_best
from tl_core.schema import Annotation, State
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


def open_runs(app, *, with_others=False, **query):
    """Open the page and its list of all runs."""
    app.session_state["all_runs"] = True
    app.session_state["without_model"] = with_others
    return open_page(app, "models", **query)


# The best models


def test_the_best_model_stands_first_with_its_test_value_and_n(app, workspace, experiment):
    open_page(app, "models")
    (metric,) = app.metric
    assert plain(metric.label) == "Fine-tuned, test accuracy"
    assert metric.value == "88.9%"  # 0.9 of 18 test examples are 16 right ones
    assert "18 test examples" in text_of(app)
    assert "one seed" in text_of(app)
    assert "all-MiniLM-L6" in text_of(app)
    assert app.code[0].value.splitlines()[-1].startswith("print(")
    assert "" not in app.code[0].value.splitlines()
    assert not app.dataframe, "all runs are folded"
    assert [page for page, _ in targets_of(app)] == ["results", "try_it"]


def test_it_is_chosen_on_validation_over_seeds_and_one_seed_is_taken(app, workspace):
    arms = ("scratch", "fine_tuned")
    experiment = add_experiment(workspace, store_sample_dataset(workspace), arms=arms, num_seeds=3)
    accuracies = {"scratch": (0.2, 1.0, 0.2), "fine_tuned": (0.6, 0.6, 0.9)}
    for run in runs_of(workspace, experiment):
        finish_run(workspace, run, accuracies[run.arm.name][run.seed])
    open_page(app, "models")
    assert plain(app.metric[0].label) == "Fine-tuned, test accuracy"
    assert app.metric[0].value == "70.4%"  # 11, 11 and 16 of 18
    assert "mean of 3 seeds" in text_of(app)
    assert "The download is seed 2." in app.metric[0].help
    press(app, "Download")
    chosen = next(
        run for run in runs_of(workspace, experiment) if (run.arm.name, run.seed) == ("fine_tuned", 2)
    )
    assert Queue(workspace.database).find_latest(JobKind.EXPORT, chosen.run_id)


def test_a_model_that_ran_once_for_all_seeds_says_so(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), arms=("tfidf",), num_seeds=3)
    finish_all(workspace, experiment)
    open_page(app, "models")
    assert "the same for every seed" in text_of(app)


def test_the_newest_experiment_stands_first(app, workspace, experiment):
    newer = add_experiment(workspace, store_sample_dataset(workspace), arms=("tfidf",), name="newer one")
    finish_all(workspace, newer)
    open_page(app, "models")
    assert [plain(metric.label).split(",")[0] for metric in app.metric] == ["TF-IDF", "Fine-tuned"]
    assert text_of(app).index("newer one") < text_of(app).index("small reviews")


def test_experiments_without_a_model_and_archived_ones_are_left_out(app, workspace, experiment):
    running = add_experiment(workspace, store_sample_dataset(workspace))
    start_run(workspace, runs_of(workspace, running)[0])
    without = add_experiment(workspace, store_sample_dataset(workspace), arms=("tfidf",))
    finish_all(workspace, without)
    shutil.rmtree(workspace.run_folder(runs_of(workspace, without)[0].run_id).model_dir)
    archived = add_experiment(workspace, store_sample_dataset(workspace), arms=("tfidf",))
    finish_all(workspace, archived)
    workspace.database.annotate(archived.experiment_id, Annotation(is_archived=True))
    open_page(app, "models")
    assert len(app.metric) == 1
    open_page(app, "models", experiment=archived.experiment_id)
    assert plain(app.metric[0].label).startswith("TF-IDF"), "a link shows it all the same"


def test_a_link_s_experiment_filters_both_lists(app, workspace, experiment):
    other = add_experiment(workspace, store_sample_dataset(workspace), arms=("tfidf",))
    finish_all(workspace, other)
    open_runs(app, experiment=other.experiment_id)
    assert [plain(metric.label).split(",")[0] for metric in app.metric] == ["TF-IDF"]
    assert app.dataframe[0].value["arm"].tolist() == ["TF-IDF"]
    app.selectbox[0].set_value("all").run()
    assert len(app.metric) == 2
    assert len(app.dataframe[0].value) == 5
    assert "experiment" not in app.query_params
    app.selectbox[0].set_value(experiment.experiment_id).run()
    assert query_of(app, "experiment") == experiment.experiment_id
    assert len(app.dataframe[0].value) == 4
    open_page(app, "models", experiment=other.experiment_id)
    assert len(app.dataframe[0].value) == 1, "another link is followed"


def test_a_link_to_no_experiment_is_told(app, experiment):
    open_page(app, "models", experiment="exp_unknown")
    assert "exp_unknown" in plain(app.error[0].value)


def test_many_experiments_are_read_and_shown_some_at_a_time(app, workspace, monkeypatch):
    monkeypatch.setattr(best_models, "AT_ONCE", 2)
    read = []

    def choose_once(here, experiment, runs):
        read.append(experiment.experiment_id)
        return choose_best(here, experiment, runs)

    monkeypatch.setattr(best_models, "choose_best", choose_once)
    intake = store_sample_dataset(workspace)
    for _ in range(5):
        finish_all(workspace, add_experiment(workspace, intake, arms=("majority",)))
    open_page(app, "models")
    assert (len(app.metric), len(read)) == (2, 3)
    press(app, "Show more")
    assert (len(app.metric), len(read)) == (4, 5)
    press(app, "Show more")
    assert (len(app.metric), len(read)) == (5, 5)
    assert "Show more" not in [button.label for button in app.button]


def test_where_nothing_has_a_model_it_says_why(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), arms=("scratch",))
    open_page(app, "models")
    assert ("experiments", "") in targets_of(app)
    fail_run(workspace, runs_of(workspace, experiment)[0])
    open_page(app, "models")
    assert ("data", "") in targets_of(app)


def test_a_bundle_alone_leads_to_its_sample(app, workspace, bundle, tmp_path):
    made = make_workspace(tmp_path / "made")
    example = add_experiment(made, store_dataset(made, read_sample(SAMPLES["reviews_sentiment"]).dataset))
    finish_all(made, example)
    pack(made, example.experiment_id, bundle)
    made.close()
    bring_in_examples(workspace)
    open_page(app, "models")
    assert "without their models" in text_of(app)
    assert targets_of(app) == [("", "")]


@pytest.mark.parametrize(
    ("names", "file"),
    [
        (("reviews_sentiment", "Fine-tuned"), "reviews-sentiment-fine-tuned.zip"),
        (("../../a <b>*c*</b>.csv", "TF-IDF", "seed 1"), "a-b-c-b-csv-tf-idf-seed-1.zip"),
        (("Отзывы", "Fine-tuned · BERT"), "отзывы-fine-tuned-bert.zip"),
        (("///",), "model.zip"),
    ],
)
def test_an_archive_is_named_after_what_it_holds(names, file):
    assert archive_name(*names) == file


def test_a_long_name_makes_no_long_file_name():
    assert len(archive_name("word " * 100, "Fine-tuned")) <= 84


# All runs


def test_every_run_with_a_model_is_a_row_with_its_test_value(app, experiment):
    open_runs(app)
    table = app.dataframe[0].value.set_index("arm")
    assert len(table) == 4
    row = table.loc["Fine-tuned"]
    # 0.9 of 18 test examples are 16 right ones.
    assert row["test"] == pytest.approx(100 * 16 / 18)
    assert row[["num_test", "state", "train_size", "metric"]].tolist() == [18, "done", 33, "accuracy"]
    assert row["size_bytes"] > 0


def test_runs_without_a_model_are_shown_where_asked_for(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    runs = runs_of(workspace, experiment)
    fail_run(workspace, runs[0])
    start_run(workspace, runs[1])
    open_runs(app)
    assert not app.dataframe
    open_runs(app, with_others=True)
    table = app.dataframe[0].value
    assert sorted(table["state"]) == ["failed", "training", "waiting", "waiting"]
    assert table["test"].isna().all()


def test_many_runs_are_read_and_shown_some_at_a_time(app, experiment, monkeypatch):
    monkeypatch.setattr(run_table, "AT_ONCE", 3)
    open_runs(app)
    assert len(app.dataframe[0].value) == 3
    press(app, "Show more of 4 runs")
    assert len(app.dataframe[0].value) == 4


def test_a_finished_run_tells_its_record_and_how_to_load_it(app, workspace, experiment):
    run = fine_tuned(workspace, experiment)
    open_page(app, "models", run=run.run_id)
    facts = app.table[0].value.set_index("Fact")["Value"]
    assert facts["Parameters"].replace("\\", "") == "22,714,371"
    assert facts["Seeds"] == f"init {run.seeds.init}, order {run.seeds.order}, subset {run.seeds.subset}"
    assert f'load_predictor(Path("{run.run_id}"))' in app.code[1].value
    assert app.code[2].value == f"python -m tl_core predict {run.run_id} IN.csv OUT.csv"
    assert [page for page, _ in targets_of(app)][-2:] == ["results", "try_it"]


def test_a_network_is_loaded_with_the_one_file_of_its_download(app, workspace, experiment):
    run = fine_tuned(workspace, experiment)
    folder = workspace.run_folder(run.run_id).model_dir
    write_facts(folder, "neural", run.labels, None, pooling="mean", max_length=128)
    open_page(app, "models", run=run.run_id)
    assert app.code[0].value == 'from predict import load\nanswer = load()\nprint(answer(["A text."]))'
    assert app.code[1].value == 'from predict import load\n\nanswer = load()\nprint(answer(["A text."]))'


def test_a_failed_run_gives_its_reason_and_no_download(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), arms=("scratch",))
    [run] = runs_of(workspace, experiment)
    fail_run(workspace, run, "killed by SIGKILL")
    open_page(app, "models", run=run.run_id)
    (told,) = app.error
    assert told.value.endswith("killed by SIGKILL")
    assert "Download" not in [button.label for button in app.button]


def test_a_queued_run_has_no_record_yet(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), arms=("scratch",))
    open_page(app, "models", run=runs_of(workspace, experiment)[0].run_id)
    assert not app.table
    assert not app.error


def test_the_download_is_made_by_a_job_and_then_offered(app, workspace, experiment):
    run, queue = fine_tuned(workspace, experiment), Queue(workspace.database)
    open_page(app, "models")
    press(app, "Download")
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
    (button,) = app.get("download_button")
    assert button.proto.label == "Save small\\-reviews\\-fine\\-tuned\\.zip (2.0 MB)"
    assert plain(button.proto.help) == " ".join(found(run.run_id, 0.004).sentences)
    assert "Download" not in [button.label for button in app.button]
    open_page(app, "models", run=run.run_id)
    assert plain(app.get("download_button")[1].proto.label).startswith(
        "Save small-reviews-fine-tuned-seed-0.zip"
    )


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
    open_page(app, "models")
    assert WHY_AGAIN in plain(app.warning[0].value)
    assert not app.get("download_button")
    press(app, "Download again")
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
    open_runs(app, run=run.run_id)
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


def test_a_run_with_damaged_predictions_stays_a_row(app, workspace, experiment):
    run = fine_tuned(workspace, experiment)
    (workspace.run_folder(run.run_id).path / "predictions.parquet").write_bytes(b"torn")
    open_runs(app)
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
