"""Measure the way from a million-row CSV to a split.

``python -m benchmarks.intake`` writes a CSV of 1,000,000 rows and about 200 MB of made-up sentences, then,
each in a process of its own,

- reads it, makes and profiles the dataset exactly and splits it, as *Data* and ``tl_core profile`` do before
  the slow findings;
- reads the same file with ``pandas.read_csv`` and splits it with scikit-learn's ``train_test_split``;

and brings the same file to the page in a real browser (`benchmarks.intake_page`). Writes seconds and memory
as JSON.
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.intake_page import measure_page

NUM_ROWS = 1_000_000
TARGETS = {"total_s": 60.0, "peak_mib": 1_536.0}
NUM_LABELS = 5
WORDS_A_ROW = 25


def write(path: Path) -> None:
    """Write the file; the same on every machine."""
    draw = random.Random(0)  # noqa: S311 (made-up sentences, no secrets)
    words = [
        "".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(3, 11))) for _ in range(20_000)
    ]
    with path.open("w", encoding="utf-8") as file:
        file.write("id,text,label\n")
        for row in range(NUM_ROWS):
            text = " ".join(draw.choices(words, k=WORDS_A_ROW))
            file.write(f'{row},"{text}",class {draw.randrange(NUM_LABELS)}\n')


def ours(path: Path) -> dict[str, float]:
    """Read, make the dataset, examine it exactly, split."""
    from tl_core.datasets.dataset import build_dataset
    from tl_core.doctor.examine import examine_all
    from tl_core.files.reading import read_table
    from tl_core.schema import ColumnChoice
    from tl_core.splits.splitting import make_split

    took: dict[str, float] = {}
    began = time.perf_counter()
    table = read_table(path)
    took["read_s"] = time.perf_counter() - began
    began = time.perf_counter()
    dataset = build_dataset(table, name="intake", choice=ColumnChoice.of("text", "label"))
    del table
    took["build_s"] = time.perf_counter() - began
    began = time.perf_counter()
    split = make_split(dataset)
    took["split_s"] = time.perf_counter() - began
    began = time.perf_counter()
    num_findings = len(list(examine_all(dataset, split)))
    took["profile_s"] = time.perf_counter() - began
    return {**took, "num_examples": dataset.num_examples, "num_findings": num_findings}


def pandas(path: Path) -> dict[str, float]:
    """Do what most notebooks do."""
    import pandas as pd
    from sklearn.model_selection import train_test_split

    began = time.perf_counter()
    frame = pd.read_csv(path)
    read_s = time.perf_counter() - began
    began = time.perf_counter()
    rest, test = train_test_split(frame, test_size=0.3, stratify=frame["label"], random_state=0)
    train_test_split(rest, test_size=0.2, stratify=rest["label"], random_state=0)
    return {"read_s": read_s, "split_s": time.perf_counter() - began, "num_examples": len(frame)}


def measure(side: str, path: Path) -> dict[str, float]:
    """Run one side in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.intake", side, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def main() -> None:
    """Measure both sides, or one of them in this process."""
    if len(sys.argv) == 3:
        side = {"ours": ours, "pandas": pandas}[sys.argv[1]]
        began = time.perf_counter()
        took = side(Path(sys.argv[2]))
        took["total_s"] = time.perf_counter() - began
        took["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({name: round(value, 2) for name, value in took.items()}))
        return
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "intake.csv"
        write(path)
        sides = {side: measure(side, path) for side in ("ours", "pandas")}
        sides["page"] = {name: round(value, 2) for name, value in measure_page(path).items()}
        size_mb = path.stat().st_size / 1e6
    answer = {
        "num_rows": NUM_ROWS,
        "size_mb": round(size_mb, 1),
        "num_cores": os.cpu_count(),
        "load_before": load,
        "targets": TARGETS,
        "met": {name: sides["ours"][name] <= limit for name, limit in TARGETS.items()},
        **sides,
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(answer, indent=2) + "\n")
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
