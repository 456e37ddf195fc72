"""Show from how few labels which arm wins, and where the contrastive one does.

``python -m benchmarks.few_shot`` trains every arm on 4 to 64 examples of each class of two real sets, five
seeds each, with the built-in model, and compares them on the sets' own test files: each verdict pairs seeds
and test examples. ``--sets``, ``--per-class`` and ``--seeds`` take less.
"""

import argparse
import csv
import json
import tempfile
from pathlib import Path
from statistics import stdev
from typing import Any

import numpy as np

from benchmarks.comparing import compare as run_compare
from benchmarks.learning_rates import load
from benchmarks.real_sets import real_set
from tl_core.planning.machine import inspect_hardware
from tl_core.splits.stratified import ranked_classes

SETS = ("cr", "trec6")
PER_CLASS = (4, 8, 16, 32, 64)
NUM_SEEDS = 5
ARMS = ("majority", "tfidf", "frozen", "fine_tuned", "contrastive")
EPOCHS = 8
"""At least 60 steps in any case, which is what up to 120 examples get."""
MAX_POOL = 250
"""Examples of a class that subsets are drawn from at most; validation has its share of them."""
DRAW_SEED = 13


def write_balanced(name: str, path: Path) -> int:
    """Write as many train examples of every class, so that a subset has its share of each.

    Returns
    -------
    The number of classes.
    """
    dataset = load(name)
    classes = ranked_classes(dataset, np.arange(len(dataset.targets())), DRAW_SEED)
    pool = min(MAX_POOL, *map(len, classes))
    texts, labels = dataset.texts(), dataset.info.columns.labels
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        writer.writerows((texts[row], labels[k]) for k, rows in enumerate(classes) for row in rows[:pool])
    return len(classes)


def compare(
    name: str, folder: Path, *, arms: tuple[str, ...], per_class: tuple[int, ...], num_seeds: int
) -> dict[str, Any]:
    """Run ``tl_core compare`` on a set's balanced examples and its own test file; return its JSON."""
    train = folder / f"{name}.csv"
    num_labels = write_balanced(name, train)
    report = run_compare(
        train,
        real_set(name, "test"),
        folder / "workspace",
        arms=",".join(arms),
        seeds=num_seeds,
        train_sizes=",".join(str(num * num_labels) for num in per_class),
        epochs=EPOCHS,
    )
    return {**report, "num_labels": num_labels}


def arm_rows(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the accuracy of each arm at each size, over the seeds."""
    rows = []
    for arm in report["arms"]:
        for size in sorted({run["train_size"] for run in arm["runs"]}):
            runs = [run for run in arm["runs"] if run["train_size"] == size]
            values = [run["test"]["accuracy"] for run in runs]
            rows.append(
                {
                    "arm": arm["arm"],
                    "per_class": size // report["num_labels"],
                    "mean": float(np.mean(values)),
                    "sd": stdev(values) if len(values) > 1 else None,
                    "accuracies": values,
                    "flags": sorted({flag for run in runs for flag in run["flags"]}),
                }
            )
    return rows


def contrastive_rows(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the contrastive arm's difference to every other arm, from its own side."""
    rows = []
    for verdict in report["verdicts"]:
        names = (verdict["a"], verdict["b"])
        if "contrastive" not in names:
            continue
        sign = 1 if names[0] == "contrastive" else -1
        rows.append(
            {
                "against": names[1] if sign == 1 else names[0],
                "per_class": verdict["train_size"] // report["num_labels"],
                "difference": sign * verdict["difference"],
                "ci95": sorted(sign * end for end in verdict["ci95"]),
                "sentence": verdict["sentence"],
            }
        )
    return rows


def main() -> None:
    """Compare, print and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--per-class", nargs="+", type=int, default=PER_CLASS)
    parser.add_argument("--seeds", type=int, default=NUM_SEEDS)
    asked = parser.parse_args()
    answer: dict[str, Any] = {
        "how": "mean accuracy on the set's own test file; differences are paired over seeds and examples",
        "hardware": inspect_hardware().sentence,
        "num_seeds": asked.seeds,
        "epochs": EPOCHS,
        "sets": {},
    }
    for name in asked.sets:
        with tempfile.TemporaryDirectory() as folder:
            report = compare(
                name, Path(folder), arms=ARMS, per_class=tuple(asked.per_class), num_seeds=asked.seeds
            )
        found = {
            "num_labels": report["num_labels"],
            "num_test": report["split"]["test"],
            "arms": arm_rows(report),
            "contrastive": contrastive_rows(report),
        }
        answer["sets"][name] = found
        print(json.dumps(found, indent=2))
    Path(__file__).with_suffix(".json").write_text(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
