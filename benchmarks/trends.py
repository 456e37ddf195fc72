"""Simulate how often curves that are still improving are called so, and how often settled ones are.

``python -m benchmarks.trends`` draws learning curves as runs write them: the network untrained and 15
evaluations, on 64 validation examples each. The loss falls by 0.65 nats as an exponential approach under a
rate that falls linearly to 0, or has settled well before the end, with normal noise on each evaluation; the
accuracy rises from 40 to 70% in the same way, and each evaluation counts right answers among its examples
anew, which is more noise than the same examples give. It writes the shares of each trend.
"""

import json
from pathlib import Path

import numpy as np

from tl_core.evaluation.trend import Trend, judge

NUM_LOOKS, NUM_EXAMPLES, REPEATS, SEED = 16, 64, 2_000, 1
AHEAD = (0.5, 0.25, 0.125, 0.0)
"""Shares of the way that are still ahead at the end; 0 has settled."""
NOISE = (0.01, 0.02, 0.05, 0.1, 0.2)
NUM_SEEDS = (1, 3, 5, 10)
SETTLED_RATE = 12.0
JSON = Path(__file__).with_suffix(".json")


def way_gone(ahead: float) -> np.ndarray:
    """Return the share of what the whole run gains that is gained at each evaluation."""
    spent = 1 - (1 - np.linspace(0, 1, NUM_LOOKS)) ** 2
    rate = SETTLED_RATE if ahead == 0 else -np.log(ahead)
    gone = 1 - np.exp(-rate * spent)
    return np.asarray(gone / gone[-1])


def shares(ahead: float, noise: float, num_seeds: int, draw: np.random.Generator) -> dict[str, float]:
    """Judge many experiments of one kind; return the share of each trend."""
    gone, counts = way_gone(ahead), dict.fromkeys(Trend, 0)
    for _ in range(REPEATS):
        losses = 2.1 - 0.65 * gone + draw.normal(0, noise, (num_seeds, NUM_LOOKS))
        values = draw.binomial(NUM_EXAMPLES, 0.4 + 0.3 * gone, (num_seeds, NUM_LOOKS)) / NUM_EXAMPLES
        counts[judge(losses.tolist(), values.tolist())] += 1
    return {trend.value: count / REPEATS for trend, count in counts.items()}


def main() -> None:
    """Simulate and write the JSON."""
    draw = np.random.default_rng(SEED)
    cells = [
        {"ahead": ahead, "noise_nats": noise, "num_seeds": num_seeds, **shares(ahead, noise, num_seeds, draw)}
        for num_seeds in NUM_SEEDS
        for ahead in AHEAD
        for noise in NOISE
    ]
    answer = {"num_looks": NUM_LOOKS, "num_examples": NUM_EXAMPLES, "repeats": REPEATS, "cells": cells}
    JSON.write_text(json.dumps(answer, indent=1) + "\n")
    for cell in cells:
        print({name: round(value, 3) for name, value in cell.items()})


if __name__ == "__main__":
    main()
