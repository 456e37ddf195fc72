"""Take a picture of every page in every state: ``python -m tests.e2e.screenshots``.

Light and dark, 1280, 1920 and 390 pixels wide: PNG files under ``build/screenshots``, and one sheet of all.
``python -m tests.e2e.screenshots --readme`` takes the three that README shows, of a bundled comparison.
"""

import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

from tests.browsing import chromium
from tests.e2e.scenes import Scene, Stage, stage, wait_until_drawn
from tests.serving import ROOT

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
WIDTHS = (1280, 1920, 390)
TALLEST_PX = 9000
SLIDE_PX = 800
TARGET = ROOT / "build" / "screenshots"
README_PICTURES = ROOT / "docs" / "pictures"
README_SCENES = ("home_empty", "runs_example", "results_example")
SHEET = "contact_sheet.html"
_HEIGHT = "document.querySelector('[data-testid=stMain]').scrollHeight"
_STYLE = """
body { font: 14px system-ui, sans-serif; margin: 24px; background: #e8ebf0; color: #1b2430; }
section { display: flex; flex-wrap: wrap; gap: 16px; align-items: flex-start; }
figure { margin: 0; } img { height: 420px; max-width: 640px; object-fit: cover; object-position: top;
border: 1px solid #9aa4b2; background: #fff; }
"""


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One picture that was taken."""

    scene: Scene
    theme: Theme
    width: int

    @property
    def file_name(self) -> str:
        """Return ``results_finished_dark_1280.png``."""
        return f"{self.scene.name}_{self.theme}_{self.width}.png"


def shoot_all(target: Path, *, only: str = "") -> list[Shot]:
    """Take the pictures of all scenes whose names contain ``only``, and write the sheet."""
    target.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        stage(Path(folder)) as shown,
        chromium() as browser,
    ):
        scenes = [scene for scene in shown.scenes if only in scene.name]
        # The pages of the empty workspace are seen in all themes before Home fills it.
        scenes.sort(key=lambda scene: (scene.state == "example", scene.name == "home_empty"))
        shots = [shot for scene in scenes for shot in _shoot(browser, shown, scene, target)]
    (target / SHEET).write_text(sheet(shots), encoding="utf-8")
    return shots


def _shoot(browser: Browser, shown: Stage, scene: Scene, target: Path) -> list[Shot]:
    """Take a scene in both themes and all widths; a narrow window is opened as such, as on a telephone."""
    shots = []
    for theme in THEMES:
        for widths in (tuple(width for width in WIDTHS if width > 800), (390,)):
            context = browser.new_context(
                color_scheme=theme, viewport={"width": widths[0], "height": SLIDE_PX}
            )
            page = context.new_page()
            page.set_default_timeout(30_000)
            if scene.state == "example":
                _fill(page, shown)
            page.goto(shown.url_of(scene))
            wait_until_drawn(page)
            for width in widths:
                shot = Shot(scene=scene, theme=theme, width=width)
                _take(page, scene, width, target / shot.file_name)
                shots.append(shot)
            context.close()
    return shots


def _fill(page: Page, shown: Stage) -> None:
    """Open Home, which brings the bundled examples into an empty workspace."""
    page.goto(shown.empty_url)
    wait_until_drawn(page)


def _take(page: Page, scene: Scene, width: int, path: Path) -> None:
    """Make the window as tall as the page, which scrolls inside of it, and take the picture."""
    page.set_viewport_size({"width": width, "height": SLIDE_PX})
    page.wait_for_timeout(200)
    if scene.page != "presenter":
        height = min(TALLEST_PX, max(SLIDE_PX, int(page.evaluate(_HEIGHT))))
        page.set_viewport_size({"width": width, "height": height})
        wait_until_drawn(page)
    page.screenshot(path=path)


def sheet(shots: Iterable[Shot]) -> str:
    """Write one page with every picture, by scene; each opens in its full size."""
    parts = ['<!doctype html><html lang="en"><meta charset="utf-8"><title>Contact sheet</title>']
    parts.append(f"<style>{_STYLE}</style>")
    for name, of_scene in groupby(shots, key=lambda shot: shot.scene.name):
        figures = "".join(map(_figure, of_scene))
        parts.append(f"<h2>{escape(name.replace('_', ' '))}</h2><section>{figures}</section>")
    return "".join(parts)


def _figure(shot: Shot) -> str:
    file, words = escape(shot.file_name), f"{shot.theme}, {shot.width} px"
    picture = f'<img loading="lazy" src="{file}" alt="{file}">'
    return f'<figure><a href="{file}">{picture}</a><figcaption>{words}</figcaption></figure>'


def shoot_for_readme(target: Path) -> None:
    """Take what README shows: the upper part of each page, in the light theme."""
    target.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        stage(Path(folder)) as shown,
        chromium() as browser,
    ):
        page = browser.new_page(color_scheme="light", viewport={"width": 1280, "height": SLIDE_PX})
        _fill(page, shown)
        scenes = {scene.name: scene for scene in shown.scenes}
        for name in README_SCENES:
            page.goto(shown.url_of(scenes[name]))
            wait_until_drawn(page)
            page.screenshot(path=target / f"{scenes[name].page}.png")


def main() -> None:
    """Take all pictures, those of the scenes whose names contain the first argument, or README's."""
    if sys.argv[1:] == ["--readme"]:
        shoot_for_readme(README_PICTURES)
        return
    began = time.monotonic()
    shots = shoot_all(TARGET, only=sys.argv[1] if len(sys.argv) > 1 else "")
    print(f"{len(shots)} pictures in {time.monotonic() - began:.0f} s: {TARGET / SHEET}")


if __name__ == "__main__":
    main()
