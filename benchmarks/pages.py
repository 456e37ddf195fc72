"""Measure every page on a workspace with 500 experiments and 2,000 finished runs.

``python -m benchmarks.pages`` serves such a workspace and, once every page has been shown once, measures

- ``script_s``: from the request for a page until the server says that its script has ended, over the
  server's own web socket, without a browser that competes for the processor; its 95th percentile is
  ``script_p95_s``;
- ``shown_s``: from a click on the page's link in the sidebar until the script has ended and its last
  element, every figure and every table stand in Chromium;
- ``opened_s``: the same from opening the page's address in a new tab of that browser;
- ``switches``: the same from a click on each tab of *Results*, and on each of its pairs of models.

Every page speaks of a newest experiment with 25 runs, or its dataset. Writes medians as JSON.
"""

import json
import math
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from playwright.sync_api import Page
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from tests.browsing import chromium
from tests.pages.fixtures import add_experiment, finish_all, store_sample_dataset
from tests.serving import ROOT, serve
from tests.store.opening import open_workspace
from tl_core.intake.bundled import SAMPLES
from tl_core.intake.intake import take_in

REPEATS, SCRIPT_REPEATS = 7, 20
NUM_EXPERIMENTS, NUM_RUNS = 500, 2_000
NUM_LARGE = 8
NUM_PAIRS = 6
"""Pairs of models that are switched between, of the ten that five models make."""
SMALL = ("majority", "tfidf", "scratch", "fine_tuned")
SCRIPT_TARGET_S, SHOWN_TARGET_S, SWITCH_TARGET_S = 0.3, 1.5, 0.5
ACCURACIES = {"majority": 0.4, "tfidf": 0.7, "frozen": 0.71, "scratch": 0.58, "fine_tuned": 0.74}
IS_SHOWN = """(path) => {
    const all = (part) => [...document.querySelectorAll(`[data-testid="${part}"]`)];
    const app = document.querySelector('[data-test-script-state]');
    const main = document.querySelector('[data-testid="stMain"]');
    const last = [...main?.querySelectorAll('[data-testid="stElementContainer"]') ?? []].at(-1);
    return location.pathname === path && app?.dataset.testScriptState === 'notRunning'
        && last?.dataset.stale === 'false'
        && all('stSkeleton').length === 0
        && all('stPlotlyChart').every((chart) => chart.querySelector('.main-svg'))
        && all('stDataFrame').every((table) => !table.checkVisibility() || table.querySelector('canvas'));
}"""


def fill(folder: Path) -> dict[str, str]:
    """Make the experiments, the last ones of five seeds; return the query of a newest one's pages."""
    workspace = open_workspace(folder)
    small = store_sample_dataset(workspace)
    intakes = [take_in(workspace, sample.path, name=sample.name) for sample in SAMPLES.values()]
    for number in range(NUM_EXPERIMENTS):
        is_large = number >= NUM_EXPERIMENTS - NUM_LARGE
        intake = intakes[number % len(intakes)] if is_large else small
        arms, num_seeds = (tuple(ACCURACIES), 5) if is_large else (SMALL, 1)
        experiment = add_experiment(workspace, intake, arms, num_seeds=num_seeds)
        finish_all(workspace, experiment, **ACCURACIES)
    assert workspace.database.num_finished_runs() >= NUM_RUNS
    workspace.close()
    return {"dataset": experiment.dataset_fingerprint, "experiment": experiment.experiment_id}


def page_paths() -> list[str]:
    """Return the paths of all pages, Home's empty one first."""
    scripts = {path.stem for path in (ROOT / "pages").glob("*.py")} - {"__init__", "router", "home"}
    return ["", *sorted(scripts)]


def query_of(path: str, ids: dict[str, str]) -> str:
    """Return the query with which a page shows most."""
    subject = {"": None, "data": "dataset", "setup": "dataset"}.get(path, "experiment")
    return urlencode({subject: ids[subject]}) if subject else ""


def run_script(socket: ClientConnection, path: str, query: str) -> float:
    """Ask for a page; return the seconds until its script has ended."""
    asked = time.perf_counter()
    state = ClientState(page_name=path, query_string=query)
    socket.send(BackMsg(rerun_script=state).SerializeToString())
    while True:
        answer = ForwardMsg.FromString(bytes(socket.recv(timeout=60, decode=False)))
        if answer.WhichOneof("type") == "script_finished":
            return time.perf_counter() - asked


