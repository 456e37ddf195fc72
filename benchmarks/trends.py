"""Simulate how often curves that are still improving are called so, and how often settled ones are.

``python -m benchmarks.trends`` draws learning curves as runs write them: the network untrained and 15
evaluations, on 64 validation examples each. The loss falls by 0.65 nats as an exponential approach under a
rate that falls linearly to 0, or has settled well before the end, with normal noise on each evaluation; the
accuracy rises from 40 to 70% in the same way, with the noise of counting right answers among so many
examples. The noise is independent from one evaluation to the next, or a first-order autoregression, as
evaluations on the same examples have it. It writes the shares of each trend.
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
CORRELATIONS = (0.0, 0.3, 0.6)
"""Of the noise of neighbouring evaluations."""
SETTLED_RATE = 12.0
JSON = Path(__file__).with_suffix(".json")


def way_gone(ahead: float) -> np.ndarray:
    """Return the share of what the whole run gains that is gained at each evaluation."""
    spent = 1 - (1 - np.linspace(0, 1, NUM_LOOKS)) ** 2
    rate = SETTLED_RATE if ahead == 0 else -np.log(ahead)
    gone = 1 - np.exp(-rate * spent)
    return np.asarray(gone / gone[-1])


def noise_of(correlation: float, num_seeds: int, draw: np.random.Generator) -> np.ndarray:
    """Draw standard normal noise for each seed and evaluation, correlated from one evaluation to the next."""
    noise = draw.normal(size=(num_seeds, NUM_LOOKS))
    for look in range(1, NUM_LOOKS):
        noise[:, look] = correlation * noise[:, look - 1] + np.sqrt(1 - correlation**2) * noise[:, look]
    return noise


def shares(
    ahead: float, noise: float, num_seeds: int, correlation: float, draw: np.random.Generator
) -> dict[str, float]:
    """Judge many experiments of one kind; return the share of each trend."""
    gone, counts = way_gone(ahead), dict.fromkeys(Trend, 0)
    right = 0.4 + 0.3 * gone
    of_count = np.sqrt(right * (1 - right) / NUM_EXAMPLES)
    for _ in range(REPEATS):
        losses = 2.1 - 0.65 * gone + noise * noise_of(correlation, num_seeds, draw)
        values = right + of_count * noise_of(correlation, num_seeds, draw)
        counts[judge(losses.tolist(), values.tolist())] += 1
    return {trend.value: count / REPEATS for trend, count in counts.items()}


def main() -> None:
    """Simulate and write the JSON."""
    draw = np.random.default_rng(SEED)
    cells = [
        {
            "ahead": ahead,
            "noise_nats": noise,
            "num_seeds": num_seeds,
            "correlation": correlation,
            **shares(ahead, noise, num_seeds, correlation, draw),
        }
        for correlation in CORRELATIONS
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
