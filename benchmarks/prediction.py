"""Measure the prediction of a file, from CSV to CSV, beside transformers' pipeline; and its memory.

``python -m benchmarks.prediction`` lets the built-in model with a new head of its own answer reviews: this
project in each number format, and with one fast way switched off; and pipeline with its default, one text
after the other, and in batches. Each side reads a CSV, scores its texts and writes label and probabilities,
in a process of its own, three times and in turn; imports and loading are not counted. The pipeline gets a
quarter of the rows, and what is compared are rows a second.

``python -m benchmarks.prediction --memory`` adds the peak memory of processes that predict 20,000 and 80,000
rows with that network, and 5 million with the majority class, for the network would take an hour and a half.
"""

import argparse
import csv
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from transformers import pipeline

from tl_core import networks
from tl_core.arms import ArmKind
from tl_core.catalogue.base_models import BUILTIN, Pooling
from tl_core.catalogue.locating import obtain
from tl_core.inference.files import predict_file
from tl_core.inference.predictor import MIB, PLAIN, Predictor, load_predictor
from tl_core.intake.bundled import SAMPLES, read_sample
from tl_core.modality import networks_of
from tl_core.models.classical import Majority
from tl_core.models.facts import read_facts, text_source
from tl_core.planning.machine import inspect_hardware
from tl_core.schema import Precision, TextSource
from tl_core.training import fit
from tl_core.training.compute import Compute

NUM_ROWS, PIPELINE_ROWS, REPEATS, BATCHES, MAX_LENGTH = 20_000, 5_000, 3, (1, 8, 32), 128
MANY_ROWS = 5_000_000
LABELS = ("negative", "positive")
JSON = Path(__file__).with_suffix(".json")
OURS = ("float32", "bfloat16", "int8")
NOT_HELD = "float32, weights not held"
PIPELINES = tuple(f"pipeline, batches of {size}" for size in BATCHES)
SIDES = (*OURS, NOT_HELD, *PIPELINES)


def texts_of(num_rows: int) -> Iterator[str]:
    """Repeat the bundled reviews."""
    return islice(cycle(read_sample(SAMPLES["reviews_sentiment"]).dataset.whole_texts()), num_rows)


def write_csv(path: Path, texts: Iterator[str]) -> None:
    """Write a file of texts alone."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(chain([["text"]], ([text] for text in texts)))


def save_model(folder: Path) -> None:
    """Save the built-in model with a head of its own, which pipeline can load."""
    base = obtain(BUILTIN, lambda done, total: None)
    model = networks_of(None).build(ArmKind.FINE_TUNED, base, Pooling.OWN, LABELS, init_seed=7)
    source = TextSource(columns=("text",))
    networks_of(None).save(model, folder, base_folder=base, labels=LABELS, limit=MAX_LENGTH, source=source)


def load(folder: Path, side: str) -> Predictor:
    """Load the model in a number format."""
    if side == "int8":
        facts = read_facts(folder)
        return networks_of(None).int8_predictor(folder, facts, text_source(facts))
    precision = Precision(side.partition(",")[0])
    compute = Compute(device=PLAIN.device, precision=precision, micro_batch_size=PLAIN.micro_batch_size)
    return load_predictor(folder, compute)


def by_pipeline(answer: Any, source: Path, target: Path, batch: int) -> None:
    """Do what the pipeline's documentation shows, with a CSV around it."""
    with source.open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    answers = answer(texts, batch_size=batch, truncation=True, max_length=MAX_LENGTH)
    with target.open("w", encoding="utf-8", newline="") as file:
        for text, scores in zip(texts, answers, strict=True):
            csv.writer(file).writerow([text, scores[0]["label"], *(one["score"] for one in scores)])


@contextmanager
def not_held() -> Iterator[None]:
    """Make what products want of the weights anew in each batch."""
    nothing = patch.object(networks, "hold", lambda encoder: None)
    with nothing, patch.object(fit, "held", lambda encoder: nullcontext()):
        yield


def rows_a_second(side: str, folder: Path) -> float:
    """Predict the file once, and tell how fast that was."""
    target = folder / f"{side}.csv"
    if side.startswith("pipeline"):
        answer, batch = (
            pipeline("text-classification", model=str(folder / "model"), top_k=None),
            int(side.split()[-1]),
        )
        started = time.perf_counter()
        by_pipeline(answer, folder / "fewer.csv", target, batch)
        return PIPELINE_ROWS / (time.perf_counter() - started)
    with not_held() if side == NOT_HELD else nullcontext():
        predictor = load(folder / "model", side)
        started = time.perf_counter()
        predict_file(predictor, folder / "in.csv", target)
        return NUM_ROWS / (time.perf_counter() - started)


