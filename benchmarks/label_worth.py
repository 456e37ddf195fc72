"""How often the interval for "how many labels does it need" covers the truth, on curves that are known.

``python -m benchmarks.label_worth`` simulates two arms whose accuracy grows with the number of labels along
known curves, measures them at 25, 50, 100, 250 and 500 labels over a few seeds and test examples, and counts
how often the interval of `evaluation.label_worth` holds the number at which the first arm's true curve
reaches what the second one truly reaches with 500. Between the sizes the true curve bends and the model's
does not, so that what is counted includes the error of interpolation.
"""

import json
import math
import time
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from tl_core.evaluation.data_efficiency import labels_needed
from tl_core.evaluation.metrics import ExampleValues, Floats, Limits

SIZES = (25, 50, 100, 250, 500)
NUM_SEEDS = (3, 5, 10)
NUM_EXAMPLES = (100, 400)
SEED_SDS = (0.0, 0.15, 0.4)
"""Standard deviation of a training's luck on the latent scale, where the noise of an answer has 1."""
NEEDED = (40, 70, 180)
"""With so many labels the first arm truly reaches what the second one does with 500."""
NUM_REPETITIONS = 100
EXAMPLE_SD = 1.0
LIMITS = Limits(low=0, high=1)


def latent(num_labels: float) -> float:
    """Latent mean of the pretrained arm: fast at first, then ever slower, as learning curves are."""
    return 1.6 - 4.0 * num_labels**-0.45


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


def cell(num_seeds: int, num_examples: int, seed_sd: float, needed: int, random: Any) -> dict[str, Any]:
    """Repeat one setting and count how often the interval holds the truth."""
    means = np.array([*map(latent, SIZES), latent(needed)])
    covered, widths, opened = 0, [], 0
    for _ in range(NUM_REPETITIONS):
        table = hits(means, num_seeds, num_examples, seed_sd, random)
        found = labels_needed(SIZES, table[:-1], ExampleValues.of_arm(table[-1], LIMITS))
        covered += found.low <= needed <= found.high
        is_open = found.low == 0 or found.high == math.inf
        opened += is_open
        widths += [] if is_open else [found.high / found.low]
    return {
        "num_seeds": num_seeds,
        "num_examples": num_examples,
        "seed_sd": seed_sd,
        "needed": needed,
        "coverage": covered / NUM_REPETITIONS,
        "open": opened / NUM_REPETITIONS,
        "median_ratio_of_ends": round(float(np.median(widths)), 2) if widths else None,
    }


def coverage_by(rows: list[dict[str, Any]], name: str) -> dict[str, dict[str, float]]:
    """Give the mean and the lowest coverage of the cells that share a value."""
    values = sorted({row[name] for row in rows})
    covered = {value: [row["coverage"] for row in rows if row[name] == value] for value in values}
    return {str(v): {"mean": round(float(np.mean(c)), 3), "lowest": min(c)} for v, c in covered.items()}


def main() -> None:
    """Simulate every cell and write the JSON."""
    began, random = time.monotonic(), np.random.default_rng(2026)
    cells = product(NUM_SEEDS, NUM_EXAMPLES, SEED_SDS, NEEDED)
    rows = [cell(*one, random) for one in cells]
    answer = {
        "how": "share of simulated experiments whose 95% interval holds the true number of labels",
        "sizes": SIZES,
        "num_repetitions_a_cell": NUM_REPETITIONS,
        "by_num_seeds": coverage_by(rows, "num_seeds"),
        "by_seed_sd": coverage_by(rows, "seed_sd"),
        "rows": rows,
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(answer, indent=2) + "\n")
    print(json.dumps({name: answer[name] for name in ("by_num_seeds", "by_seed_sd")}, indent=2))
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
