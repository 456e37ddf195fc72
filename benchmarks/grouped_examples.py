"""Simulate test examples that belong together, for `benchmarks.intervals`.

Each arm suits some groups: a group's effect on it has the standard deviation ``group_sd`` on the latent scale
of `benchmarks.latent_arms`. Beside the product's interval stands the one that takes every example for
independent, which it was before.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.in_parallel import each
from benchmarks.latent_arms import Design, Floats, hits
from tl_core.evaluation.intervals import interval_of
from tl_core.evaluation.metrics import ExampleValues, Limits

Groups = npt.NDArray[np.int64]
REPETITIONS = 2_000
NUM_SEEDS = (3, 5, 10)
GROUP_SDS = (0.0, 0.8)
SEED_SDS = (0.15, 0.4)
ACCURACIES = (0.8, 0.97)
DIFFERENCE = 0.05
LIMITS = Limits(low=0, high=1)
SHAPES = {
    "20 groups of 10": np.repeat(np.arange(20), 10),
    "20 groups of 25": np.repeat(np.arange(20), 25),
    "50 groups of 10": np.repeat(np.arange(50), 10),
    "100 groups of 10": np.repeat(np.arange(100), 10),
    "60 groups, sizes falling from 107 as 1 / k": np.repeat(
        np.arange(60), np.maximum(1, np.round(107 / np.arange(1, 61))).astype(int)
    ),
    "a quarter of 200 in one group, the rest alone": np.r_[np.zeros(50, int), np.arange(1, 151)],
    "10 near duplicates of each of 5, and 150 alone": np.r_[np.repeat(np.arange(5), 10), np.arange(5, 155)],
}


def cell(shape: str, num_seeds: int, group_sd: float, seed_sd: float) -> list[dict[str, Any]]:
    """Repeat one setting for each accuracy: how often truth is covered and equal arms called different."""
    groups = SHAPES[shape]
    design = Design(
        num_seeds=num_seeds,
        num_examples=len(groups),
        seed_sd=seed_sd,
        own_sd=float(np.sqrt(0.3**2 + group_sd**2)),
    )
    rng = np.random.default_rng(list(SHAPES).index(shape) * 100 + num_seeds)
    found: dict[tuple[float, float, bool], list[tuple[float, float]]] = {}
    for _ in range(REPETITIONS):
        a, b = _draw(rng, groups, design, group_sd)
        for accuracy, difference, knows in product(ACCURACIES, (0.0, DIFFERENCE), (True, False)):
            first, second = (
                ExampleValues.of_arm(
                    hits(effects, value, design).astype(float), LIMITS, groups if knows else None
                )
                for effects, value in ((a, accuracy), (b, accuracy - difference))
            )
            interval = interval_of(first.minus(second))
            found.setdefault((accuracy, difference, knows), []).append((interval.low, interval.high))
    return [
        {
            "groups": shape,
            "num_groups": len(np.unique(groups)),
            "num_examples": len(groups),
            "num_seeds": num_seeds,
            "group_sd": group_sd,
            "seed_sd": seed_sd,
            "accuracy": accuracy,
            "difference": DIFFERENCE,
            **_rates(found, accuracy),
        }
        for accuracy in ACCURACIES
    ]


def _draw(rng: np.random.Generator, groups: Groups, design: Design, group_sd: float) -> Iterator[Floats]:
    """Draw the sums of effects of both arms, (S, n) each."""
    count = len(groups)
    hardness = rng.standard_normal((1, count), dtype=np.float32)
    for _ in range(2):
        suits = np.float32(group_sd) * rng.standard_normal((1, groups.max() + 1), dtype=np.float32)[:, groups]
        own = np.float32(0.3) * rng.standard_normal((1, count), dtype=np.float32)
        luck = np.float32(design.seed_sd) * rng.standard_normal((design.num_seeds, 1), dtype=np.float32)
        noise = np.float32(design.noise_sd) * rng.standard_normal((design.num_seeds, count), dtype=np.float32)
        yield hardness + suits + own + luck + noise


def _rates(
    found: dict[tuple[float, float, bool], list[tuple[float, float]]], accuracy: float
) -> dict[str, Any]:
    equal, naive = (np.array(found[accuracy, 0.0, knows]).T for knows in (True, False))
    apart = np.array(found[accuracy, DIFFERENCE, True]).T
    return {
        "coverage": round(float(((apart[0] <= DIFFERENCE) & (apart[1] >= DIFFERENCE)).mean()), 4),
        "false_positive_rate": round(float(((equal[0] > 0) | (equal[1] < 0)).mean()), 4),
        "false_positive_rate_without_groups": round(float(((naive[0] > 0) | (naive[1] < 0)).mean()), 4),
        "power": round(float((apart[0] > 0).mean()), 4),
        "mean_width": round(float((apart[1] - apart[0]).mean()), 5),
    }


def rows() -> list[dict[str, Any]]:
    """Simulate the whole grid."""
    tasks = list(product(SHAPES, NUM_SEEDS, GROUP_SDS, SEED_SDS))
    by_task = dict(each(cell, tasks))
    return [row for task in tasks for row in by_task[task]]
