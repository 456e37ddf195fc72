"""The whole way of a person with a CSV: upload, start, watch, verdict, try, predict a file, take it away."""

import csv
import itertools
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.serving import ROOT, Server

pytestmark = pytest.mark.browser

TRAINED_MS = 420_000
CHECKED_MS = 120_000
NUM_ROWS = 180
NEW_TEXTS = ["Broke on the second day.", "=1+1 best meal in years", "It is a chair."]


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    """Make a smaller upload out of the bundled sample."""
    path = tmp_path / "my reviews.csv"
    with (ROOT / "samples" / "reviews_sentiment.csv").open(newline="", encoding="utf-8") as source:
        rows = list(itertools.islice(csv.reader(source), NUM_ROWS + 1))
    with path.open("w", newline="", encoding="utf-8") as target:
        csv.writer(target).writerows(rows)
    return path


def upload(page: Page, path: Path) -> None:
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(path)


def set_number(page: Page, label: str, value: str) -> None:
    field = page.get_by_role("spinbutton", name=label)
    field.fill(value)
    field.press("Enter")
    expect(field).to_have_value(value)


def go(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()


def bring_texts(page: Page, reviews: Path) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("How much does pretraining help")
    page.get_by_role("button", name="Upload CSV").click()
    upload(page, reviews)
    expect(page.get_by_text(f"{NUM_ROWS} rows").first).to_be_visible()
    page.get_by_role("button", name="Use this dataset").click()


def start_comparison(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("New experiment")
    set_number(page, "Seeds", "1")
    page.get_by_text("Advanced settings").click()
    set_number(page, "Epochs", "0.5")
    set_number(page, "Least steps", "15")
    expect(page.get_by_text("4 runs")).to_be_visible()
    page.get_by_role("button", name="Start").click()


def watch(page: Page) -> None:
    # A few batches of each network go through first, in a process that has torch to import.
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "How is the training going?", timeout=CHECKED_MS
    )
    page.reload()  # nothing is lost by it: the experiment is in the URL
    expect(page.get_by_text("Learning curves").first).to_be_visible()
    expect(page.get_by_text("All 4 runs have ended").first).to_be_visible(timeout=TRAINED_MS)
    expect(page.get_by_text("1 seed").first).to_be_visible()


def read_verdict(page: Page) -> None:
    page.get_by_role("link", name="See results", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Was pretraining worth it?")
    expect(page.get_by_text("95% interval").first).to_be_visible()
    for card in ("Best model", "Learning curves"):
        expect(page.get_by_text(card).first).to_be_visible()
    for tab, card in (("Examples", "Where they disagree"), ("Setup", "How fair was this?")):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_text(card).first).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("button", name="Take away").click()
        page.get_by_role("button", name="Download all numbers").click()
    assert '"verdicts"' in started.value.path().read_text()


def try_a_text(page: Page) -> None:
    page.locator(".st-key-experiment_tabs").get_by_role("link", name="Try it").click()
    page.get_by_role("textbox", name="Text").fill("I would buy it again tomorrow.")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible(timeout=120_000)


def predict_a_file(page: Page, folder: Path) -> None:
    source = folder / "new texts.csv"
    with source.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["text"], *([text] for text in NEW_TEXTS)])
    upload(page, source)
    page.get_by_role("button", name=f"Predict {len(NEW_TEXTS)} rows").click()
    download = page.get_by_role("button", name="Download the predictions")
    expect(download).to_be_visible(timeout=120_000)
    with page.expect_download() as started:
        download.click()
    with started.value.path().open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"].lstrip("'") for row in rows] == NEW_TEXTS
    assert rows[1]["text"].startswith("'=")
    assert {row["predicted_label"] for row in rows} <= {"negative", "neutral", "positive"}


def take_away(page: Page) -> None:
    go(page, "Models")
    expect(page.get_by_role("heading", level=1)).to_have_text("Models")


def test_from_a_csv_to_a_verdict_a_prediction_and_a_model(
    page: Page, server: Server, reviews: Path, tmp_path: Path
) -> None:
    bring_texts(page, reviews)
    start_comparison(page)
    watch(page)
    read_verdict(page)
    try_a_text(page)
    predict_a_file(page, tmp_path)
    take_away(page)
    assert not server.has_loaded("libtorch")
