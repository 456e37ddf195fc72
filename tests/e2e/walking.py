"""A person who walks through the dashboard, and what it costs them in clicks."""

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page

from tests.e2e.scenes import wait_until_drawn

ROW_PX = HEADER_PX = 35
"""Heights in a table."""


@dataclass
class Person:
    """Counts every press of the mouse; choosing a file counts as one, typing and keys as none."""

    page: Page
    clicks: int = 0

    def click(self, target: Locator) -> None:
        """Press what is meant, once it is there and the page stands, as a person does."""
        target.first.wait_for(state="attached")
        wait_until_drawn(self.page)
        target.first.click()
        self.clicks += 1

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press the button of this name."""
        self.click(self.page.get_by_role("button", name=name))

    def choose_file(self, path: Path, label: str = "") -> None:
        """Give a file to the page's first uploader, or the one of this label."""
        uploader = self.page.get_by_test_id("stFileUploader").filter(has_text=label).first
        uploader.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(path)
        self.clicks += 1

    def go(self, name: str) -> None:
        """Go to a page by the sidebar."""
        self.click(self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=name))

    def open_tab(self, name: str) -> None:
        """Go to another step of the experiment."""
        self.click(self.page.locator(".st-key-experiment_tabs").get_by_role("link", name=name))

    def tick(self, row: int) -> None:
        """Tick a row of the page's table, counted from 0, which is drawn on a canvas."""
        table = self.page.get_by_test_id("stDataFrame").first
        table.click(position={"x": 18, "y": HEADER_PX + (row + 0.5) * ROW_PX})
        self.clicks += 1

    def save(self, button: str | re.Pattern[str], path: Path) -> Path:
        """Press a button that downloads, and keep the file."""
        with self.page.expect_download() as waiting:
            self.press(button)
        waiting.value.save_as(path)
        return path
