"""*Try it*: empty, running, failed and finished; a typed text, test examples and a whole file."""

import json
import shutil
import threading
from types import SimpleNamespace

import pytest

from pages.cards.try_it.ask import EXAMPLES
from pages.ui.errors import FAULT
from samples.pack import pack
from tests.field import FIELD
from tests.files.tables import table
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
from tests.pages.reading import (
    figures_of,
    leave_for,
    open_page,
    page_of,
    plain,
    query_of,
    targets_of,
    text_of,
)
from tests.pages.texts import TEXTS
from tests.waiting import wait_until
from tl_core.datasets.dataset import build_dataset, read_dataset
from tl_core.errors import NotFoundError, RunError
from tl_core.intake.bundled import SAMPLES, bring_in_examples, read_sample
from tl_core.intake.intake import store_dataset
from tl_core.intake.text_columns import match_texts, match_words
from tl_core.jobs import predictions
from tl_core.jobs.predictions import Answer, FileSummary, write_summary
from tl_core.jobs.queue import Queue
from tl_core.models.facts import write_facts
from tl_core.schema import ColumnChoice, SplitRule, State, TextSource
from tl_core.splits.splitting import read_split
from tl_core.store.tables import JobKind

LABELS = ("negative", "neutral", "positive")
CSV = b"id,comment\n1,a fine long walk\n2,not so fine at all\n"


@pytest.fixture
def asked(monkeypatch):
    """Let every run answer "positive" without a server; tell which were asked what, in their order."""
    questions = []

    def ask(settings, run_id, texts):
        questions.append((run_id, tuple(texts)))
        return Answer(labels=LABELS, probabilities=((0.1, 0.2, 0.7),) * len(texts))

    monkeypatch.setattr(predictions, "ask", ask)
    monkeypatch.setattr("pages.cards.try_it.ask.PATIENCE_S", 20)
    return questions


@pytest.fixture
def experiment(workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace))
    finish_all(workspace, made, fine_tuned=0.9)
    return made


def press(app, label):
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert not app.exception, app.exception
    assert FAULT not in text_of(app)


def fine_tuned(workspace, experiment):
    return next(run for run in runs_of(workspace, experiment) if run.arm.name == "fine_tuned")


# A typed text


def test_without_an_experiment_it_leads_to_data(app, asked):
    open_page(app, "try_it")
    assert targets_of(app) == [("data", "")]
    assert not app.text_area


def test_while_nothing_has_finished_it_leads_to_the_runs(app, workspace, asked):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    start_run(workspace, runs_of(workspace, experiment)[0])
    open_page(app, "try_it")
    assert targets_of(app) == [("runs", "")]
    assert not app.text_area


def test_with_failed_runs_alone_there_is_no_model_to_ask(app, workspace, asked):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), arms=("scratch",))
    fail_run(workspace, runs_of(workspace, experiment)[0])
    open_page(app, "try_it")
    assert targets_of(app) == [("runs", "")]
    assert not app.text_area


def label_of(text):
    return next(label for label, texts in TEXTS.items() if text in texts)


def label_box(app):
    return next(box for box in app.selectbox if box.label == "True label")


def answer_marks(app):
    """Return what stands beside each model's name in the figure."""
    notes = json.loads(figures_of(app)[0])["layout"]["annotations"]
    return ["✓" if "✓" in note["text"] else "✗" if "✗" in note["text"] else "" for note in notes]


def test_the_first_text_is_a_test_example_that_is_answered_at_once(app, workspace, experiment, asked):
    open_page(app, "try_it")
    [text] = [area.value for area in app.text_area]
    assert label_box(app).value == label_of(text)
    assert {run_id for run_id, _ in asked} == {run.run_id for run in runs_of(workspace, experiment)}
    assert {texts for _, texts in asked} == {(text,)}
    press(app, "Another test example")
    assert app.text_area[0].value != text
    assert label_box(app).value == label_of(app.text_area[0].value)
    assert asked[-1][1] == (app.text_area[0].value,)


def test_models_without_a_network_are_asked_first(app, workspace, experiment, asked):
    open_page(app, "try_it")
    kinds = {run.run_id: run.arm.kind.value for run in runs_of(workspace, experiment)}
    order = [kinds[run_id] for run_id, _ in asked]
    assert set(order[:2]) == {"majority", "tfidf"}
    assert set(order[2:]) == {"fine_tuned", "scratch"}


