"""Names and labels that try to be links, images, icons, formulas or markup are shown as they were written."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import find_chromium
from tests.e2e.scenes import open_drawers, wait_until_drawn
from tests.files.tables import table
from tests.pages.fixtures import add_experiment, finish_all, make_workspace, runs_of
from tests.serving import Server, serve
from tl_core.datasets.dataset import build_dataset
from tl_core.intake.intake import Intake, store_dataset
from tl_core.schema import ColumnChoice
from tl_core.store.workspace import Workspace

pytestmark = pytest.mark.browser

SYMBOLS = ":streamlit: :smile: :material/home: :red[x] a -> b -- c >= d <-> e ~= f"
MARKUP = "**x** `y` $z$ <b>bold</b> &amp; # [i](j) ~~k~~"
LABEL = f"https://evil.example www.evil.example me@evil.example {SYMBOLS} {MARKUP}"
TEXT_COLUMN = "![i](http://evil.example/p.png) www.evil.example"
LABEL_COLUMN = "<img src=x> :streamlit: :red[x]"
REORDERED = "abc\u202egnp.exe"
SCRIPT = "<script>document.title='broken'</script><img src=http://evil.example/t.png>"
FILE = "www.evil.example me@evil.example :streamlit: a -> b **x** $z$.csv"


def hostile_file() -> bytes:
    """Forty rows with hostile column names, a hostile label and texts with several labels."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([TEXT_COLUMN, LABEL_COLUMN])
    writer.writerows((f"It is the text of number {i}.", LABEL if i % 2 else "plain") for i in range(40))
    writer.writerows([("twice", LABEL), ("twice", "plain")])
    return file.getvalue().encode()


def shown(page: Page) -> str:
    """Return what the page shows, sidebar included, without the joiners that nobody sees."""
    return page.locator("body").inner_text().replace("\u2060", "")


def require_harmless(page: Page) -> None:
    made = page.locator("[data-testid=stMarkdownContainer]").locator("a, img, b, del, .katex, code")
    assert made.evaluate_all("all => all.filter(one => one.closest('button, a') !== one)") == []
    assert page.locator("a[href*=evil], img[src*=evil]").count() == 0


def test_hostile_names_are_shown_literally_from_the_upload_to_the_plan(page: Page) -> None:
    page.goto("/data")
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(
        {"name": FILE, "mimeType": "text/csv", "buffer": hostile_file()}
    )
    use = page.get_by_role("button", name="Use this dataset")
    expect(use).to_be_visible()
    assert FILE in shown(page)
    require_harmless(page)

    use.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New experiment")
    expect(page.get_by_role("button", name="Start")).to_be_visible()
    assert FILE.removesuffix(".csv") in shown(page), "in the grey line"
    require_harmless(page)

    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Data").click()
    expect(page.get_by_text("The examples", exact=True)).to_be_visible()
    assert f"“{TEXT_COLUMN}” and “{LABEL_COLUMN}”" in shown(page)
    require_harmless(page)
    page.get_by_role("button", name="Choose another file").click()
    expect(page.get_by_role("link", name="40 texts")).to_be_visible()
    assert FILE.removesuffix(".csv") in shown(page)
    require_harmless(page)


def store_hostile_dataset(workspace: Workspace) -> Intake:
    """Store sixty texts whose columns, labels and name are hostile."""
    labels = [LABEL, SCRIPT, REORDERED]
    texts = [f"{TEXT_COLUMN} {SCRIPT} {SYMBOLS} {MARKUP} number {i}" for i in range(60)]
    columns = {TEXT_COLUMN: texts, LABEL_COLUMN: [labels[i % 3] for i in range(60)]}
    built = build_dataset(
        table(**columns), name=FILE.removesuffix(".csv"), choice=ColumnChoice.of(TEXT_COLUMN, LABEL_COLUMN)
    )
    return store_dataset(workspace, built)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sequence[str]]:
    """A workspace in which whatever a person can name is hostile, and every page's address on it."""
    path = tmp_path_factory.mktemp("hostile") / "workspace"
    workspace = make_workspace(path)
    intake = store_hostile_dataset(workspace)
    folder = path / "models" / "![i](x) <img src=x> :smile: $z$"
    folder.mkdir(parents=True)
    arms = ("majority", "tfidf", "scratch", "fine_tuned", f"fine_tuned:{folder}")
    experiment = add_experiment(workspace, intake, arms)
    finish_all(workspace, experiment, fine_tuned=0.9, scratch=0.4)
    run_id = runs_of(workspace, experiment)[-1].run_id
    workspace.close()
    ours, dataset = f"experiment={experiment.experiment_id}", f"dataset={experiment.dataset_fingerprint}"
    return path, (
        f"/data?{dataset}",
        f"/setup?{dataset}",
        f"/runs?{ours}",
        f"/results?{ours}",
        *(f"/results?{ours}&tab={tab}" for tab in ("Examples", "Classes", "Confidence", "Setup")),
        *(f"/results?{ours}&present={number}" for number in range(1, 8)),
        f"/try_it?{ours}",
        f"/learn?{ours}&answer=adapting",
        f"/side_by_side?runs={experiment.experiment_id}",
        f"/models?run={run_id}",
        "/",
    )


@pytest.fixture(scope="module")
def server(made: tuple[Path, Sequence[str]]) -> Iterator[Server]:
    find_chromium()
    with serve(made[0]) as running:
        yield running


def test_no_page_interprets_a_hostile_name(page: Page, made: tuple[Path, Sequence[str]]) -> None:
    for address in made[1]:
        page.goto(address)
        wait_until_drawn(page)
        open_drawers(page)
        assert FILE.removesuffix(".csv") in shown(page), address
        require_harmless(page)
        assert page.title() != "broken", address
        assert "\u202e" not in shown(page), address
