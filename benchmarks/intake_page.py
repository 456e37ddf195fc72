"""The page's side of `benchmarks.intake`: a large file brought to *Data* in a real browser.

``python -m benchmarks.intake_page FILE FOLDER [dark]`` measures one file and leaves a picture of each state.
"""

import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Literal

import psutil
from playwright.sync_api import Page
from websockets.sync.client import connect

from benchmarks.pages import run_script
from tests.browsing import chromium
from tests.serving import Server, serve

MIB = 2**20
WAIT_MS = 1_200_000
SAMPLE_S = 0.05
SETTLED_MS = 2_000


def own_memory(pid: int) -> float:
    """Return a process's resident memory in MiB, without what it maps, which the system may take back."""
    memory = psutil.Process(pid).memory_info()
    return (memory.rss - memory.shared) / MIB


@contextmanager
def sampled(pid: int) -> Iterator[list[float]]:
    """Note a process's own memory, in MiB, many times a second."""
    noted: list[float] = []
    is_over = threading.Event()

    def note() -> None:
        while not is_over.wait(SAMPLE_S):
            noted.append(own_memory(pid))

    thread = threading.Thread(target=note)
    thread.start()
    try:
        yield noted
    finally:
        is_over.set()
        thread.join()


@contextmanager
def second_tab(server: Server) -> Iterator[list[float]]:
    """Ask for Home again and again as another tab would; note the seconds until its script has ended."""
    took: list[float] = []
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.wait(0.2):
            address = f"{server.url.replace('http', 'ws')}/_stcore/stream"
            with connect(address, max_size=None, compression=None) as socket:
                took.append(run_script(socket, "", ""))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield took
    finally:
        is_over.set()
        thread.join()


def bring(page: Page, server: Server, path: Path, shots: Path | None) -> dict[str, float]:
    """Upload a file, wait for its dataset, cancel the slow checks; return seconds and MiB."""
    took: dict[str, float] = {}
    began = time.perf_counter()

    def wait(name: str, text: str) -> None:
        page.get_by_text(text).first.wait_for(timeout=WAIT_MS)
        took[name] = time.perf_counter() - began
        if shots:
            page.wait_for_timeout(SETTLED_MS)
            page.screenshot(path=shots / f"{name.removesuffix('_s')}.png")

    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(path)
    wait("uploaded_s", "Taking it in")
    wait("columns_s", "detected; change if wrong")
    wait("shown_s", "Use this dataset")
    took["after_mib"] = own_memory(server.pid)
    wait("looking_s", "Looking for near duplicates, step")
    asked = time.perf_counter()
    page.get_by_role("button", name="Cancel", exact=True).click()
    wait("cancelled_s", "were not looked for: it was cancelled")
    took["cancelled_s"] = time.perf_counter() - asked
    page.get_by_role("button", name="Use this dataset").click()
    page.get_by_text("New experiment").first.wait_for(timeout=WAIT_MS)
    took["used_s"] = time.perf_counter() - began
    return took


def measure_page(
    path: Path, shots: Path | None = None, theme: Literal["light", "dark"] = "light"
) -> dict[str, float]:
    """Bring a file to *Data*, with another tab beside it.

    Returns
    -------
    The web server's own memory (resident, without mapped files) before, at most, once the dataset is shown
    and once it is used, in MiB; seconds from the choice of the file until it is uploaded, its columns and its
    dataset are shown, and it is used; from the click on Cancel until the page says so; and the median of
    another tab's script before and meanwhile.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder) / "workspace") as server,
        chromium() as browser,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 1700}, color_scheme=theme)
        page.goto(f"{server.url}/data")
        page.get_by_test_id("stFileUploaderDropzoneInput").first.wait_for(state="attached", timeout=WAIT_MS)
        with second_tab(server) as idle:
            time.sleep(3)
        before = own_memory(server.pid)
        with sampled(server.pid) as memory, second_tab(server) as beside:
            took = bring(page, server, path, shots)
        after = own_memory(server.pid)
    tabs = {
        "second_tab_idle_s": median(idle),
        "second_tab_s": median(beside),
        "second_tab_most_s": max(beside),
    }
    return {"before_mib": before, "most_mib": max(memory), **took, "used_mib": after, **tabs}


def main() -> None:
    """Measure one file and take the pictures."""
    shots = Path(sys.argv[2])
    shots.mkdir(parents=True, exist_ok=True)
    took = measure_page(Path(sys.argv[1]), shots, "dark" if "dark" in sys.argv[3:] else "light")
    print(json.dumps({name: round(value, 2) for name, value in took.items()}, indent=2))


if __name__ == "__main__":
    main()