def test_answers_are_right_or_wrong_where_the_label_is_known(app, experiment, asked):
    open_page(app, "try_it")
    while label_of(app.text_area[0].value) != "positive":
        press(app, "Another test example")
    assert answer_marks(app) == ["✓"] * 4
    while label_of(app.text_area[0].value) == "positive":
        press(app, "Another test example")
    assert answer_marks(app) == ["✗"] * 4
    app.text_area[0].set_value("my own words").run()
    assert label_box(app).value is None
    assert answer_marks(app) == [""] * 4
    label_box(app).set_value("positive").run()
    assert answer_marks(app) == ["✓"] * 4


def test_every_model_answers_a_typed_text_as_soon_as_it_changes(app, workspace, experiment, asked):
    open_page(app, "try_it", experiment=experiment.experiment_id)
    asked.clear()
    app.text_area[0].set_value("a <b>hostile</b> ![x](http://example.org/x.png) text").run()
    assert {run_id for run_id, _ in asked} == {run.run_id for run in runs_of(workspace, experiment)}
    assert {texts for _, texts in asked} == {("a <b>hostile</b> ![x](http://example.org/x.png) text",)}
    assert "Fine-tuned" in figures_of(app)[0]
    assert "Majority" in figures_of(app)[0]
    app.run()
    assert len(asked) == 4, "what was asked is not asked again"
    assert app.dataframe[-1].value["Chosen from"].tolist() == [1, 1, 1, 1]


def test_while_models_load_the_page_says_how_many_have_answered(app, experiment, asked, monkeypatch):
    go_on, answer = threading.Event(), predictions.ask

    def ask(settings, run_id, texts):
        if len(asked) >= 2:
            go_on.wait(20)
        return answer(settings, run_id, texts)

    monkeypatch.setattr(predictions, "ask", ask)
    monkeypatch.setattr("pages.cards.try_it.ask.PATIENCE_S", 0.5)
    open_page(app, "try_it")
    assert "Loading models: 2 of 4 models answered" in text_of(app)
    assert "Fine-tuned has not answered yet" in figures_of(app)[0]
    assert app.file_uploader, "the rest of the page is there"
    go_on.set()
    monkeypatch.setattr("pages.cards.try_it.ask.PATIENCE_S", 20)
    app.run()
    assert "Loading models" not in text_of(app)
    assert len(asked) == 4


def test_a_text_that_nobody_waits_for_is_not_asked_of_the_models_left(app, experiment, asked, monkeypatch):
    go_on, answer = threading.Event(), predictions.ask

    def ask(settings, run_id, texts):
        if texts == ["the first"]:
            go_on.wait(20)
        return answer(settings, run_id, texts)

    monkeypatch.setattr(predictions, "ask", ask)
    open_page(app, "try_it")
    monkeypatch.setattr("pages.cards.try_it.ask.PATIENCE_S", 0.1)
    app.text_area[0].set_value("the first").run()
    monkeypatch.setattr("pages.cards.try_it.ask.PATIENCE_S", 20)
    app.text_area[0].set_value("the second").run()
    go_on.set()
    wait_until(lambda: ("the first",) in [texts for _, texts in asked], "the first model answers")
    assert [texts for _, texts in asked].count(("the second",)) == 4
    assert [texts for _, texts in asked].count(("the first",)) == 1


def test_a_model_that_fails_says_why_and_the_others_answer(app, workspace, experiment, asked, monkeypatch):
    broken, answer = fine_tuned(workspace, experiment).run_id, predictions.ask

    def ask(settings, run_id, texts):
        if run_id == broken:
            raise RunError("The weights are *gone*.", "Train again.")
        return answer(settings, run_id, texts)

    monkeypatch.setattr(predictions, "ask", ask)
    open_page(app, "try_it")
    (told,) = app.error
    assert told.value.startswith("**Fine\\-tuned ")
    assert told.value.endswith(" The weights are \\*gone\\*\\. Train again\\.")
    assert "TF-IDF" in figures_of(app)[0]
    assert "Fine-tuned" not in figures_of(app)[0]
    monkeypatch.setattr(predictions, "ask", answer)
    press(app, "Predict")
    assert not app.error
    assert "Fine-tuned" in figures_of(app)[0]


