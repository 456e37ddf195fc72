"""Measure the seconds that ``streamlit run app.py`` takes to its first page on a warm start.

``python -m benchmarks.startup`` starts the server several times on an empty workspace, with a browser running
already, and measures from the start of the server's process until its HTML is answered and until the first
page's title stands in Chromium, which keeps no file of an earlier start. Writes medians as JSON.
"""

import json
import os
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser

from tests.browsing import chromium
from tests.serving import serve

REPEATS = 5
TARGET_S = 3.0


def measure(browser: Browser, folder: Path) -> dict[str, float]:
    """Start once and return seconds since the start of the process."""
    with browser.new_context() as context:
        page = context.new_page()
        launched = time.perf_counter()
        with serve(folder) as server:
            answered = time.perf_counter()
            page.goto(server.url, wait_until="commit")
            page.get_by_role("heading", level=1).wait_for(timeout=60_000)
            drawn = time.perf_counter()
    return {"answered_s": answered - launched, "drawn_s": drawn - launched}


def main() -> None:
    """Warm up once, measure, write the JSON."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        measure(browser, Path(folder))
        rows = [measure(browser, Path(folder)) for _ in range(REPEATS)]
    answer = {
        "target_s": TARGET_S,
        "num_cores": os.cpu_count(),
        "load_before": load,
        "median_answered_s": median(row["answered_s"] for row in rows),
        "median_drawn_s": median(row["drawn_s"] for row in rows),
        "rows": rows,
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(answer, indent=2) + "\n")
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
