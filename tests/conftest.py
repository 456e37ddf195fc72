"""For every test: one thread for small matrix products, which two threads only slow down; and a browser."""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings
from playwright.sync_api import Browser

from tests.browsing import chromium

os.environ.setdefault("OMP_NUM_THREADS", "1")
# Nothing is timed: a busy machine is slow, and not wrong. Continuous integration tries the same examples each
# time; new ones are found where somebody can mend.
settings.register_profile("untimed", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "untimed")


def pytest_collection_finish() -> None:
    """Keep what is imported out of garbage collection: statsmodels collects after each call."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    gc.unfreeze()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running
