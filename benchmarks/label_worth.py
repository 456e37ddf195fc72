"""How often the interval for "how many labels does it need" covers the truth, on curves that are known.

``python -m benchmarks.label_worth`` simulates two arms whose accuracy grows with the number of labels along
known curves, measures them at 25, 50, 100, 250 and 500 labels over a few seeds and test examples, and counts
how often the interval of `evaluation.data_efficiency` holds the number at which the first arm's true curve
reaches what the second one truly reaches with 500. One curve rises ever slower, as most do; the others learn
nothing at first and then leap, as fine-tuning on few labels can. An interval that is open on a side is
counted apart: "more than the data can show" always covers.
"""

import json
import math
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.in_parallel import each
from tl_core.evaluation.data_efficiency import labels_needed
from tl_core.evaluation.metrics import ExampleValues, Floats, Limits

SIZES = (25, 50, 100, 250, 500)
NUM_SEEDS = (3, 5, 10)
NUM_EXAMPLES = (100, 400)
SEED_SDS = (0.0, 0.15, 0.4)
"""Standard deviation of a training's luck on the latent scale, where the noise of an answer has 1."""
CURVES: dict[str, Callable[[float], float]] = {
    "ever slower": lambda n: 1.6 - 4.0 * n**-0.45,
    "a leap": lambda n: -0.3 + 1.8 / (1 + (120 / n) ** 4),
    "a steep leap": lambda n: -0.3 + 1.8 / (1 + (150 / n) ** 8),
}
"""Latent mean of the pretrained arm over the number of labels."""
NEEDED = {"ever slower": (40, 70, 180), "a leap": (80, 130, 200), "a steep leap": (130, 156, 200)}
"""With so many labels the first arm truly reaches what the second one does with 500."""
NUM_REPETITIONS = 400
EXAMPLE_SD = 1.0
LIMITS = Limits(low=0, high=1)


def hits(means: Floats, num_seeds: int, num_examples: int, seed_sd: float, random: Any) -> Floats:
    """Draw right answers (K, S, n): examples are as hard for everyone, each training has its own luck.

    Half of a seed's luck is shared by its neighbouring sizes, for nested train subsets share examples.
    """
    shape = (len(means), num_seeds, num_examples)
    hardness = EXAMPLE_SD * random.normal(size=num_examples)
    shared, own = random.normal(size=(1, num_seeds, 1)), random.normal(size=(len(means), num_seeds, 1))
    luck = seed_sd * math.sqrt(0.5) * (shared + own)
    scores = means[:, None, None] + hardness + luck + random.normal(size=shape)
    return np.asarray(scores > 0, dtype=np.float64)


def cell(curve: str, num_seeds: int, num_examples: int, seed_sd: float, needed: int) -> dict[str, Any]:
    """Repeat one setting and count how often the interval holds the truth."""
    latent, random = CURVES[curve], np.random.default_rng([num_seeds, num_examples, needed])
    means = np.array([*map(latent, SIZES), latent(needed)])
    covered, claims, opened = 0, 0, 0
    widths: list[float] = []
    for _ in range(NUM_REPETITIONS):
        table = hits(means, num_seeds, num_examples, seed_sd, random)
        found = labels_needed(SIZES, table[:-1], ExampleValues.of_arm(table[-1], LIMITS))
        covered += found.low <= needed <= found.high
        claims += found.high < SIZES[-1]
        is_open = found.low == 0 or found.high == math.inf
        opened += is_open
        widths += [] if is_open else [found.high / found.low]
    return {
        "curve": curve,
        "num_seeds": num_seeds,
        "num_examples": num_examples,
        "seed_sd": seed_sd,
        "needed": needed,
        "coverage": covered / NUM_REPETITIONS,
        "open": opened / NUM_REPETITIONS,
        "claimed": claims / NUM_REPETITIONS,
        "median_ratio_of_ends": round(float(np.median(widths)), 2) if widths else None,
    }


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each curve and number of seeds its coverage, and how many intervals are open or make a claim."""
    found = []
    for curve, num_seeds in product(CURVES, NUM_SEEDS):
        own = [row for row in rows if (row["curve"], row["num_seeds"]) == (curve, num_seeds)]
        means = {
            name: round(float(np.mean([row[name] for row in own])), 3)
            for name in ("coverage", "open", "claimed")
        }
        lowest = min(row["coverage"] for row in own)
        found.append(
            {
                "curve": curve,
                "num_seeds": num_seeds,
                "num_cells": len(own),
                **means,
                "lowest_coverage": lowest,
            }
        )
    return found


def main() -> None:
    """Simulate every cell and write the JSON."""
    began = time.monotonic()
    tasks = [
        (curve, *rest, needed)
        for curve in CURVES
        for rest in product(NUM_SEEDS, NUM_EXAMPLES, SEED_SDS)
        for needed in NEEDED[curve]
    ]
    by_task = dict(each(cell, tasks))
    rows = [by_task[task] for task in tasks]
    answer = {
        "how": "share of simulated experiments whose 95% interval holds the true number of labels",
        "sizes": SIZES,
        "num_repetitions_a_cell": NUM_REPETITIONS,
        "summary": summary(rows),
        "rows": rows,
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(answer, indent=1) + "\n")
    print(json.dumps(answer["summary"], indent=1))
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
