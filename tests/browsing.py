"""Debian's Chromium for every test and picture that needs a browser."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright


def find_chromium() -> str:
    """Return Chromium's path; skip where there is none, unless it is required."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None and os.environ.get("TL_REQUIRE_BROWSER"):
        pytest.fail("Chromium is required here and is not installed")
    if path is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium)")
    return path


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium without a window; one at a time in a process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()
