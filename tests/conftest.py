"""For every test: one thread for small matrix products, which two threads only slow down; and a browser."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browsing import chromium

os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running
