"""The prototyper's walk: a CSV with two spellings, the first result, a text, a file, a model to take away."""

import csv
import itertools
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.walking import Person
from tests.serving import ROOT, Server

pytestmark = pytest.mark.browser

TRAINED_MS = 420_000
CHECKED_MS = 120_000
ANSWERED_MS = 120_000
NUM_ROWS = 180
NEW_TEXTS = ["Broke on the second day.", "=1+1 best meal in years", "It is a chair."]
LABELS = {"negative", "neutral", "positive"}
CLICKS_TO_A_RESULT = 5
"""Upload CSV, the file, Merge, Use this dataset, Start."""
CLICKS_TO_A_MODEL = 14


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    """Make a smaller upload out of the bundled sample, in which one label is once spelled otherwise."""
    path = tmp_path / "my reviews.csv"
    with (ROOT / "samples" / "reviews_sentiment.csv").open(newline="", encoding="utf-8") as source:
        rows = list(itertools.islice(csv.reader(source), NUM_ROWS + 1))
    first = next(row for row in rows if row[1] == "positive")
    first[1] = "Positive"
    with path.open("w", newline="", encoding="utf-8") as target:
        csv.writer(target).writerows(rows)
    return path


def set_number(page: Page, label: str, value: str) -> None:
    field = page.get_by_role("spinbutton", name=label)
    field.fill(value)
    field.press("Enter")
    expect(field).to_have_value(value)


def bring_texts(person: Person, reviews: Path) -> None:
    page = person.page
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("How much does pretraining help")
    person.press("Upload CSV")
    person.choose_file(reviews)
    expect(page.get_by_text(f"{NUM_ROWS} rows").first).to_be_visible()
    person.press("Merge it")
    expect(page.get_by_text(f"{NUM_ROWS} texts, 3 classes").first).to_be_visible()
    person.press("Use this dataset")


def make_it_short(page: Page) -> None:
    """Train for seconds; none of this belongs to the walk, which takes the values as they are."""
    page.get_by_text("Advanced settings").click()
    set_number(page, "Seeds", "1")
    page.get_by_role("tab", name="Training").click()
    set_number(page, "Epochs", "0.5")
    set_number(page, "Minimum steps", "15")
    expect(page.get_by_text("4 runs").first).to_be_visible()


def see_a_result(page: Page) -> None:
    # A few batches of each network go through first, in a process that has torch to import.
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "How is the training going?", timeout=CHECKED_MS
    )
    page.reload()  # nothing is lost by it: the experiment is in the URL
    expect(page.get_by_text("4 of 4 done").first).to_be_visible(timeout=TRAINED_MS)
    expect(page.get_by_text("1 seed").first).to_be_visible()


def read_verdict(person: Person) -> None:
    page = person.page
    person.click(page.get_by_role("link", name="See results", exact=True))
    expect(page.get_by_role("heading", level=1)).to_have_text("Was pretraining worth it?")
    expect(page.get_by_text("95% interval").first).to_be_visible()
    for card in ("Best model", "Learning curves"):
        expect(page.get_by_text(card).first).to_be_visible()


def try_a_text(person: Person) -> None:
    page = person.page
    person.open_tab("Try it")
    box = page.get_by_role("textbox", name="Text")
    label = page.get_by_role("combobox", name="True label")
    expect(label).not_to_have_value("")  # that of a test example is known
    box.fill("I would buy it again tomorrow.")  # it is answered without a button, or leaving the box
    expect(label).to_have_value("")
    expect(box).to_be_focused()
    expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible(timeout=ANSWERED_MS)


def predict_a_file(person: Person, folder: Path) -> None:
    page, source = person.page, folder / "new texts.csv"
    with source.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["text"], *([text] for text in NEW_TEXTS)])
    person.choose_file(source)
    person.press(f"Predict {len(NEW_TEXTS)} rows")
    expect(page.get_by_role("button", name="Download the predictions")).to_be_visible(timeout=ANSWERED_MS)
    saved = person.save("Download the predictions", folder / "predictions.csv")
    with saved.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"].lstrip("'") for row in rows] == NEW_TEXTS
    assert rows[1]["text"].startswith("'=")
    assert {row["predicted_label"] for row in rows} <= LABELS


def take_away(person: Person, folder: Path) -> Path:
    """Download the best model; return the folder it lies in."""
    page = person.page
    person.go("Models")
    expect(page.get_by_role("heading", level=1)).to_have_text("Models")
    person.press("Download")
    expect(page.get_by_role("button", name="Save my-reviews-")).to_be_visible(timeout=ANSWERED_MS)
    archive = person.save("Save my-reviews-", folder / "model.zip")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder / "model")
    (inner,) = (folder / "model").iterdir()
    return inner


def load_in_a_fresh_python(lines: str, folder: Path) -> None:
    """Run the lines that stand beside the model in a process that knows nothing of this one."""
    done = subprocess.run(
        [sys.executable, "-c", lines],
        cwd=folder if "from predict" in lines else folder.parent,
        env={**os.environ, "PYTHONPATH": "" if "from predict" in lines else str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert any(label in done.stdout for label in LABELS), done.stdout


def test_a_prototyper_goes_from_a_csv_to_a_result_a_prediction_and_a_model(
    page: Page, server: Server, reviews: Path, tmp_path: Path
) -> None:
    person = Person(page)
    bring_texts(person, reviews)
    expect(page.get_by_role("heading", level=1)).to_have_text("New experiment")
    make_it_short(page)
    person.press("Start")
    see_a_result(page)
    assert person.clicks == CLICKS_TO_A_RESULT
    read_verdict(person)
    try_a_text(person)
    predict_a_file(person, tmp_path)
    folder = take_away(person, tmp_path)
    assert person.clicks <= CLICKS_TO_A_MODEL
    load_in_a_fresh_python(page.get_by_test_id("stCode").first.inner_text(), folder)
    assert not server.has_loaded("libtorch")