def test_a_fault_of_the_program_is_told_in_the_place_of_the_answer(app, experiment, asked, monkeypatch):
    monkeypatch.setattr(predictions, "ask", lambda *_: 1 / 0)
    app.query_params["experiment"] = experiment.experiment_id
    app.switch_page("try_it.py").run()
    (told,) = app.error  # the same reason is told once
    assert FAULT in told.value
    assert "Majority" in told.value


def test_an_empty_text_is_not_asked(app, experiment, asked):
    open_page(app, "try_it")
    asked.clear()
    app.text_area[0].set_value("  ").run()
    press(app, "Predict")
    assert not figures_of(app)
    assert asked == []


def test_of_several_seeds_the_best_on_validation_answers(app, workspace, asked):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), arms=("fine_tuned",), num_seeds=3)
    for run, accuracy in zip(runs_of(workspace, experiment), (0.4, 0.9, 0.6), strict=True):
        finish_run(workspace, run, accuracy)
    open_page(app, "try_it")
    best = runs_of(workspace, experiment)[1]
    assert [run_id for run_id, _ in asked] == [best.run_id]
    assert "(accuracy, 9 examples)" in text_of(app)
    table = app.dataframe[-1].value
    assert table[["Seed", "Chosen from", "Run"]].iloc[0].tolist() == [1, 3, best.run_id]
    assert f"tl_core predict {best.run_id} IN.csv OUT.csv" in app.code[0].value


def test_without_the_dataset_a_made_up_text_stands_in(app, workspace, experiment, asked):
    for file in workspace.dataset_folder(experiment.dataset_fingerprint).glob("dataset.json"):
        file.unlink()
    open_page(app, "try_it")
    assert app.text_area[0].value == EXAMPLES[experiment.task]
    assert label_box(app).value is None
    assert not {"Another test example", "5 test examples"} & {button.label for button in app.button}


# Test examples


def held_out(workspace, experiment):
    folder = workspace.dataset_folder(experiment.dataset_fingerprint)
    split, dataset = read_split(folder, experiment.split.hash), read_dataset(folder)
    return dataset.take(split.test)


def test_five_test_examples_stand_in_a_table_with_each_answer(app, workspace, experiment, asked):
    open_page(app, "try_it")
    asked.clear()
    press(app, "5 test examples")
    table = app.dataframe[0].value
    assert list(table) == ["Text", "True label", "Fine-tuned", "TF-IDF", "From scratch", "Majority"]
    assert len(set(table["Text"])) == 5
    assert table["True label"].tolist() == [label_of(text) for text in table["Text"]]
    marks = ["✓ positive" if label == "positive" else "✗ positive" for label in table["True label"]]
    assert all(table[model].tolist() == marks for model in list(table)[2:])
    assert {texts for _, texts in asked} == {tuple(table["Text"])}
    press(app, "5 test examples")
    assert not set(app.dataframe[0].value["Text"]) & set(table["Text"]), "the next five"


def test_examples_are_of_the_experiment_s_own_split(app, workspace, experiment, asked):
    dataset = read_dataset(workspace.dataset_folder(experiment.dataset_fingerprint))
    other = store_dataset(workspace, dataset, SplitRule(seed=7)).split
    texts = held_out(workspace, experiment).texts()
    assert set(texts) != set(dataset.take(other.test).texts())
    open_page(app, "try_it", experiment=experiment.experiment_id)
    seen = {app.text_area[0].value}
    for _ in range(len(texts) - 1):
        press(app, "Another test example")
        seen.add(app.text_area[0].value)
    assert seen == set(texts)


def test_a_link_names_a_test_example(app, workspace, experiment, asked):
    test = held_out(workspace, experiment)
    open_page(app, "try_it", experiment=experiment.experiment_id, example=test.example_ids()[3])
    assert app.text_area[0].value == test.texts()[3]
    assert label_box(app).value == label_of(test.texts()[3])
    press(app, "Another test example")
    assert "example" not in app.query_params


def test_a_link_to_no_test_example_is_told(app, workspace, experiment, asked):
    dataset = read_dataset(workspace.dataset_folder(experiment.dataset_fingerprint))
    known = set(held_out(workspace, experiment).example_ids())
    trained_on = next(one for one in dataset.example_ids() if one not in known)
    open_page(app, "try_it", experiment=experiment.experiment_id, example=trained_on)
    assert len(app.warning) == 1
    assert app.text_area[0].value in held_out(workspace, experiment).texts()


