"""*Results* in a browser: figures saved as files without the server, and presenter mode by the keyboard."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import find_chromium
from tests.e2e.scenes import wait_until_drawn
from tests.pages.fixtures import add_experiment, finish_all, make_workspace, store_sample_dataset
from tests.serving import Server, serve

pytestmark = pytest.mark.browser
LINE_PX = 56

PNG = b"\x89PNG\r\n\x1a\n"
READ_SVG = """source => {
  const drawing = new DOMParser().parseFromString(source, "image/svg+xml")
  const all = (name) => [...drawing.querySelectorAll(name)].map((one) => one.textContent)
  return { faults: all("parsererror"), texts: all("text"), desc: all("desc")[0], style: all("style")[0] }
}"""

IS_UNDER_WAY = """() => {
  const place = (name) => document.querySelector(name).getBoundingClientRect()
  const [rail, grip] = [place(".slider-rail-touch-rect"), place(".slider-grip-rect")]
  const share = (grip.left - rail.left) / (rail.width - grip.width)
  return share > 0.05 && share < 0.9
}"""


# Whatever stands on the slide that is shown lies within the window, and nothing of it is cut.
_IS_INSIDE = """() => [...document.querySelectorAll('.st-key-slides [class*="st-key-presented_"]')].every(
  (slide) => slide.scrollHeight <= slide.clientHeight + 1 && slide.scrollWidth <= slide.clientWidth + 1)"""


# Height of the page, and the words that are no icons, axis numbers or names in figures.
_MEASURE = """() => {
  const main = document.querySelector('[data-testid=stMain]')
  const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT)
  let words = 0
  while (texts.nextNode()) {
    const left_out = texts.currentNode.parentElement.closest('[data-testid=stIconMaterial], svg, style')
    if (!left_out) words += texts.currentNode.textContent.split(/\\s+/).filter(Boolean).length
  }
  return [main.scrollHeight, words]
}"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A server of its own: the runs must be finished before a supervisor could claim them.

    The id is that of an older experiment with much that weakens its result.
    """
    find_chromium()
    path = tmp_path_factory.mktemp("results") / "workspace"
    workspace = make_workspace(path)
    intake = store_sample_dataset(workspace)
    weak = add_experiment(workspace, intake, ("majority", "tfidf", "scratch", "frozen", "fine_tuned"))
    finish_all(workspace, weak, majority=0.34, tfidf=0.6, scratch=0.3, fine_tuned=0.92)
    made = add_experiment(workspace, intake, num_seeds=2)
    finish_all(workspace, made, fine_tuned=0.95, scratch=0.4)
    workspace.close()
    with serve(path) as running:
        yield running, weak.experiment_id


@pytest.fixture(scope="module")
def server(served: tuple[Server, str]) -> Server:
    """The server alone."""
    return served[0]


def test_the_summary_stays_short_where_much_weakens_the_result(
    page: Page, served: tuple[Server, str]
) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"/results?experiment={served[1]}")
    expect(page.get_by_text("not a fair comparison yet").first).to_be_visible()
    expect(page.get_by_text("was still improving when it stopped").first).to_be_visible()
    wait_until_drawn(page)
    height, words = page.evaluate(_MEASURE)
    assert height <= 1_600
    assert words <= 250


def save(page: Page, button: str) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).first.press("Enter")
    return download.value.path()


def test_a_figure_is_saved_as_picture_and_table_by_the_keyboard(page: Page) -> None:
    page.goto("/results")
    page.get_by_role("button", name="Data", exact=True).first.click()
    expect(page.get_by_role("button", name="Download PNG").first).to_be_visible()

    picture = save(page, "Download PNG").read_bytes()
    assert picture.startswith(PNG)
    assert len(picture) > 20_000

    drawing = page.evaluate(READ_SVG, save(page, "Download SVG").read_text("utf-8"))
    assert drawing["faults"] == []
    assert {"Fine-tuned", "always the largest class"} <= set(drawing["texts"])
    assert "Fine-tuned 94.4%" in drawing["desc"]
    assert "@font-face" in drawing["style"]

    table = save(page, "Download CSV").read_text("utf-8-sig")  # a spreadsheet needs the mark at its beginning
    assert table.startswith('Model,"Mean test accuracy, %",95% interval from')


def test_a_presentation_runs_by_the_keys_of_a_remote_control_and_prints(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto("/results")
    page.get_by_role("button", name="Present").click()
    place, first = page.locator(".slide-place"), page.get_by_role("heading", level=1).first
    expect(place).to_have_text("1 of 6")
    expect(first).to_contain_text("How much does pretraining help")
    expect(page.get_by_test_id("stSidebar")).not_to_be_visible()
    wait_until_drawn(page)

    for keys, shown in (
        ("PageDown", "2 of 6"),
        ("ArrowRight", "3 of 6"),
        (" ", "4 of 6"),
        ("PageUp", "3 of 6"),
    ):
        page.keyboard.press(keys)
        expect(place).to_have_text(shown)
        assert f"present={shown[0]}" in page.url
    assert page.evaluate(_IS_INSIDE), "no slide is cut or scrolls"
    page.keyboard.press("End")
    expect(place).to_have_text("Appendix")
    page.keyboard.press("Home")
    expect(place).to_have_text("1 of 6")
    page.locator(".st-key-presented_1").click()
    expect(place).to_have_text("2 of 6")

    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement !== null")
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement === null")
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", paper)) == 7

    page.mouse.move(600, 300)
    page.wait_for_function("document.querySelector('.slide-controls').classList.contains('is-resting')")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Present")).to_be_visible()
    assert "present=" not in page.url


def test_example_texts_are_shown_on_request_and_the_slide_stays(page: Page) -> None:
    page.goto("/results")
    page.get_by_role("button", name="Present").click()
    place = page.locator(".slide-place")
    expect(place).to_have_text("1 of 6")
    for _ in range(3):
        page.keyboard.press("PageDown")
    page.get_by_role("button", name="Show texts").click()
    expect(page.get_by_role("button", name="Hide texts")).to_be_attached()
    expect(place).to_have_text("4 of 6")
    expect(page.locator(".st-key-presented_4 blockquote").first).to_be_visible()


@pytest.mark.parametrize(
    ("place", "name"), [((0.75, 0.25), "only Fine-tuned"), ((0.25, 0.75), "only From scratch")]
)
def test_a_cell_that_is_pressed_opens_its_examples(page: Page, place: tuple[float, float], name: str) -> None:
    page.goto("/results?tab=Examples")
    page.get_by_role("radio", name="neither").click()
    figure = page.locator(".st-key-agreement .nsewdrag")
    figure.scroll_into_view_if_needed()
    box = figure.bounding_box()
    assert box is not None
    figure.click(position={"x": place[0] * box["width"], "y": place[1] * box["height"]})
    expect(page.get_by_role("radio", name=name)).to_be_checked()


def test_a_cell_of_the_difference_opens_its_examples_and_the_url_says_which(page: Page) -> None:
    page.goto("/results?tab=Classes")
    figure = page.locator(".st-key-confusion_difference .nsewdrag")
    figure.scroll_into_view_if_needed()
    box = figure.bounding_box()
    assert box is not None
    figure.click(position={"x": box["width"] / 6, "y": 5 * box["height"] / 6})
    expect(page.get_by_role("tab", name="Examples")).to_have_attribute("aria-selected", "true")
    page.wait_for_url(lambda url: "label=positive" in url and "predicted=negative" in url)
    expect(page.get_by_role("combobox", name="Predicted label")).to_have_value("negative")


def test_the_head_stays_in_sight_and_on_a_phone_leaves_the_page_free(page: Page) -> None:
    head = page.locator(".st-key-sticky_top")
    scroll = "document.querySelector('[data-testid=stMain]').scrollTo(0, 700)"
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto("/results")
    wait_until_drawn(page)
    page.evaluate(scroll)
    expect(head.get_by_role("button", name="Fine-tuned vs From scratch")).to_be_in_viewport(ratio=1)
    box = head.bounding_box()
    assert box is not None
    assert box["y"] == 0
    assert box["height"] <= 2 * LINE_PX, "one line, or two where the status is a long one"
    page.set_viewport_size({"width": 390, "height": 720})
    page.evaluate(scroll)
    expect(head).not_to_be_in_viewport()
    assert head.evaluate("head => [...head.querySelectorAll('*')].every(one => one.scrollWidth <= 390)")


def test_the_race_plays_once_it_is_asked_for_and_by_the_keyboard(page: Page) -> None:
    page.goto("/results")
    page.get_by_role("radio", name="Replay").click()
    clock = page.get_by_role("slider", name="Clock of the replay")
    clock.wait_for()
    page.wait_for_function(IS_UNDER_WAY)
    page.get_by_role("button", name="Pause").press("Enter")
    clock.press("End")
    expect(clock).to_have_attribute("aria-valuenow", "100")
