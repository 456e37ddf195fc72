import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.inference.predictors import ByLength
from tests.store.makers import make_experiment, make_run
from tests.store.marking import mark_run
from tests.store.opening import open_workspace
from tl_core.errors import CancelledError, DataError, NotFoundError
from tl_core.files.safe_csv import as_csv, harmless
from tl_core.inference import files
from tl_core.inference.files import WINDOW_ROWS, carry_out_prediction, predict_file
from tl_core.inference.predictor import ignore
from tl_core.jobs.predictions import PREDICTIONS_NAME, FileSummary, read_summary
from tl_core.jobs.queue import Queue
from tl_core.schema import State, TextSource
from tl_core.store.tables import JobKind


def write(path, text):
    path.write_text(text, encoding="utf-8", newline="")
    return path


def read(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_every_row_comes_back_with_label_and_probabilities(tmp_path):
    source = write(tmp_path / "in.csv", "id,text\n1,abc\n2,abcd\n")
    summary = predict_file(ByLength(), source, tmp_path / "out.csv", ["text"])
    assert read(tmp_path / "out.csv") == [
        ["id", "text", "predicted_label", "predicted_probability", "probability_even", "probability_odd"],
        ["1", "abc", "odd", "0.7500", "0.2500", "0.7500"],
        ["2", "abcd", "even", "0.7500", "0.7500", "0.2500"],
    ]
    assert summary.label_counts == {"even": 1, "odd": 1}
    assert summary.remarks == []


def test_a_single_column_and_a_guessed_one_are_enough(tmp_path):
    source = write(tmp_path / "in.csv", "text\na fine day\nanother one\n")
    summary = predict_file(ByLength(), source, tmp_path / "out.csv")
    assert (summary.text, summary.num_rows) == ("text", 2)
    assert [row[0] for row in read(tmp_path / "out.csv")] == ["text", "a fine day", "another one"]


def test_the_guess_takes_texts_before_numbers(tmp_path):
    source = write(tmp_path / "in.csv", "price,comment\n1,a long enough comment\n2,and one more of them\n")
    assert predict_file(ByLength(), source, tmp_path / "out.csv").text == "comment"


def told(model, source, target, texts=()):
    found = []
    summary = predict_file(model, source, target, texts, tell=found.append)
    assert summary.text == ", ".join(found[0].columns)
    assert summary.reason == found[0].reason
    return found[0]


@pytest.mark.parametrize(
    ("header", "columns", "is_guess"),
    [
        ("description,Review_Text", ("Review_Text",), False),
        ("description,review text", ("review text",), False),
        ("Review_Text,review_text", ("review_text",), False),
        ("description,body", ("description",), True),
    ],
)
def test_the_column_of_the_training_is_read_and_named_also_in_another_spelling(
    tmp_path, header, columns, is_guess
):
    cell = "a text that is long enough to be taken for one"
    source = write(tmp_path / "in.csv", f"{header}\n{cell},abc\n{cell}!,abcd\n")
    found = told(Echo("review_text"), source, tmp_path / "out.csv")
    assert (found.columns, found.is_guess) == (columns, is_guess)
    assert f"“{columns[0]}”" in found.reason


def test_columns_that_could_both_be_meant_are_refused_unless_one_is_named(tmp_path):
    source = write(tmp_path / "in.csv", "Review_Text,REVIEW-TEXT\nabc,abcd\nab,abc\n")
    with pytest.raises(DataError, match="“Review_Text”, “REVIEW-TEXT” could each be"):
        predict_file(Echo("review_text"), source, tmp_path / "out.csv")
    assert told(Echo("review_text"), source, tmp_path / "out.csv", ["REVIEW-TEXT"]).columns == (
        "REVIEW-TEXT",
    )


def test_a_missing_column_is_named_with_those_that_are_there(tmp_path):
    source = write(tmp_path / "in.csv", "id,text\n1,abc\n2,abcd\n")
    with pytest.raises(DataError, match="There is no column “review”. The file has “id”, “text”"):
        predict_file(ByLength(), source, tmp_path / "out.csv", ["review"])
    assert not (tmp_path / "out.csv").exists()


def test_an_added_name_that_is_taken_gets_a_number(tmp_path):
    source = write(tmp_path / "in.csv", "text,predicted_label\nabc,x\nabcd,y\n")
    predict_file(ByLength(), source, tmp_path / "out.csv", ["text"])
    assert read(tmp_path / "out.csv")[0][1:3] == ["predicted_label", "predicted_label_2"]


def test_rows_without_text_and_lines_that_cannot_be_read_keep_their_place_without_an_answer(tmp_path):
    source = write(tmp_path / "in.csv", "id,text\n1,abc\n2,\n3,d,=e,f\n\n4,abcd\n5, \n6,ab\n7,abc\n")
    summary = predict_file(ByLength(), source, tmp_path / "out.csv", ["text"])
    header, *rows = read(tmp_path / "out.csv")
    assert header[-1] == "prediction_note"
    assert [row[0] for row in rows] == ["1", "2", "", "", "4", "5", "6", "7"]
    assert [row[2] for row in rows] == ["odd", "", "", "", "even", "", "even", "odd"]
    assert {tuple(row[2:-1]) for row in rows if not row[2]} == {("", "", "", "")}
    assert [row[-1] for row in rows if row[-1] != "no text"] == [
        *("", "line 4 could not be read: 3 instead of 2 fields. It is: 3,d,=e,f"),
        *("", "", ""),
    ]
    assert (summary.num_rows, summary.num_answered, summary.num_empty, summary.num_rejects) == (8, 4, 3, 1)
    assert summary.label_counts == {"even": 2, "odd": 2}
    rejected, empty = summary.remarks
    assert rejected.startswith("1 line could not be read and got no prediction. The first is line 4: ")
    assert empty == "3 rows have no text and got no prediction."


def test_models_are_not_asked_about_rows_without_a_text(tmp_path):
    predictor = ByLength()
    rows = ["text", *["abc"] * 3, *["  "] * WINDOW_ROWS, "abcd"]
    predict_file(predictor, write(tmp_path / "in.csv", "\n".join(rows)), tmp_path / "out.csv")
    assert sum(predictor.batches, []) == ["abc"] * 3 + ["abcd"]
    assert [row[1] for row in read(tmp_path / "out.csv")[1:]] == ["odd"] * 3 + [""] * WINDOW_ROWS + ["even"]


def test_a_file_without_any_text_is_written_without_any_answer(tmp_path):
    source = write(tmp_path / "in.csv", "id,text\n1,\n2,\n")
    summary = predict_file(ByLength(), source, tmp_path / "out.csv", ["text"])
    assert (summary.num_rows, summary.num_answered) == (2, 0)
    assert read(tmp_path / "out.csv")[1:] == [[one, "", "", "", "", "", "no text"] for one in "12"]


def test_a_line_above_the_header_is_told_and_has_no_row(tmp_path):
    source = write(tmp_path / "in.csv", "Of 2024\nid,text\n1,abc\n2,abcd\n3,ab\n")
    summary = predict_file(ByLength(), source, tmp_path / "out.csv")
    assert [row[0] for row in read(tmp_path / "out.csv")] == ["id", "1", "2", "3"]
    assert (summary.num_rows, summary.num_empty) == (3, 0)
    assert summary.remarks[0].startswith(
        "1 line could not be read and got no prediction (1 without a row in the result). "
    )


def test_a_summary_of_an_earlier_version_says_that_rows_without_a_text_were_answered():
    earlier = '{"text":"t","num_rows":3,"num_empty":1,"num_rejects":0,"first_reject":"","label_counts":{}}'
    assert FileSummary.model_validate_json(earlier).remarks == [
        "1 row has no text: the prediction there means nothing."
    ]


def test_a_spreadsheet_is_told_that_the_file_is_utf_8(tmp_path):
    source = write(tmp_path / "in.csv", "text,Straße\nabc,Müllerstraße\nabcd,Ærø\n")
    predict_file(ByLength(), source, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbftext,")
    again = predict_file(ByLength(), tmp_path / "out.csv", tmp_path / "again.csv")
    assert again.text == "text"
    assert read(tmp_path / "again.csv")[0][:2] == ["text", "Straße"]


@pytest.mark.parametrize("name", ["in.csv", "in.jsonl"])
def test_as_many_rows_come_out_as_go_in(tmp_path, name):
    lines = {
        "in.csv": ["text", "abc", "", '"a', 'b"', "", "abcd"],
        "in.jsonl": ['{"text": "abc"}', "[]", '{"text": "a\\nb"}', '{"text": ""}', '{"text": "abcd"}'],
    }[name]
    predict_file(ByLength(), write(tmp_path / name, "\n".join(lines) + "\n"), tmp_path / "out.csv")
    rows = read(tmp_path / "out.csv")[1:]
    assert [row[0] for row in rows] == ["abc", "", "a\nb", "", "abcd"]
    assert [row[1] for row in rows] == ["odd", "", "odd", "", "even"]


def test_a_file_goes_through_in_windows_and_progress_counts_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "PROGRESS_S", 0)
    rows = "".join(f"{number},text {number}\n" for number in range(WINDOW_ROWS + 1))
    predictor, steps = ByLength(), []
    predict_file(
        predictor,
        write(tmp_path / "in.csv", "id,text\n" + rows),
        tmp_path / "out.csv",
        ["text"],
        progress=lambda done, total: steps.append((done, total)),
    )
    assert [len(batch) for batch in predictor.batches] == [WINDOW_ROWS, 1]
    assert list(dict.fromkeys(steps)) == [(done, WINDOW_ROWS + 1) for done in (WINDOW_ROWS, WINDOW_ROWS + 1)]


def test_a_cancelled_prediction_leaves_nothing_behind(tmp_path):
    source = write(tmp_path / "in.csv", "id,text\n1,abc\n2,abcd\n")
    with pytest.raises(CancelledError):
        predict_file(ByLength(), source, tmp_path / "out" / "out.csv", ["text"], should_stop=lambda: True)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_earlier_result_survives_a_cancelled_one(tmp_path):
    source = write(tmp_path / "in.csv", "id,text\n1,abc\n2,abcd\n")
    target = write(tmp_path / "out.csv", "earlier")
    with pytest.raises(CancelledError):
        predict_file(ByLength(), source, target, ["text"], should_stop=lambda: True)
    assert target.read_text() == "earlier"


@pytest.mark.parametrize(
    "formula",
    ["=1+1", "+cmd()", "-cmd()", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "-1+1", "+49 30 1234", "-"],
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(formula):
    assert harmless(formula) == f"'{formula}"


@pytest.mark.parametrize("value", ["", "a=b", "-5", "+3.25", "-1e-9", "-.5", "5-3", "'=1", " =1"])
def test_numbers_and_texts_stay_as_they_are(value):
    assert harmless(value) == value


def test_formulas_in_names_cells_and_labels_are_neutralised(tmp_path):
    source = write(tmp_path / "in.csv", "=evil,text\n=1+1,abc\n@x,abcd\n")
    predict_file(ByLength(labels=("+even", "odd")), source, tmp_path / "out.csv", ["text"])
    header, first, second = read(tmp_path / "out.csv")
    assert header[0] == "'=evil"
    assert (first[0], second[0]) == ("'=1+1", "'@x")
    assert (first[2], second[2]) == ("odd", "'+even")


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@given(st.lists(st.lists(cells, min_size=2, max_size=2), min_size=1, max_size=5))
def test_any_cells_come_back_through_the_quoting(rows):
    text = as_csv(rows).decode()
    assert list(csv.reader(io.StringIO(text, newline=""))) == rows


@given(cells)
def test_no_cell_is_left_that_begins_a_formula(value):
    written = harmless(value)
    assert written.removeprefix("'") == value.removeprefix("'")
    assert not written.startswith(("=", "@", "\t", "\r", "\n"))
    if written.startswith(("+", "-")):
        assert float(written) == float(value)


@pytest.fixture
def workspace(tmp_path):
    opened = open_workspace(tmp_path / "workspace")
    opened.database.add_experiment(make_experiment(), [make_run()])
    mark_run(opened.database, "run_1", State.FINISHED)
    opened.run_folder("run_1").model_dir.mkdir(parents=True)
    yield opened
    opened.close()


def submit(workspace, text):
    queue = Queue(workspace.database)
    payload = {"upload_id": "upload_1", "texts": text, "name": "my.csv"}
    return queue, queue.get(queue.submit(JobKind.PREDICT_FILE, "run_1", payload))


def test_a_job_leaves_predictions_summary_and_progress(workspace, monkeypatch):
    monkeypatch.setattr(files, "load_for_files", lambda *_: (ByLength(), "Scored at once."))
    write(workspace.upload_path("upload_1"), "text\nabc\nabcd\n")
    queue, job = submit(workspace, ["text"])
    carry_out_prediction(workspace, job, lambda: False)
    folder = workspace.output_folder(job.id)
    assert len(read(folder / PREDICTIONS_NAME)) == 3
    assert read_summary(folder).label_counts == {"even": 1, "odd": 1}
    assert read_summary(folder).scored_in == "Scored at once."
    assert (queue.get(job.id).num_done, queue.get(job.id).num_total) == (2, 2)


def test_a_cancelled_job_leaves_no_summary(workspace, monkeypatch):
    monkeypatch.setattr(files, "load_for_files", lambda *_: (ByLength(), "Scored at once."))
    write(workspace.upload_path("upload_1"), "text\nabc\nabcd\n")
    _, job = submit(workspace, [])
    with pytest.raises(CancelledError):
        carry_out_prediction(workspace, job, lambda: True)
    with pytest.raises(NotFoundError, match="The predicted file is gone"):
        read_summary(workspace.output_folder(job.id))


def test_a_job_for_a_run_that_has_not_finished_fails_with_its_state(workspace):
    mark_run(workspace.database, "run_1", State.RUNNING)
    _, job = submit(workspace, ["text"])
    with pytest.raises(NotFoundError, match=r"run_1 \(running\) has no model"):
        carry_out_prediction(workspace, job, lambda: False)


def test_an_upload_that_is_gone_is_named_as_the_person_knows_it(workspace, monkeypatch):
    monkeypatch.setattr(files, "load_for_files", lambda *_: (ByLength(), "Scored at once."))
    _, job = submit(workspace, ["text"])
    with pytest.raises(NotFoundError, match=r"The uploaded file “my\.csv” is gone"):
        carry_out_prediction(workspace, job, lambda: False)


class Echo(ByLength):
    """Says what it was asked."""

    def __init__(self, *columns, joined_with=None):
        super().__init__()
        self.texts, self.asked = TextSource(columns=columns, joined_with=joined_with), []

    def predict(self, texts, scored=ignore):
        self.asked += texts
        return super().predict(texts, scored)


ROWS = "id,body,title\n1,abc,A\n2,,B\n"


def test_a_model_of_pairs_is_given_the_columns_of_its_training_or_those_that_are_named(tmp_path):
    source, target = write(tmp_path / "in.csv", ROWS), tmp_path / "out.csv"
    known, named = Echo("title", "body"), Echo("question", "answer")
    assert predict_file(known, source, target).text == "title, body"
    assert known.asked == [("A", "abc")]
    summary = predict_file(named, source, target, ["body", "title"])
    assert named.asked == [("abc", "A")]
    assert summary.num_empty == 1, "one half of a pair is no pair"


@pytest.mark.parametrize(
    ("columns", "got"), [([], "The file has “id”, “body”"), (["body"], "You named “body”")]
)
def test_a_model_of_pairs_names_the_columns_that_it_misses(tmp_path, columns, got):
    source = write(tmp_path / "in.csv", ROWS)
    with pytest.raises(DataError, match=f"model compares two texts, “question”, “answer”. {got}"):
        predict_file(Echo("question", "answer"), source, tmp_path / "out.csv", columns)


def test_both_columns_of_a_pair_are_found_in_another_spelling(tmp_path):
    source, model = write(tmp_path / "in.csv", "Body,Title\nabc,A\nab,B\n"), Echo("title", "body")
    assert predict_file(model, source, tmp_path / "out.csv").text == "Title, Body"
    assert model.asked == [("A", "abc"), ("B", "ab")]


def test_joined_columns_are_joined_as_in_training(tmp_path):
    source, model = write(tmp_path / "in.csv", ROWS), Echo("title", "body", joined_with=" + ")
    assert predict_file(model, source, tmp_path / "out.csv").num_empty == 0
    assert model.asked == ["A + abc", "B"]


def test_of_joined_columns_those_that_are_there_are_a_guess(tmp_path):
    source, model = write(tmp_path / "in.csv", ROWS), Echo("heading", "BODY", joined_with=" + ")
    found = told(model, source, tmp_path / "out.csv")
    assert (found.columns, found.is_guess) == (("body",), True)
    assert "the file has no “heading”, which the training joined to it" in found.reason
    assert model.asked == ["abc"]