# Without models, and without this page


def test_a_bundled_example_offers_to_train_its_sample(app, workspace, bundle, tmp_path, asked):
    made = make_workspace(tmp_path / "made")
    intake = store_dataset(made, read_sample(SAMPLES["reviews_sentiment"]).dataset)
    experiment = add_experiment(made, intake)
    finish_all(made, experiment)
    pack(made, experiment.experiment_id, bundle)
    made.close()
    bring_in_examples(workspace)
    open_page(app, "try_it", experiment=experiment.experiment_id)
    assert not app.text_area
    assert "comes without models" in text_of(app)
    next(button for button in app.button if button.label.startswith("Train reviews")).click()
    app.run()
    own = workspace.database.list_experiments()[0]
    assert own.experiment_id != experiment.experiment_id
    assert page_of(app) == "runs"
    open_page(app, "try_it", experiment=experiment.experiment_id)
    assert targets_of(app) == [("try_it", f"experiment={own.experiment_id}")]


def test_the_lines_of_python_load_the_chosen_model(app, workspace, experiment, asked, monkeypatch, capsys):
    open_page(app, "try_it")
    box = next(box for box in app.selectbox if str(box.key).startswith("code_model"))
    box.set_value("scratch").run()
    run = next(run for run in runs_of(workspace, experiment) if run.arm.name == "scratch")
    command, python = (code.value for code in app.code)
    assert command == f"python -m tl_core predict {run.run_id} IN.csv OUT.csv"
    loaded = []

    class Instead:
        labels = LABELS

        def predict(self, texts):
            return texts

    def load(folder):
        loaded.append(folder)
        return Instead()

    monkeypatch.setattr("tl_core.inference.predictor.load_predictor", load)
    exec(python, {})  # noqa: S102
    assert loaded == [workspace.run_folder(run.run_id).model_dir]
    assert "A text." in capsys.readouterr().out


# A whole file


def bring_file(app, content=CSV, name="../../my <b>*texts*.csv"):
    app.file_uploader[0].set_value((name, content, "text/csv"))
    app.run()
    assert not app.exception, app.exception


def submit(app, workspace, experiment):
    open_page(app, "try_it", experiment=experiment.experiment_id)
    bring_file(app)
    choose(app, "Text column", "comment")
    press(app, "Predict 2 rows")
    return Queue(workspace.database).get(int(query_of(app, "job")))


def choose(app, label, column):
    next(box for box in app.selectbox if box.label == label).set_value(column)
    app.run()


def column_box(app):
    return next(box for box in app.selectbox if box.label == "Text column")


def is_ready(app):
    return not next(button for button in app.button if button.label.startswith("Predict ")).disabled


@pytest.fixture
def of_reviews(workspace, experiment):
    """The experiment whose models know that their texts came from a column `review_text`."""
    for run in runs_of(workspace, experiment):
        folder = workspace.run_folder(run.run_id).model_dir
        write_facts(folder, "neural", LABELS, TextSource(columns=("review_text",)))
    return experiment


@pytest.mark.parametrize(
    ("header", "chosen", "guess"),
    [
        ("description,review_text", "review_text", None),
        ("description,Review_Text", "Review_Text", None),
        ("Review_Text,review-text", None, None),
        ("description,code", None, "“description”"),
    ],
)
def test_the_column_of_the_training_is_chosen_and_a_guess_is_asked_for(
    app, of_reviews, asked, header, chosen, guess
):
    open_page(app, "try_it", experiment=of_reviews.experiment_id)
    bring_file(app, f"{header}\na fine long text,{'b' * 20}\nno such text,{'c' * 20}\n".encode())
    assert column_box(app).value == chosen
    source, names = TextSource(columns=("review_text",)), header.split(",")
    words = match_words(source, match_texts(names, source))
    assert all(one in text_of(app) for one in words)
    assert (guess is None) or guess in text_of(app)
    assert len(words) == (header != "description,review_text")
    assert is_ready(app) is (chosen is not None)


