"""Measure the seconds that ``streamlit run app.py`` takes to its first page on a warm start.

``python -m benchmarks.startup`` starts the server several times on an empty workspace and measures until the
HTML is answered and until the first page's title stands in Chromium. Writes medians as JSON.
"""

import json
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright

from tests.serving import serve

REPEATS = 5
TARGET_S = 3.0


def measure(folder: Path) -> dict[str, float]:
    """Start once and return seconds since the start of the process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        launched = time.perf_counter()
        with serve(folder) as server:
            answered = time.perf_counter()
            page = browser.new_page()
            page.goto(server.url)
            page.get_by_role("heading", level=1).wait_for(timeout=60_000)
            drawn = time.perf_counter()
        browser.close()
    return {"answered_s": answered - launched, "drawn_s": drawn - launched}


def main() -> None:
    """Warm up once, measure, write the JSON."""
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder))
        rows = [measure(Path(folder)) for _ in range(REPEATS)]
    answer = {
        "target_s": TARGET_S,
        "median_answered_s": median(row["answered_s"] for row in rows),
        "median_drawn_s": median(row["drawn_s"] for row in rows),
        "rows": rows,
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(answer, indent=2) + "\n")
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
