"""The stakeholder and the engineer at work; the prototyper's way is in `test_whole_path`."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect

from tests.browsing import find_chromium
from tests.files.tables import CHOICE, table
from tests.pages.fixtures import add_experiment, finish_all, make_workspace, store_sample_dataset
from tests.pages.texts import TEXTS
from tests.serving import Server, serve
from tl_core.datasets.dataset import build_dataset
from tl_core.intake.intake import Intake, store_dataset
from tl_core.store.workspace import Workspace

pytestmark = pytest.mark.browser


def store_other_dataset(workspace: Workspace) -> Intake:
    """Store the same labels on other texts, so that the test examples are others too."""
    pairs = [(f"{text} Really.", label) for label, group in TEXTS.items() for text in group]
    texts, labels = zip(*pairs, strict=True)
    return store_dataset(
        workspace,
        build_dataset(table(text=texts, label=labels), name="other reviews", choice=CHOICE),
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sequence[str]]:
    """A workspace with two finished experiments on one split and a third on another, and their ids."""
    path = tmp_path_factory.mktemp("three_people") / "workspace"
    workspace = make_workspace(path)
    ours, other = store_sample_dataset(workspace), store_other_dataset(workspace)
    experiments = [
        add_experiment(workspace, ours, num_seeds=2),
        add_experiment(workspace, ours, num_seeds=2, epochs=2.0),
        add_experiment(workspace, other),
    ]
    for experiment in experiments:
        finish_all(workspace, experiment, fine_tuned=0.95, scratch=0.4)
    workspace.close()
    return path, [experiment.experiment_id for experiment in experiments]


@pytest.fixture(scope="module")
def server(made: tuple[Path, Sequence[str]]) -> Iterator[Server]:
    """Serve what is made already: a supervisor would carry out what is still queued."""
    find_chromium()
    with serve(made[0]) as running:
        yield running


@pytest.fixture
def experiment_ids(made: tuple[Path, Sequence[str]]) -> Sequence[str]:
    return made[1]


def download(page: Page, button: str) -> Download:
    with page.expect_download() as started:
        page.get_by_role("button", name=button).first.click()
    return started.value


def open_offline(page: Page, path: Path) -> Page:
    """Open a file in a browser that reaches no host at all."""
    browser = page.context.browser
    assert browser is not None
    alone = browser.new_context(offline=True).new_page()
    alone.goto(path.as_uri())
    return alone


def test_a_stakeholder_is_told_shown_and_given_the_comparison(page: Page, tmp_path: Path) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("How much does pretraining help on your data?")
    page.get_by_role("link", name="See all results").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Was pretraining worth it?")
    expect(page.get_by_text("95% interval").first).to_be_visible()

    page.get_by_role("button", name="Present").click()
    for number in range(1, 7):
        expect(page.locator(".slide-place")).to_have_text(f"{number} of 6")
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")

    report = tmp_path / "report.html"
    page.get_by_role("button", name="Take away").click()
    download(page, "Download the report").save_as(report)
    alone = open_offline(page, report)
    expect(alone.get_by_role("heading", level=1)).to_be_visible()
    assert alone.locator("svg").count() > 0
    alone.context.close()


def test_an_engineer_finds_what_the_numbers_rest_on(page: Page, experiment_ids: Sequence[str]) -> None:
    page.goto(f"/results?experiment={experiment_ids[0]}&tab=Setup")
    expect(page.get_by_text("How fair was this?").first).to_be_visible()
    expect(page).to_have_title(re.compile(r"^Results · .+ · Transfer learning$"))
    shown = page.get_by_test_id("stMain")
    for fact in ("2, the same for all models", "33 training, 9 validation and 18 test", "equal steps: 60"):
        expect(shown.get_by_text(fact).first).to_be_visible()
    page.get_by_role("button", name="Take away").click()
    text = download(page, "Download all numbers").path().read_text("utf-8")
    assert f'"experiment_id": "{experiment_ids[0]}"' in text


def test_an_engineer_puts_two_experiments_side_by_side(page: Page, experiment_ids: Sequence[str]) -> None:
    page.goto(f"/side_by_side?runs={experiment_ids[0]},{experiment_ids[1]}")
    expect(page.get_by_text("What differs in the settings")).to_be_visible()
    expect(page.get_by_text("All groups").first).to_be_visible()
    page.reload()  # nothing is lost by it: the choice is in the URL
    expect(page.get_by_text("What differs in the settings")).to_be_visible()


def test_runs_on_other_test_examples_are_refused_with_the_reason(
    page: Page, experiment_ids: Sequence[str]
) -> None:
    page.goto(f"/side_by_side?runs={experiment_ids[0]},{experiment_ids[2]}")
    expect(page.get_by_test_id("stAlert")).to_contain_text("split")
    expect(page.get_by_text("All groups")).to_have_count(0)
