"""A real browser on the real server, in a workspace of its own."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from tests.browsing import find_chromium
from tests.serving import Server, serve

expect.set_options(timeout=30_000)  # as long as for an action: a busy machine is slow, and not wrong
LOCAL = ("data:", "blob:", "http://127.0.0.1", "ws://127.0.0.1")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    find_chromium()
    with serve(tmp_path_factory.mktemp("browser") / "workspace") as running:
        yield running


def _is_fault(response: Response) -> bool:
    """Streamlit looks for its own routes below a deep link's path first, and is answered 404 there."""
    return response.status >= 400 and "/_stcore/" not in response.url


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> dict[str, BrowserContext]:
    """One context a server: what the browser has loaded from it once, it keeps for later tabs."""
    return {}


@pytest.fixture
def page(server: Server, browser: Browser, contexts: dict[str, BrowserContext]) -> Iterator[Page]:
    """Open a tab that fails the test if the page asks another host for anything or meets an error."""
    foreign: list[str] = []
    errors: list[str] = []
    if server.url not in contexts:
        contexts[server.url] = browser.new_context(
            viewport={"width": 1280, "height": 900}, base_url=server.url
        )
    tab = contexts[server.url].new_page()
    tab.set_default_timeout(30_000)
    tab.on("request", lambda one: None if one.url.startswith(LOCAL) else foreign.append(one.url))
    tab.on("response", lambda one: errors.append(one.url) if _is_fault(one) else None)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    yield tab
    tab.close()
    assert foreign == []
    assert errors == []