def in_own_process(side: str, folder: Path) -> float:
    """Predict as a side does, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.prediction", "--side", side, "--folder", str(folder)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def probabilities(path: Path) -> NDArray[np.float64]:
    """Read what a side of this project has written."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return np.array(
            [[float(row[f"probability_{one}"]) for one in LABELS] for row in csv.DictReader(file)]
        )


def distance(folder: Path, side: str) -> dict[str, float]:
    """Say how far a side's answers are from those in float32."""
    exact, found = probabilities(folder / "float32.csv"), probabilities(folder / f"{side}.csv")
    same = (exact.argmax(axis=1) == found.argmax(axis=1)).mean()
    return {"largest_difference": float(np.abs(exact - found).max()), "same_label": float(same)}


def measure_speed(folder: Path) -> dict[str, Any]:
    """Time every side in turn."""
    save_model(folder / "model")
    write_csv(folder / "in.csv", texts_of(NUM_ROWS))
    write_csv(folder / "fewer.csv", texts_of(PIPELINE_ROWS))
    rates: dict[str, list[float]] = {side: [] for side in SIDES}
    for _ in range(REPEATS):
        for side in SIDES:
            rates[side].append(in_own_process(side, folder))
            print(f"{side}: {rates[side][-1]:,.0f} rows a second", flush=True)
    best = max(PIPELINES, key=lambda side: statistics.median(rates[side]))

    def times(side: str, other: str) -> float:
        return statistics.median(a / b for a, b in zip(rates[side], rates[other], strict=True))

    return {
        "num_rows": NUM_ROWS,
        "pipeline_rows": PIPELINE_ROWS,
        "rows_a_second": rates,
        "times_pipeline": {side: times(side, PIPELINES[0]) for side in OURS},
        "times_best_batch": {"batch": best, **{side: times(side, best) for side in OURS}},
        "times_not_held": times("float32", NOT_HELD),
        "from_float32": {side: distance(folder, side) for side in OURS[1:]},
    }


def measure_typed(folder: Path) -> dict[str, float]:
    """Time a typed text, as the prediction server answers it once the model is loaded."""
    predictor = load_predictor(folder / "model")
    seconds = []
    for text in texts_of(200):
        started = time.perf_counter()
        predictor.predict([text])
        seconds.append(time.perf_counter() - started)
    return {"median_ms": 1e3 * statistics.median(seconds), "p95_ms": 1e3 * float(np.quantile(seconds, 0.95))}


def peak_mib(rows: str, folder: Path) -> float:
    """Predict a file in a process of its own; the peak is that of the whole process."""
    command = [sys.executable, "-m", "benchmarks.prediction", "--peak", rows, "--folder", str(folder)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def predict_once(rows: str, folder: Path) -> float:
    """Predict with the majority class, or with the built-in network; return the peak memory in MiB."""
    model = folder / ("majority" if rows == "many" else "model")
    precision = "float32" if rows == "many" else "bfloat16"
    predict_file(load(model, precision), folder / f"{rows}.csv", folder / f"{rows}-out.csv")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_memory(folder: Path) -> dict[str, Any]:
    """Predict a few rows, more, and very many."""
    save_model(folder / "model")
    (folder / "majority").mkdir()
    Majority.fit(np.array([0, 1, 1]), 2).save(folder / "majority", LABELS)
    found: dict[str, Any] = {}
    for rows, number in (("few", NUM_ROWS), ("more", 4 * NUM_ROWS), ("many", MANY_ROWS)):
        write_csv(folder / f"{rows}.csv", texts_of(number))
        started = time.perf_counter()
        found[rows] = {
            "num_rows": number,
            "file_mib": (folder / f"{rows}.csv").stat().st_size / MIB,
            "peak_mib": peak_mib(rows, folder),
            "seconds": time.perf_counter() - started,
        }
        print(rows, found[rows], flush=True)
    return found


def main() -> None:
    """Measure and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", choices=SIDES, help="predict once; writes nothing")
    parser.add_argument("--folder", type=Path, help="where the model and the files of a side are")
    parser.add_argument("--memory", action="store_true", help="measure memory alone, and add it to the JSON")
    parser.add_argument("--peak", choices=("few", "more", "many"), help="predict once and tell the memory")
    arguments = parser.parse_args()
    if arguments.peak:
        print(predict_once(arguments.peak, arguments.folder))
        return
    if arguments.side:
        print(rows_a_second(arguments.side, arguments.folder))
        return
    answer = json.loads(JSON.read_text()) if JSON.exists() else {}
    with tempfile.TemporaryDirectory() as temporary:
        if arguments.memory:
            answer["memory"] = measure_memory(Path(temporary))
        else:
            answer |= {"hardware": inspect_hardware().sentence, **measure_speed(Path(temporary))}
            answer["typed_text"] = measure_typed(Path(temporary))
    JSON.write_text(json.dumps(answer, indent=2) + "\n")
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