def test_a_guess_is_read_once_the_person_has_chosen_it(app, workspace, of_reviews, asked):
    open_page(app, "try_it", experiment=of_reviews.experiment_id)
    bring_file(app, FIELD.joinpath("predict_wrong_column.csv").read_bytes().replace(b"Review_Text", b"Notes"))
    assert "“description”" in text_of(app)
    assert not is_ready(app)
    choose(app, "Text column", "Notes")
    press(app, "Predict 12 rows")
    job = Queue(workspace.database).get(int(query_of(app, "job")))
    assert job.payload["texts"] == ["Notes"]
    assert "column “Notes”" in text_of(app)


def test_the_only_column_needs_no_choice(app, of_reviews, asked):
    open_page(app, "try_it", experiment=of_reviews.experiment_id)
    bring_file(app, b"anything\nfirst of them\nsecond of them\n")
    assert column_box(app).value == "column_1"
    assert is_ready(app)


def test_a_text_column_of_the_training_is_found_above_a_file_of_texts_alone(app, of_reviews, asked):
    open_page(app, "try_it", experiment=of_reviews.experiment_id)
    bring_file(app, b"Review Text\nfirst of them\n\nsecond of them\n")
    assert column_box(app).value == "Review Text"
    assert "Predict 3 rows" in [button.label for button in app.button], "a blank line is a row too"


@pytest.mark.parametrize(("name", "num_rows"), [("predict_gap_rows.xlsx", 5), ("predict_blank_lines.csv", 6)])
def test_every_row_of_a_file_is_counted(app, experiment, asked, name, num_rows):
    open_page(app, "try_it")
    bring_file(app, (FIELD / name).read_bytes(), name)
    assert f"Predict {num_rows} rows" in [button.label for button in app.button]


def test_a_file_is_submitted_with_the_chosen_column(app, workspace, experiment, asked):
    job = submit(app, workspace, experiment)
    assert (job.kind, job.ref_id) == (JobKind.PREDICT_FILE, fine_tuned(workspace, experiment).run_id)
    assert job.payload["texts"] == ["comment"]
    assert workspace.upload_path(job.payload["upload_id"]).read_bytes() == CSV
    assert "my <b>*texts*.csv" in text_of(app)
    assert "\\<b\\>\\*texts\\*" in "".join(one.value for one in app.markdown)


def test_a_network_may_score_in_int8_and_the_result_says_what_came_of_it(app, workspace, experiment, asked):
    open_page(app, "try_it", experiment=experiment.experiment_id)
    bring_file(app)
    choose(app, "Text column", "comment")
    (box,) = [one for one in app.checkbox if one.label == "Score in int8"]
    box.check().run()
    press(app, "Predict 2 rows")
    [job] = Queue(workspace.database).list_pending(JobKind.PREDICT_FILE)
    assert job.payload["scored_in"] == "int8"
    folder = workspace.output_folder(job.id)
    folder.mkdir(parents=True)
    (folder / predictions.PREDICTIONS_NAME).write_text("id,comment\n")
    told = "Scored in int8: on 9 validation examples 88.9% are right in int8, 88.9% as the run scored them."
    summary = FileSummary(
        text="comment", num_rows=2, num_empty=0, num_answered=2, num_rejects=0, first_reject="",
        label_counts={"negative": 2}, scored_in=told,
    )  # fmt: skip
    write_summary(folder, summary)
    queue = Queue(workspace.database)
    queue.claim([JobKind.PREDICT_FILE])
    queue.finish(job.id, State.FINISHED)
    open_page(app, "try_it", experiment=experiment.experiment_id, job=str(job.id))
    assert told in plain(text_of(app))


def test_a_file_of_one_column_will_do(app, experiment, asked):
    open_page(app, "try_it")
    bring_file(app, b"text\nfirst of them\nsecond of them\n")
    assert "Predict 2 rows" in [button.label for button in app.button]


def test_a_file_that_cannot_be_read_says_why_under_its_own_name(app, experiment, asked):
    open_page(app, "try_it")
    bring_file(app, b"\n\n\n", "blank.csv")
    assert "blank.csv" in app.error[0].value.replace("\\", "")
    press(app, "Start over")
    assert app.file_uploader


def test_a_queued_job_waits_and_can_be_cancelled(app, workspace, experiment, asked):
    job = submit(app, workspace, experiment)
    press(app, "Cancel")
    assert Queue(workspace.database).get(job.id).state is State.CANCELLED
    assert len(app.info) == 1
    assert not app.get("download_button")


