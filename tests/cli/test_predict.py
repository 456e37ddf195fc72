"""``predict`` as people use it: another column name, gaps, blank lines, lines that are no rows."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from tests.field import FIELD
from tests.files.workbooks import xlsx
from tl_core.cli.main import app
from tl_core.errors import DataError
from tl_core.files.reading import read_table
from tl_core.schema import TextSource
from tl_core.text.tfidf import Tfidf

LABELS = ("negative", "positive")
GOOD, BAD = "The lamp has been a joy.", "The lamp broke on the second day."


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TL_WORKSPACE", "")  # put back afterwards, for the command sets it


def train(folder: Path, *columns: str, joined_with: str | None = None) -> Path:
    """Fit TF-IDF on the field's reviews as if its texts had come from some columns."""
    table = read_table(FIELD / "predict_wrong_column_train.csv").columns
    texts = table["review_text"].to_pylist()
    targets = np.array([LABELS.index(label) for label in table["label"].to_pylist()])
    source = TextSource(columns=columns, joined_with=joined_with)
    Tfidf.fit(texts, targets, texts, targets, 2).save(folder / "model", LABELS, source)
    return folder / "model"


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Path]:
    return train(tmp_path, "review_text")


def predict(model: Path, source: Path, target: Path, *words: str) -> Result:
    workspace = ["--workspace", str(model.parent / "workspace")]
    return CliRunner().invoke(app, ["predict", str(model), str(source), str(target), *words, *workspace])


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_same_column_in_another_case_is_read_before_a_usual_name(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    done = predict(model, FIELD / "predict_wrong_column.csv", out)
    assert done.exit_code == 0
    assert "Reads “Review_Text”, which the training calls “review_text”." in done.stderr.splitlines()
    answers = [row["predicted_label"] for row in rows_of(out)]
    assert len(answers) == 12
    assert answers.count("positive") > 3 < answers.count("negative"), "descriptions differ in nothing"


def test_the_column_that_is_read_is_named_also_where_nothing_is_in_doubt(model: Path, tmp_path: Path) -> None:
    source = FIELD / "predict_wrong_column_train.csv"
    assert "Reads “review_text”, as in training." in predict(model, source, tmp_path / "a.csv").stderr
    chosen = predict(model, FIELD / "predict_wrong_column.csv", tmp_path / "b.csv", "--text", "description")
    assert "Reads “description”, as chosen." in chosen.stderr


def test_a_guess_is_said_to_be_one_with_what_to_do_about_it(model: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", "sku,comment", f"a1,{GOOD}", f"b2,{BAD}")
    done = predict(model, source, tmp_path / "out.csv")
    assert done.exit_code == 0
    assert done.stderr.splitlines()[0] == (
        "Reads “comment” as a guess: the file has no “review_text”, which the model was trained on."
        " Choose another with --text."
    )


def test_columns_that_could_both_be_meant_are_refused_in_one_sentence(model: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", "Review_Text,review-text", f"{GOOD},{BAD}", f"{BAD},{GOOD}")
    refused = predict(model, source, tmp_path / "out.csv")
    assert isinstance(refused.exception, DataError)
    assert refused.exception.exit_code == 2
    assert (
        "“Review_Text”, “review-text” could each be the column “review_text” of the training. Choose one with"
        in str(refused.exception)
    )
    assert not (tmp_path / "out.csv").exists()


def test_both_columns_of_a_pair_are_matched(tmp_path: Path) -> None:
    model = train(tmp_path, "premise", "hypothesis")
    source = write(tmp_path / "in.csv", "Hypothesis,PREMISE", f"{GOOD},{GOOD}", f"{BAD},", f"{BAD},{BAD}")
    done = predict(model, source, tmp_path / "out.csv")
    assert "Reads “PREMISE”, “Hypothesis”, which the training calls “premise”, “hypothesis”." in done.stderr
    assert [row["predicted_label"] for row in rows_of(tmp_path / "out.csv")] == ["positive", "", "negative"]


def test_five_rows_of_a_workbook_give_five_answers_in_their_places(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    done = predict(model, FIELD / "predict_gap_rows.xlsx", out)
    assert done.exit_code == 0
    assert done.stdout.startswith("5 rows written")
    assert "2 rows have no text and got no prediction." in done.stderr
    rows = rows_of(out)
    assert [row["Straße"] for row in rows] == ["Müllerstraße", "", "Öhringen", "", "Ærø"]
    assert [bool(row["predicted_label"]) for row in rows] == [True, False, True, False, True]
    assert [row["prediction_note"] for row in rows] == ["", "no text", "", "no text", ""]


def test_the_file_begins_with_the_mark_by_which_a_spreadsheet_knows_utf_8(
    model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    predict(model, FIELD / "predict_gap_rows.xlsx", out)
    assert out.read_bytes()[:3] == b"\xef\xbb\xbf"
    again = predict(model, out, tmp_path / "again.csv", "--text", "text")
    assert again.exit_code == 0, "its own reader passes over the mark"
    assert len(rows_of(tmp_path / "again.csv")) == 5


def test_blank_lines_between_texts_are_rows_without_an_answer(model: Path, tmp_path: Path) -> None:
    predict(model, FIELD / "predict_blank_lines.csv", tmp_path / "out.csv")
    rows = rows_of(tmp_path / "out.csv")
    assert [bool(row["text"]) for row in rows] == [True, False, True, False, True, True]
    assert [bool(row["predicted_label"]) for row in rows] == [True, False, True, False, True, True]


def test_lines_that_are_no_rows_keep_their_place_too(model: Path, tmp_path: Path) -> None:
    source = write(
        tmp_path / "in.csv",
        *(
            "id,review_text",
            f"1,{GOOD}",
            "2",
            "",
            f"3,{BAD},and more",
            "4,",
            f"5,{BAD}",
            f"6,{GOOD}",
            f"7,{BAD}",
        ),
    )
    done = predict(model, source, tmp_path / "out.csv")
    rows = rows_of(tmp_path / "out.csv")
    assert [row["id"] for row in rows] == ["1", "", "", "", "4", "5", "6", "7"]
    assert [row["predicted_label"] for row in rows] == [
        *("positive", "", "", "", ""),
        *("negative", "positive", "negative"),
    ]
    assert rows[1]["prediction_note"].startswith("line 3 could not be read: ")
    assert rows[3]["prediction_note"].endswith(f"It is: 3,{BAD},and more")
    assert "2 lines could not be read and got no prediction. The first is line 3" in done.stderr
    assert "2 rows have no text and got no prediction." in done.stderr


def test_rows_below_the_last_text_of_a_sheet_are_none(model: Path, tmp_path: Path) -> None:
    cells = [["review_text"], [GOOD], [""], [BAD], [" "], [""]]
    (tmp_path / "in.xlsx").write_bytes(xlsx({"Sheet": cells}))
    predict(model, tmp_path / "in.xlsx", tmp_path / "out.csv")
    assert [row["predicted_label"] for row in rows_of(tmp_path / "out.csv")] == ["positive", "", "negative"]


@pytest.mark.parametrize("header", ["review_text", "Review-Text"])
def test_a_file_of_texts_alone_may_be_headed_by_the_name_of_the_training(
    model: Path, tmp_path: Path, header: str
) -> None:
    source = write(tmp_path / "in.csv", header, GOOD, "", BAD)
    assert predict(model, source, tmp_path / "out.csv").stdout.startswith("3 rows written")
    assert [row[header] for row in rows_of(tmp_path / "out.csv")] == [GOOD, "", BAD]
    predict(model, source, tmp_path / "all.csv", "--no-header")
    assert len(rows_of(tmp_path / "all.csv")) == 4


def test_json_lines_come_out_row_by_row(model: Path, tmp_path: Path) -> None:
    objects = [{"Review-Text": GOOD}, [], {"Review-Text": ""}, {"Review-Text": BAD}]
    predict(model, write(tmp_path / "in.jsonl", *map(json.dumps, objects)), tmp_path / "out.csv")
    assert [row["predicted_label"] for row in rows_of(tmp_path / "out.csv")] == [
        "positive",
        "",
        "",
        "negative",
    ]
