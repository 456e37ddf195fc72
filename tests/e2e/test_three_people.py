"""The stakeholder's and the engineer's walks, with their clicks; the prototyper's is in `test_whole_path`."""

import contextlib
import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.browsing import find_chromium
from tests.e2e.scenes import wait_until_drawn
from tests.e2e.walking import Person
from tests.files.tables import CHOICE, table
from tests.pages.fixtures import add_experiment, finish_all, make_workspace, store_sample_dataset
from tests.pages.texts import TEXTS
from tests.serving import Server, serve
from tests.tiny_models import tiny_model_folder
from tests.waiting import wait_until
from tl_core.datasets.dataset import build_dataset
from tl_core.intake.intake import Intake, store_dataset
from tl_core.store.workspace import Workspace

pytestmark = pytest.mark.browser

MOST_TABS = 60


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


def open_offline(page: Page, path: Path) -> Page:
    """Open a file in a browser that reaches no host at all."""
    browser = page.context.browser
    assert browser is not None
    alone = browser.new_context(offline=True).new_page()
    alone.goto(path.as_uri())
    return alone


def test_a_stakeholder_is_told_shown_and_given_the_result(page: Page, tmp_path: Path) -> None:
    person = Person(page)
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("How much does pretraining help on your data?")
    person.click(page.get_by_role("link", name="See all results"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Was pretraining worth it?")
    expect(page.get_by_text("95% interval").first).to_be_visible()
    person.click(page.get_by_role("radio", name="Replay"))
    expect(page.get_by_role("button", name="Play").first).to_be_visible()

    person.press("Present")
    for number in range(1, 7):
        expect(page.locator(".slide-place")).to_have_text(f"{number} of 6")
        page.keyboard.press("PageDown")  # as a remote control does
    page.keyboard.press("Escape")
    expect(page.get_by_role("tab", name="Summary")).to_be_visible()
    wait_until_drawn(page)

    person.press("Take away")
    report = person.save("Download the report", tmp_path / "report.html")
    assert person.clicks == 5
    alone = open_offline(page, report)
    expect(alone.get_by_role("heading", level=1)).to_be_visible()
    assert alone.locator("svg").count() > 0
    alone.context.close()


def test_an_engineer_plans_with_a_test_file_two_base_models_and_three_seeds(
    page: Page, server: Server, tmp_path: Path
) -> None:
    rows = [f'"{text}","{label}"' for label, texts in TEXTS.items() for text in texts]
    test = [f'"{text} Indeed.","{label}"' for label, texts in TEXTS.items() for text in texts[:5]]
    for name, lines in (("train.csv", rows), ("held_out.csv", test)):
        (tmp_path / name).write_text("\n".join(["text,label", *lines]), encoding="utf-8")
    tiny_model_folder(tmp_path, "bert")
    person = Person(page)
    page.goto("/data")
    person.choose_file(tmp_path / "train.csv")
    person.click(page.get_by_text("Use my own test file"))
    expect(page.get_by_text("Test file with the same columns")).to_be_visible()
    person.choose_file(tmp_path / "held_out.csv", "Test file")
    expect(page.get_by_text("held_out.csv").first).to_be_visible()
    person.press("Use this dataset")

    expect(page.get_by_text("15 test examples").first).to_be_visible()
    person.click(page.get_by_text("Advanced settings"))
    seeds = page.get_by_role("spinbutton", name="Seeds")
    seeds.fill("3")
    seeds.press("Enter")
    expect(page.get_by_text("8 runs").first).to_be_visible()
    rivals = page.get_by_role("combobox", name="More base models to fine-tune")
    base_model = str(tmp_path / "tiny-bert")

    def holds_it() -> bool:  # letters that come within a moment of the page's last element are lost
        rivals.fill(base_model)
        page.wait_for_timeout(300)
        return rivals.input_value() == base_model

    wait_until(holds_it, "the base model's folder stands in its box", 30)
    expect(page.get_by_role("option", name="tiny-bert").first).to_be_visible()
    rivals.press("Enter")
    rivals.press("Escape")  # its list hides the rest of the page from a screen reader
    # Three networks with three seeds each, and two models that need no seed.
    expect(page.get_by_text("11 runs").first).to_be_visible()
    person.press("Copy as command")
    command = page.get_by_test_id("stCode").first.inner_text()
    assert person.clicks == 6
    assert "--seeds 3" in command
    assert "fine_tuned:local:tiny-bert@" in command


def test_an_engineer_compares_experiments_and_takes_evidence_away(
    page: Page, experiment_ids: Sequence[str], tmp_path: Path
) -> None:
    person = Person(page)
    page.goto("/experiments")
    search = page.get_by_role("searchbox", name="Search")
    search.fill("small reviews")
    search.press("Enter")
    expect(page.get_by_text("small reviews").first).to_be_attached()
    page.wait_for_timeout(1_000)  # the table is drawn anew, on a canvas
    person.tick(0)
    person.tick(1)
    person.press("Compare selected")
    expect(page.get_by_text("What differs in the settings")).to_be_visible()
    expect(page).to_have_url(re.compile(f"{experiment_ids[1]}.*{experiment_ids[0]}"))

    page.goto(f"/results?experiment={experiment_ids[0]}")
    person.click(page.get_by_role("tab", name="Examples"))
    person.click(page.get_by_role("radio", name="only Fine-tuned"))
    search = page.get_by_role("searchbox", name="Text contains").or_(
        page.get_by_role("textbox", name="Text contains")
    )
    search.first.fill("the")
    search.first.press("Enter")
    expect(page).to_have_url(re.compile("contains=the"))
    with person.save(re.compile(r"examples? \(CSV\)"), tmp_path / "only_fine_tuned.csv").open(
        encoding="utf-8-sig"
    ) as file:
        chosen = list(csv.DictReader(file))
    assert chosen
    assert all("the" in row["Text"].lower() for row in chosen)

    person.press("Take away")
    predictions = person.save("Download the predictions", tmp_path / "predictions.csv")
    with predictions.open(encoding="utf-8-sig") as file:
        answers = list(csv.DictReader(file))
    assert {row["seed"] for row in answers} == {"0", "1"}
    page.keyboard.press("Escape")
    person.click(page.get_by_role("tab", name="Setup"))
    person.press("Copy as command")
    assert "tl_core compare dataset:" in page.get_by_test_id("stCode").first.inner_text()
    assert person.clicks == 10


def test_an_engineer_finds_what_the_numbers_rest_on(
    page: Page, experiment_ids: Sequence[str], tmp_path: Path
) -> None:
    page.goto(f"/results?experiment={experiment_ids[0]}&tab=Setup")
    expect(page.get_by_text("What was the same for all models").first).to_be_visible()
    expect(page).to_have_title(re.compile(r"^Results · .+ · Transfer learning$"))
    shown = page.get_by_test_id("stMain")
    for fact in ("2, the same for all models", "33 training, 9 validation and 18 test", "equal steps: 60"):
        expect(shown.get_by_text(fact).first).to_be_visible()
    page.get_by_role("button", name="Take away").click()
    text = Person(page).save("Download all numbers", tmp_path / "numbers.json").read_text("utf-8")
    assert f'"experiment_id": "{experiment_ids[0]}"' in text


def test_an_engineer_puts_two_experiments_side_by_side(page: Page, experiment_ids: Sequence[str]) -> None:
    page.goto(f"/side_by_side?runs={experiment_ids[0]},{experiment_ids[1]}")
    expect(page.get_by_text("What differs in the settings")).to_be_visible()
    expect(page.get_by_text("All models").first).to_be_visible()
    page.reload()  # nothing is lost by it: the choice is in the URL
    expect(page.get_by_text("What differs in the settings")).to_be_visible()


def tab_to(page: Page, target: Locator) -> None:
    """Reach a control by the Tab key alone, and stay there when the page has settled."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if target.evaluate("one => one.contains(document.activeElement)"):
            page.wait_for_timeout(300)
            if target.evaluate("one => one.contains(document.activeElement)"):
                return
    raise AssertionError(f"not reached by {MOST_TABS} presses of Tab: {target}")


def choose_by_key(page: Page, path: Path) -> None:
    """Open the dialogue of the browser with Enter, which Chromium lets pass now and then; choose a file."""
    for _ in range(4):
        with contextlib.suppress(PlaywrightTimeout):
            with page.expect_file_chooser(timeout=5_000) as chooser:
                page.keyboard.press("Enter")
            chooser.value.set_files(path)
            return
    raise AssertionError("no dialogue opens")


def test_texts_are_brought_and_a_plan_is_reached_by_keyboard(page: Page, tmp_path: Path) -> None:
    rows = [f'"{text}","{label}"' for label, texts in TEXTS.items() for text in texts]
    (tmp_path / "train.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    page.goto("/data")
    wait_until_drawn(page)
    tab_to(page, page.get_by_test_id("stFileUploader").first)
    choose_by_key(page, tmp_path / "train.csv")
    use = page.get_by_role("button", name="Use this dataset")
    expect(use).to_be_visible()
    wait_until_drawn(page)
    tab_to(page, use)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("New experiment")
    wait_until_drawn(page)
    start = page.get_by_role("button", name="Start", exact=True)
    expect(start).to_be_enabled()
    tab_to(page, start)


def test_results_are_read_and_presented_by_keyboard(page: Page, experiment_ids: Sequence[str]) -> None:
    page.goto(f"/results?experiment={experiment_ids[0]}")
    wait_until_drawn(page)
    pair = page.locator(".st-key-pair").get_by_role("button")
    tab_to(page, pair)
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem").first).to_have_attribute("data-focused", "true")
    page.keyboard.press("Escape")
    tab_to(page, page.get_by_role("tab", name="Summary"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Examples")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_text("Where they disagree").first).to_be_visible()
    page.goto(f"/results?experiment={experiment_ids[0]}")
    wait_until_drawn(page)
    tab_to(page, page.get_by_role("button", name="Present"))
    page.keyboard.press("Enter")
    expect(page.locator(".slide-place")).to_have_text("1 of 6")
    page.keyboard.press("Space")
    expect(page.locator(".slide-place")).to_have_text("2 of 6")


def test_runs_on_other_test_examples_are_refused_with_the_reason(
    page: Page, experiment_ids: Sequence[str]
) -> None:
    page.goto(f"/side_by_side?runs={experiment_ids[0]},{experiment_ids[2]}")
    expect(page.get_by_test_id("stAlert")).to_contain_text("split")
    expect(page.get_by_text("All models")).to_have_count(0)
