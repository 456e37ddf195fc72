"""What people who do not see colours, the mouse pointer or the screen meet: axe's rules, and the keyboard."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browsing import find_chromium
from tests.e2e.scenes import Stage, open_drawers, stage, wait_until_drawn

pytestmark = pytest.mark.browser

KNOWN_PATH = Path(__file__).parent / "axe_known.json"
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
}
COLOUR_RULES = RULES | {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""What another theme can break: nothing else of a page depends on it."""
LOOKED_AT = {"exclude": [["svg.main-svg"]]}
"""Not inside Plotly's drawings: each has one text for all of it, and a table of its numbers."""

MOST_STOPS = 120
MARKED_OTHERWISE = ("canvas", "main")
"""A table draws its own ring around a cell; the page itself has the focus so that arrow keys scroll it."""

# Numbers the controls that Tab should reach: not the ones that are folded up, nor the unchosen of a group.
_NUMBER = """() => {
  window.looks = (one) => {
    const parts = [one, ...one.querySelectorAll('*')]
    for (let it = one.parentElement; it && parts.length < 40; it = it.parentElement) parts.push(it)
    return parts.map((part) => {
      const { outline, boxShadow, borderColor, backgroundColor, color } = getComputedStyle(part)
      return [outline, boxShadow, borderColor, backgroundColor, color].join()
    }).join(';')
  }
  const all = document.querySelectorAll('[data-testid=stMain] :is(button, a[href], input, summary, textarea)')
  const isReachable = (one) => {
    const folded = one.closest('details:not([open])')
    const isChoice = one.type === 'radio' || one.role === 'radio'
    return !one.disabled && one.tabIndex >= 0 && one.checkVisibility()
      && (!folded || one.parentElement === folded)
      && (!isChoice || one.checked || one.ariaChecked === 'true')
  }
  return [...all].filter(isReachable).map((one, number) => {
    one.dataset.control = number
    one.unfocused = looks(one)
    return one.outerHTML.slice(0, 160)
  })
}"""
# Says what has the focus, and whether the stop before it looks different now that it has lost it.
_STOP = """async () => {
  const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
  await frames()
  const last = window.lastStop
  const wasMarked = last ? looks(last.one) !== last.looks : true
  let one = document.activeElement
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement
  if (!one || one === document.body) return { wasMarked, tag: '' }
  window.lastStop = { one, looks: looks(one) }
  const tag = one.tagName.toLowerCase()
  // In a box whose next part has the focus too, only the look from before the walk tells them apart.
  const isMarked = one.unfocused !== undefined && looks(one) !== one.unfocused
  const control = Number(one.dataset.control ?? -1)
  return { wasMarked, isMarked, tag, control, markup: one.outerHTML.slice(0, 160) }
}"""
# Plotly's drawings follow with a run of the script.
_HAS_THEME = """(theme) => {
  const app = document.querySelector('[data-testid=stApp]')
  return app && (theme === 'dark') === (getComputedStyle(app).colorScheme.includes('dark'))
}"""
_STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"


@dataclass(frozen=True, kw_only=True)
class Known:
    """A violation of Streamlit's own, for which this project can do nothing.

    Attributes
    ----------
    selector
        A regular expression that is found in the element's selector or markup.
    """

    rule: str
    selector: str
    reason: str
    date: str
    version: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """One element that breaks a rule of axe."""

    place: str
    rule: str
    element: str

    def is_of(self, known: Known) -> bool:
        """Whether an entry of the list stands for it."""
        return self.rule == known.rule and re.search(known.selector, self.element) is not None


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    find_chromium()
    with stage(tmp_path_factory.mktemp("accessibility")) as running:
        yield running


@pytest.fixture(scope="module")
def violations(shown: Stage, browser: Browser) -> list[Found]:
    """Everything serious or critical that axe finds, on every page, empty and finished, in both themes."""
    scenes = [scene for scene in shown.scenes if scene.state in ("empty", "finished")]
    # The empty pages first: Home brings examples into a fresh workspace.
    scenes.sort(key=lambda scene: scene.name == "home_empty")
    context = browser.new_context()  # one for all: what the browser has loaded once it keeps
    page = context.new_page()
    page.set_default_timeout(30_000)
    found = [one for scene in scenes for one in audit(page, shown.url_of(scene), scene.name)]
    context.close()
    return found


def audit(page: Page, url: str, name: str) -> list[Found]:
    """Open a scene with all its drawers open and let axe look at it, in the dark for its colours alone."""
    found = []
    for theme, rules in (("light", RULES), ("dark", COLOUR_RULES)):
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        if theme == "light":
            page.goto(url)
        page.wait_for_function(_HAS_THEME, arg=theme)
        wait_until_drawn(page)
        open_drawers(page)
        answer = Axe().run(page, context=LOOKED_AT, options=rules).response
        found += [
            Found(
                place=f"{name}, {theme}",
                rule=rule["id"],
                element=f"{node['target']} {node['html'][:300]}",
            )
            for rule in answer["violations"]
            if rule["impact"] in ("serious", "critical")
            for node in rule["nodes"]
        ]
    return found


def read_known() -> list[Known]:
    return [Known(**entry) for entry in json.loads(KNOWN_PATH.read_text(encoding="utf-8"))]


def test_no_page_breaks_a_serious_rule_that_is_not_on_the_list(violations: Sequence[Found]) -> None:
    known = read_known()
    new = [found for found in violations if not any(found.is_of(entry) for entry in known)]
    assert new == [], "\n".join(f"{one.place}: {one.rule}: {one.element}" for one in new)


def test_every_entry_of_the_list_still_occurs(violations: Sequence[Found]) -> None:
    gone = [entry for entry in read_known() if not any(found.is_of(entry) for found in violations)]
    assert gone == []


@pytest.mark.parametrize("page_name", ["results", "setup"])
def test_tab_reaches_every_control_in_order_and_shows_where_it_is(
    shown: Stage, browser: Browser, page_name: str
) -> None:
    scene = next(one for one in shown.scenes if one.name == f"{page_name}_finished")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(shown.url_of(scene))
    wait_until_drawn(page)
    page.add_style_tag(content=_STILL)
    controls = page.evaluate(_NUMBER)
    stops = walk(page)
    page.close()

    reached = [stop["control"] for stop in stops if stop["control"] >= 0]
    assert len(controls) > 10
    assert [markup for number, markup in enumerate(controls) if number not in reached] == []
    assert reached == sorted(reached)
    hidden = [
        stop["markup"] for stop in stops if not stop["isMarked"] and stop["tag"] not in MARKED_OTHERWISE
    ]
    assert hidden == []


def walk(page: Page) -> list[dict[str, Any]]:
    """Press Tab until the focus has left the page; return each stop on the way."""
    stops: list[dict[str, Any]] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(_STOP)
        if stops:
            stops[-1]["isMarked"] |= stop["wasMarked"]
        if not stop["tag"]:
            return stops
        stops.append(stop)
    pytest.fail(f"after {MOST_STOPS} stops the focus has not left the page: {stops[-5:]}")