def test_a_running_job_is_found_again_after_a_reload(app, workspace, experiment, asked):
    job = submit(app, workspace, experiment)
    queue = Queue(workspace.database)
    queue.claim([JobKind.PREDICT_FILE])
    queue.record_progress(job.id, 1, 2)
    open_page(app, "try_it", experiment=experiment.experiment_id, job=str(job.id))
    assert "1 of 2 rows" in str(app.get("progress")[0].proto)


def test_a_finished_job_offers_its_file_and_tells_what_was_left_out(app, workspace, experiment, asked):
    job = submit(app, workspace, experiment)
    queue = Queue(workspace.database)
    queue.claim([JobKind.PREDICT_FILE])
    folder = workspace.output_folder(job.id)
    folder.mkdir(parents=True)
    (folder / predictions.PREDICTIONS_NAME).write_text("id,comment\n")
    summary = FileSummary(
        text="comment",
        num_rows=2,
        num_empty=1,
        num_answered=1,
        num_rejects=0,
        first_reject="",
        label_counts={"negative": 1, "positive": 0},
    )
    write_summary(folder, summary)
    queue.finish(job.id, State.FINISHED)
    open_page(app, "try_it", experiment=experiment.experiment_id, job=str(job.id))
    assert "Download the predictions" in [button.proto.label for button in app.get("download_button")]
    assert "1 of 2 rows " in text_of(app)
    assert [plain(one.value) for one in app.warning] == list(summary.remarks)
    assert len(summary.remarks) == 1
    assert "negative" in figures_of(app)[-1]
    press(app, "Predict another file")
    assert app.file_uploader


def test_a_failed_job_gives_its_reason(app, workspace, experiment, asked):
    job = submit(app, workspace, experiment)
    queue = Queue(workspace.database)
    queue.claim([JobKind.PREDICT_FILE])
    queue.finish(job.id, State.FAILED, "killed by SIGKILL")
    open_page(app, "try_it", experiment=experiment.experiment_id, job=str(job.id))
    (told,) = app.error
    assert told.value.endswith("killed by SIGKILL")


def test_a_job_that_is_not_there_is_told_and_left_behind(app, experiment, asked):
    open_page(app, "try_it", experiment=experiment.experiment_id, job="99")
    assert "job 99" in app.error[0].value
    press(app, "Start over")
    assert app.file_uploader


def test_a_job_is_found_again_after_a_visit_elsewhere(app, workspace, experiment, asked):
    job = submit(app, workspace, experiment)
    leave_for(app, "models")
    leave_for(app, "try_it")
    assert query_of(app, "job") == str(job.id)
    assert app.get("progress")[0].proto.value == 0


def test_a_file_that_was_not_yet_predicted_is_found_again(app, experiment, asked):
    open_page(app, "try_it")
    bring_file(app)
    leave_for(app, "models")
    leave_for(app, "try_it")
    assert "Predict 2 rows" in [button.label for button in app.button]


def test_another_experiment_does_not_speak_of_the_job(app, workspace, experiment, asked):
    submit(app, workspace, experiment)
    other = add_experiment(workspace, store_sample_dataset(workspace), arms=("tfidf",))
    finish_all(workspace, other)
    open_page(app, "try_it", experiment=other.experiment_id)
    assert not app.get("progress")


@pytest.mark.parametrize("stated", ["9" * 30, "9" * 5000, "-1", "\u0663"])
def test_a_job_number_that_cannot_be_one_is_passed_over(app, experiment, asked, stated):
    open_page(app, "try_it", experiment=experiment.experiment_id, job=stated)
    assert app.file_uploader


def test_a_typed_text_survives_a_visit_elsewhere(app, experiment, asked):
    open_page(app, "try_it")
    app.text_area[0].set_value("my own words").run()
    asked.clear()
    leave_for(app, "models")
    leave_for(app, "try_it")
    assert app.text_area[0].value == "my own words"
    assert label_box(app).value is None
    assert figures_of(app)
    assert not asked, "the answers were kept"


def test_an_error_while_polling_keeps_its_words(app, workspace, experiment, asked):
    job = submit(app, workspace, experiment)
    queue = Queue(workspace.database)
    queue.claim([JobKind.PREDICT_FILE])
    queue.finish(job.id, State.FINISHED)
    open_page(app, "try_it", experiment=experiment.experiment_id, job=str(job.id))
    with pytest.raises(NotFoundError) as missing:
        predictions.read_summary(workspace.output_folder(job.id))
    assert missing.value.message in text_of(app)


