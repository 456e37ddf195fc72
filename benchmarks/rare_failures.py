"""Simulate arms whose trainings fail now and then, for `benchmarks.intervals`.

Arm b's seed fails with probability ``rate``: it then answers like chance between two classes. The truth
counts such trainings, for a person who trains once more may meet one. Tables in which none failed are told
apart: their interval cannot know.
"""

from itertools import product
from typing import Any

import numpy as np

from benchmarks.batched_intervals import intervals, moments, skew_of_difference
from benchmarks.in_parallel import each
from benchmarks.latent_arms import Design, draw, hits

REPETITIONS = 2_000
NUM_SEEDS = (3, 5, 10, 20, 40)
RATES = (0.1, 0.2)
NUM_EXAMPLES = 200
ACCURACY, WORKING, FAILED = 0.9, 0.85, 0.5
AT_ONCE = 100


def cell(rate: float, num_seeds: int) -> dict[str, Any]:
    """Repeat one setting: coverage in all tables, and in those without and with a failure."""
    rng = np.random.default_rng(num_seeds + int(100 * rate))
    design = Design(num_seeds=num_seeds, num_examples=NUM_EXAMPLES, seed_sd=0.15)
    truth = ACCURACY - ((1 - rate) * WORKING + rate * FAILED)
    covered, seen, widths = [], [], []
    for _ in range(REPETITIONS // AT_ONCE):
        first, second = draw(rng, design, AT_ONCE)
        failed = rng.random((AT_ONCE, num_seeds)) < rate
        a = hits(first, ACCURACY, design)
        b = np.where(failed[:, :, None], hits(second, FAILED, design), hits(second, WORKING, design))
        of_a, of_b, both = moments(a), moments(b), moments(a - b)
        skew = skew_of_difference(of_a, of_b, both, NUM_EXAMPLES)
        low, high = intervals(both, skew, num_seeds, NUM_EXAMPLES)
        covered.append((low <= truth) & (truth <= high))
        seen.append(failed.any(axis=1))
        widths.append(high - low)
    is_covered, is_seen = np.concatenate(covered), np.concatenate(seen)
    return {
        "failure_rate": rate,
        "num_seeds": num_seeds,
        "num_examples": NUM_EXAMPLES,
        "difference": round(truth, 4),
        "coverage": round(float(is_covered.mean()), 4),
        "none_seen": round(float(1 - is_seen.mean()), 4),
        "coverage_where_none_seen": _mean(is_covered[~is_seen]),
        "coverage_where_seen": _mean(is_covered[is_seen]),
        "mean_width": round(float(np.concatenate(widths).mean()), 5),
    }


def _mean(is_covered: np.ndarray[Any, np.dtype[np.bool_]]) -> float | None:
    """Give a rate; None of fewer than 100 tables."""
    return round(float(is_covered.mean()), 4) if len(is_covered) >= 100 else None


def rows() -> list[dict[str, Any]]:
    """Simulate the grid."""
    tasks = list(product(RATES, NUM_SEEDS))
    by_task = dict(each(cell, tasks))
    return [by_task[task] for task in tasks]
