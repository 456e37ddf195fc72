"""Coverage of the interval for what a class gains in F1, for `benchmarks.intervals`.

Three classes; the one that is looked at has few test examples of 300. Both arms answer as those of
`benchmarks.latent_arms` do, and a wrong answer names one of the other two classes, the same for every model.
Each interval has the level 95%, as if there were one class: the app's are wider, for all classes at once.
"""

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from benchmarks.in_parallel import each
from benchmarks.latent_arms import Design, hits
from tl_core.evaluation.by_class import class_gain
from tl_core.evaluation.predictions import ArmPredictions

Ints = npt.NDArray[np.int64]
REPETITIONS = 1_000
NUM_SEEDS = (3, 5, 10)
NUM_EXAMPLES = 300
SUPPORTS = (3, 5, 10, 30, 100)
ACCURACIES = (0.8, 0.95)
DIFFERENCE = 0.1
SEED_SDS = (0.15, 0.4)


def cell(num_seeds: int, support: int, accuracy: float, seed_sd: float) -> dict[str, Any]:
    """Repeat one setting: how often the truth is covered, and equal arms called different."""
    rng = np.random.default_rng(num_seeds + support)
    design = Design(num_seeds=num_seeds, num_examples=NUM_EXAMPLES, seed_sd=seed_sd)
    truth = _population_f1(accuracy, support, design) - _population_f1(accuracy - DIFFERENCE, support, design)
    equal, apart = [], []
    for _ in range(REPETITIONS):
        targets = _targets(NUM_EXAMPLES, support)
        wrong = (targets + 1 + rng.integers(0, 2, NUM_EXAMPLES)) % 3
        sums = _draw(rng, design, NUM_EXAMPLES)
        rates = (accuracy, accuracy, accuracy - DIFFERENCE)
        arms = [
            _arm(targets, np.where(hits(sums[side], rate, design) > 0, targets, wrong))
            for side, rate in zip((0, 1, 1), rates, strict=True)
        ]
        for found, other in ((equal, arms[1]), (apart, arms[2])):
            gain = class_gain(0, arms[0], other, confidence=0.95)
            found.append((gain.low, gain.high))
    (low, high), (low_equal, high_equal) = np.array(apart).T, np.array(equal).T
    return {
        "support": support,
        "num_seeds": num_seeds,
        "accuracy": accuracy,
        "seed_sd": seed_sd,
        "difference": round(truth, 4),
        "coverage": round(float(((low <= truth) & (truth <= high)).mean()), 4),
        "false_positive_rate": round(float(((low_equal > 0) | (high_equal < 0)).mean()), 4),
        "mean_width": round(float((high - low).mean()), 5),
    }


def _targets(num_examples: int, support: int) -> Ints:
    rest = num_examples - support
    return np.repeat([0, 1, 2], (support, rest // 2, rest - rest // 2)).astype(np.int64)


def _draw(rng: np.random.Generator, design: Design, num_examples: int) -> list[npt.NDArray[np.float32]]:
    shape = (design.num_seeds, num_examples)
    hardness = rng.standard_normal((1, num_examples), dtype=np.float32)
    return [
        hardness
        + np.float32(design.own_sd) * rng.standard_normal((1, num_examples), dtype=np.float32)
        + np.float32(design.seed_sd) * rng.standard_normal((design.num_seeds, 1), dtype=np.float32)
        + np.float32(design.noise_sd) * rng.standard_normal(shape, dtype=np.float32)
        for _ in range(2)
    ]


def _arm(targets: Ints, predicted: Ints) -> ArmPredictions:
    return ArmPredictions(
        arm="arm",
        train_size=100,
        seeds=tuple(range(len(predicted))),
        example_ids=np.arange(len(targets)).astype(str),
        targets=targets,
        predicted=predicted.astype(np.int32),
        num_labels=3,
        read_logits=lambda: np.zeros((*predicted.shape, 3), dtype=np.float32),
        split_hash="simulated",
    )


def _population_f1(accuracy: float, support: int, design: Design) -> float:
    """Give the expected F1 on the whole population, over seeds, by Gauss-Hermite quadrature.

    A seed whose effect is e answers ``h(e)`` of every class right; half of the wrong answers to each of the
    other classes name the first.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(64)
    rest = np.sqrt(design.scale**2 - design.seed_sd**2)
    right = special.ndtr((design.scale * special.ndtri(accuracy) + design.seed_sd * nodes) / rest)
    share = support / NUM_EXAMPLES
    f1 = 2 * right * share / (share + right * share + (1 - right) * (1 - share) / 2)
    return float(weights @ f1 / weights.sum())


def rows() -> list[dict[str, Any]]:
    """Simulate the whole grid."""
    tasks = list(product(NUM_SEEDS, SUPPORTS, ACCURACIES, SEED_SDS))
    by_task = dict(each(cell, tasks))
    return [by_task[task] for task in tasks]