def measure_scripts(url: str, ids: dict[str, str]) -> dict[str, list[float]]:
    """Run every page once to warm up, then several times in turn."""
    rows: dict[str, list[float]] = {path: [] for path in page_paths()}
    for turn in range(SCRIPT_REPEATS + 1):
        for path, row in rows.items():
            with connect(
                f"{url.replace('http', 'ws')}/_stcore/stream", max_size=None, compression=None
            ) as socket:
                took = run_script(socket, path, query_of(path, ids))
            row += [took] if turn else []
    return rows


def seconds_until_shown(page: Page, path: str, asked: float) -> float:
    """Wait until all of a page stands; return the seconds since it was asked for."""
    page.wait_for_function(IS_SHOWN, arg=f"/{path}", timeout=60_000)
    return time.perf_counter() - asked


def measure_in_browser(page: Page, url: str, ids: dict[str, str]) -> Iterator[tuple[str, str, float]]:
    """Yield (path, measure, seconds) of visits by address, then by sidebar, unnamed in the first turn."""
    paths = page_paths()
    for turn in range(REPEATS + 1):
        for path in paths:
            asked = time.perf_counter()
            page.goto(f"{url}/{path}?{query_of(path, ids)}", wait_until="commit")
            yield path, "opened_s" if turn else "", seconds_until_shown(page, path, asked)
        for link in page.get_by_test_id("stSidebarNavLink").all():
            path = (link.get_attribute("href") or "").rpartition("/")[2]
            asked = time.perf_counter()
            link.click()
            yield path, "shown_s" if turn else "", seconds_until_shown(page, path, asked)


def measure_switches(page: Page, url: str, ids: dict[str, str]) -> dict[str, list[float]]:
    """Click every tab of *Results*, then every pair of models, several times in turn."""
    rows: dict[str, list[float]] = {"tab": [], "pair": []}
    page.goto(f"{url}/results?{query_of('results', ids)}", wait_until="commit")
    seconds_until_shown(page, "results", time.perf_counter())
    tabs = page.get_by_test_id("stMain").get_by_role("tab").all()
    for turn in range(REPEATS + 1):
        for tab in (*tabs[1:], tabs[0]):
            asked = time.perf_counter()
            tab.click()
            page.wait_for_timeout(20)  # the click is on its way
            took = seconds_until_shown(page, "results", asked)
            rows["tab"] += [took] if turn else []
        for number in range(NUM_PAIRS):
            page.locator(".st-key-pair button").first.click()
            asked = time.perf_counter()
            page.get_by_role("menuitem").nth((number + 1) % NUM_PAIRS).click()
            page.wait_for_timeout(20)
            took = seconds_until_shown(page, "results", asked)
            rows["pair"] += [took] if turn else []
    return rows


def percentile(row: list[float], share: float) -> float:
    """Return the value that a share of the measured ones do not exceed."""
    return sorted(row)[math.ceil(share * len(row)) - 1]


def main() -> None:
    """Fill a workspace, measure, write the JSON."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        ids = fill(Path(name))
        with serve(Path(name)) as server:
            rows = {path: {"script_s": row} for path, row in measure_scripts(server.url, ids).items()}
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            for path, measure, took in measure_in_browser(page, server.url, ids):
                rows[path].setdefault(measure, []).append(took)
            switches = measure_switches(page, server.url, ids)
    answer = {
        "targets": {
            "script_p95_s": SCRIPT_TARGET_S,
            "shown_s": SHOWN_TARGET_S,
            "switches": SWITCH_TARGET_S,
        },
        "num_experiments": NUM_EXPERIMENTS,
        "num_runs": NUM_RUNS,
        "repeats": REPEATS,
        "script_repeats": SCRIPT_REPEATS,
        "num_cores": os.cpu_count(),
        "load_before": load,
        "medians": {
            path or "home": {
                **{measure: round(median(row), 3) for measure, row in of_page.items() if measure},
                "script_p95_s": round(percentile(of_page["script_s"], 0.95), 3),
            }
            for path, of_page in rows.items()
        },
        "switches": {
            what: {"median_s": round(median(row), 3), "p95_s": round(percentile(row, 0.95), 3)}
            for what, row in switches.items()
        },
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(answer, indent=2) + "\n")
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
