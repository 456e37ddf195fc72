"""The script that finds a page's technical words in the browser, on pages of a few elements."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from pages.ui.glossary import ENTRIES, for_browser, words_in

pytestmark = pytest.mark.browser

SCRIPT = (Path(__file__).parents[2] / "pages" / "components" / "page_words.js").read_bytes()
MOUNT = """async ([source, data]) => {
  const { default: draw } = await import("data:text/javascript;base64," + source)
  const place = document.body.appendChild(document.createElement("div"))
  const parentElement = place.attachShadow({ mode: "open" })
  parentElement.innerHTML = "<div></div>"
  window.draw = () => draw({ parentElement, data })
  window.leave = window.draw()
  window.titles = () => [...parentElement.querySelectorAll("strong")].map((one) => one.textContent)
  window.groups = () => [...parentElement.querySelectorAll(".group")].map((one) => one.textContent)
}"""
SLUGS = {f"{entry.title}.": entry.slug for entry in ENTRIES.values()}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    tab = browser.new_page()
    yield tab
    tab.close()


def mount(page: Page, html: str) -> Page:
    page.set_content(html)
    page.evaluate(MOUNT, [base64.b64encode(SCRIPT).decode(), for_browser()])
    return page


def found(page: Page) -> list[str]:
    return [SLUGS[title] for title in page.evaluate("titles()")]


@pytest.mark.parametrize(
    ("html", "slugs"),
    [
        ("<p>3 seeds, equal <b>steps</b></p>", ["seed", "step"]),
        ("<h1>Near duplicates</h1>", ["near-duplicate"]),
        ("<svg><text>macro-F1 on the test split</text></svg>", ["test", "macro-f1"]),
        ("<canvas><table><th>Confidence</th></table></canvas>", ["confidence"]),
        ("<label>Batch size<input></label>", ["batch-size"]),
        ("<p>Train</p><p>size</p>", ["training-examples"]),
        ("<style>.seed {}</style><script>const seed = 1</script><p class='seed'>constraint</p>", []),
    ],
)
def test_the_words_are_those_that_can_be_read(page: Page, html: str, slugs: list[str]) -> None:
    assert found(mount(page, html)) == slugs


def test_every_form_is_found_as_it_is_on_the_server(page: Page) -> None:
    forms = [form for entry in ENTRIES.values() for form in entry.forms]
    text = ". ".join(form.capitalize() for form in forms)
    assert found(mount(page, f"<p>{text}</p>")) == list(words_in(text)) == list(ENTRIES)


def test_the_words_stand_in_their_groups(page: Page) -> None:
    mount(page, "<p>a seed and a label</p>")
    assert page.evaluate("groups()") == ["Texts and labels", "Training"]


def test_the_list_follows_what_is_drawn_anew(page: Page) -> None:
    mount(page, "<p id='live'>a seed</p>")
    page.evaluate("document.querySelector('#live').firstChild.data = 'an epoch of the budget'")
    page.wait_for_function("titles().length === 2")
    assert found(page) == ["epoch", "budget"]


@pytest.mark.parametrize("num_reruns", [0, 2])
def test_a_closed_list_watches_no_more(page: Page, num_reruns: int) -> None:
    mount(page, "<p id='live'>a seed</p>")
    for _ in range(num_reruns):
        page.evaluate("leave = draw()")
    page.evaluate("leave()")
    page.evaluate("document.querySelector('#live').textContent = 'an epoch'")
    page.wait_for_timeout(500)
    assert found(page) == ["seed"]