# Pairs of texts


@pytest.fixture
def of_pairs(workspace):
    """An experiment on pairs whose models know the names of the two columns."""
    rows = [(text, f"about {text}", label) for label, texts in TEXTS.items() for text in texts]
    questions, answers, labels = zip(*rows, strict=True)
    columns = table(question=questions, answer=answers, label=labels)
    choice = ColumnChoice(text=("question", "answer"), label=("label",))
    made = store_dataset(workspace, build_dataset(columns, name="pairs", choice=choice))
    experiment = add_experiment(workspace, made, arms=("tfidf", "fine_tuned"))
    finish_all(workspace, experiment)
    for run in runs_of(workspace, experiment):
        folder = workspace.run_folder(run.run_id).model_dir
        write_facts(folder, "neural", LABELS, made.dataset.info.columns.text_source)
    return experiment


def test_models_of_pairs_are_asked_for_two_texts(app, of_pairs, asked):
    open_page(app, "try_it", experiment=of_pairs.experiment_id)
    assert [area.label for area in app.text_area] == ["question", "answer"]
    first, second = (area.value for area in app.text_area)
    assert second == f"about {first}"
    assert label_box(app).value == label_of(first)
    asked.clear()
    app.text_area[1].set_value(" ").run()
    assert not asked
    app.text_area[1].set_value("something else").run()
    assert {texts for _, texts in asked} == {((first, "something else"),)}
    press(app, "Another test example")
    assert app.text_area[1].value == f"about {app.text_area[0].value}" != second
    press(app, "5 test examples")
    assert all(" | about " in text for text in app.dataframe[0].value["Text"])


def test_a_file_for_models_of_pairs_maps_two_columns(app, workspace, of_pairs, asked):
    open_page(app, "try_it", experiment=of_pairs.experiment_id)
    content = b"id,answer,reply\n1,no,a fine long walk\n2,yes,not so fine at all\n"
    app.file_uploader[0].set_value(("new.csv", content, "text/csv")).run()
    boxes = {box.label: box for box in app.selectbox}
    assert boxes["Column of the second text"].value == "answer"
    assert boxes["Column of the first text"].value is None, "nothing is called question"
    assert "“question”" in text_of(app)
    assert not is_ready(app)
    choose(app, "Column of the first text", "answer")
    assert not is_ready(app), "one column twice"
    choose(app, "Column of the first text", "reply")
    press(app, "Predict 2 rows")
    job = Queue(workspace.database).get(int(query_of(app, "job")))
    assert job.payload["texts"] == ["reply", "answer"]


def test_joined_columns_are_chosen_if_all_are_there(app, workspace, experiment, asked):
    for run in runs_of(workspace, experiment):
        source = TextSource(columns=("title", "body"), joined_with="\n")
        write_facts(workspace.run_folder(run.run_id).model_dir, "neural", LABELS, source)
    open_page(app, "try_it", experiment=experiment.experiment_id)
    bring_file(app, b"id,Body,TITLE\n1,a fine long walk,so\n2,not so fine at all,no\n")
    assert app.multiselect[0].value == ["TITLE", "Body"]
    press(app, "Another file")
    bring_file(app, b"id,body,other\n1,a fine long walk,so\n2,not so fine at all,no\n", "other.csv")
    assert app.multiselect[0].value == []
    assert "“title”" in text_of(app)
    assert not is_ready(app)


def test_models_of_an_example_that_left_no_weights_are_named_and_not_waited_for(
    app, workspace, experiment, monkeypatch
):
    shutil.rmtree(workspace.run_folder(fine_tuned(workspace, experiment).run_id).model_dir)
    example = SimpleNamespace(sample="reviews_sentiment", sentence="")
    monkeypatch.setattr("pages.cards.try_it.answering_runs.find_example", lambda _: example)
    answered = threading.Event()
    monkeypatch.setattr(predictions, "ask", lambda *_: answered.wait(20))
    monkeypatch.setattr("pages.cards.try_it.ask.PATIENCE_S", 0.01)
    open_page(app, "try_it", experiment=experiment.experiment_id)
    answered.set()
    assert "In this example, Fine-tuned comes without weights." in text_of(app)
    (figure,) = figures_of(app)
    assert "Fine-tuned" not in json.dumps(figure)
