"""Measure pages on what is large: a wide comparison, a million rows; and what a live page costs.

``python -m benchmarks.large`` serves three workspaces in turn and writes

- ``comparison``: 10 models, 10 seeds, 5,000 test examples and 77 classes; seconds from the address of
  *Results* until all of it stands in Chromium, for the first time in a server that has shown *Data*, and the
  most memory that the server has had;
- ``rows``: a dataset of a million rows; the 95th percentile of the scripts of *Data* and *Setup*, and the
  median until they stand;
- ``live``: *Runs* open on a run that trains; the share of a core that the server takes over half a minute.
"""

import csv
import json
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from playwright.sync_api import Browser
from websockets.sync.client import connect

from benchmarks.intake import NUM_ROWS, write
from benchmarks.pages import percentile, run_script, seconds_until_shown
from tests.browsing import chromium
from tests.pages.fixtures import add_experiment, finish_all, runs_of, start_run, store_sample_dataset
from tests.serving import serve
from tests.store.opening import open_workspace
from tl_core.intake.intake import take_in

TARGETS = {
    "comparison_s": 3.0,
    "comparison_mib": 500.0,
    "script_p95_s": 0.3,
    "shown_s": 1.5,
    "live_share_of_a_core": 0.03,
}
ARMS = (
    *("majority", "tfidf", "scratch", "frozen_random", "frozen", "fine_tuned"),
    *("reinit_top_1", "reinit_top_2", "reinit_top_3", "embeddings_only"),
)
NUM_SEEDS, NUM_CLASSES, NUM_EXAMPLES = 10, 77, 16_700
SCRIPT_REPEATS, REPEATS, LIVE_S = 20, 5, 30.0


def peak_mib(pid: int) -> float:
    """Read the most memory that a process has had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return float(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def write_intents(path: Path) -> None:
    """Write texts of 77 classes, of which 5,000 go to test."""
    draw = random.Random(1)  # noqa: S311 (made-up texts, no secrets)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label"])
        for number in range(NUM_EXAMPLES):
            words = " ".join("".join(draw.choices("abcdefghij", k=draw.randint(2, 8))) for _ in range(8))
            rows.writerow([f"{number} {words}", f"intent {number % NUM_CLASSES:02}"])


def compare_many(browser: Browser, folder: Path) -> dict[str, float]:
    """Open the wide comparison once."""
    workspace = open_workspace(folder)
    write_intents(folder / "intents.csv")
    intake = take_in(workspace, folder / "intents.csv", name="intents")
    experiment = add_experiment(workspace, intake, ARMS, num_seeds=NUM_SEEDS)
    finish_all(workspace, experiment, majority=0.02, tfidf=0.7, scratch=0.5, frozen=0.7, fine_tuned=0.8)
    workspace.close()
    with serve(folder) as server:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{server.url}/data", wait_until="commit")
        seconds_until_shown(page, "data", time.perf_counter())
        before, asked = peak_mib(server.pid), time.perf_counter()
        page.goto(f"{server.url}/results?experiment={experiment.experiment_id}", wait_until="commit")
        seconds = seconds_until_shown(page, "results", asked)
        page.close()
        return {
            "num_test": intake.split.info.test,
            "shown_s": seconds,
            "peak_mib_before": before,
            "peak_mib": peak_mib(server.pid),
        }


def show_a_million(browser: Browser, folder: Path) -> dict[str, dict[str, float]]:
    """Show *Data* and *Setup* of a million rows again and again."""
    workspace = open_workspace(folder)
    write(folder / "rows.csv")
    fingerprint = take_in(workspace, folder / "rows.csv", name="rows").dataset.info.fingerprint
    workspace.close()
    found, query = {}, f"dataset={fingerprint}"
    with serve(folder) as server:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        socket_url = f"{server.url.replace('http', 'ws')}/_stcore/stream"
        for path in ("data", "setup"):
            scripts, shown = [], []
            for turn in range(SCRIPT_REPEATS + 1):
                with connect(socket_url, max_size=None, compression=None) as socket:
                    took = run_script(socket, path, query)
                scripts += [took] if turn else []
            for turn in range(REPEATS + 1):
                asked = time.perf_counter()
                page.goto(f"{server.url}/{path}?{query}", wait_until="commit")
                shown += [seconds_until_shown(page, path, asked)] if turn else []
            found[path] = {"script_p95_s": percentile(scripts, 0.95), "shown_s": median(shown)}
        page.close()
        found["server"] = {"peak_mib": peak_mib(server.pid)}
    return found


def stay_open(browser: Browser, folder: Path) -> dict[str, float]:
    """Leave *Runs* open on a run that trains."""
    workspace = open_workspace(folder)
    experiment = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=5)
    start_run(workspace, runs_of(workspace, experiment)[1])
    workspace.close()
    with serve(folder) as server:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{server.url}/runs?experiment={experiment.experiment_id}", wait_until="commit")
        page.wait_for_timeout(10_000)
        process = psutil.Process(server.pid)
        before, began = sum(process.cpu_times()[:2]), time.perf_counter()
        page.wait_for_timeout(LIVE_S * 1_000)
        spent, passed = sum(process.cpu_times()[:2]) - before, time.perf_counter() - began
        page.close()
    return {"share_of_a_core": spent / passed}


def main() -> None:
    """Measure and write the JSON."""
    parts: dict[str, Callable[[Browser, Path], dict[str, Any]]] = {
        "comparison": compare_many,
        "rows": show_a_million,
        "live": stay_open,
    }
    answer: dict[str, Any] = {"targets": TARGETS, "num_rows": NUM_ROWS}
    with chromium() as browser:
        for name, measure in parts.items():
            with tempfile.TemporaryDirectory() as folder:
                answer[name] = measure(browser, Path(folder))
            print(name, answer[name], flush=True)
    Path(__file__).with_suffix(".json").write_text(json.dumps(answer, indent=2) + "\n")


if __name__ == "__main__":
    main()
