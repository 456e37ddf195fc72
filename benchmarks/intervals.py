"""Measure how often the interval for a difference covers the truth, and how wide it is.

``python -m benchmarks.intervals`` simulates two arms of known accuracies (`benchmarks.latent_arms`), compares
real arms with themselves under other seeds (`benchmarks.real_nulls`), and simulates other metrics
(`benchmarks.other_metrics`), test examples in groups (`benchmarks.grouped_examples`), trainings that fail now
and then (`benchmarks.rare_failures`) and what a class gains (`benchmarks.class_gains`). What others use
(`benchmarks.rival_intervals`) stands in the same cells on the same draws; statsmodels' own mixed model takes
too long and has a few (`benchmarks.mixed_models`). It writes JSON beside this file, in half an hour on one
core; ``--only`` measures one part anew and keeps the rest.

A row of ``rows`` is one cell: ``coverage``, ``power`` and ``mean_width`` are those of arms of ``accuracy``
and ``accuracy - difference``; ``false_positive_rate`` says how often two arms of ``accuracy`` are called
different. ``error`` holds two standard errors of a simulated rate, by rate.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import class_gains, grouped_examples, mixed_models, other_metrics, rare_failures, real_nulls
from benchmarks.batched_intervals import intervals, moments, skew_of_difference
from benchmarks.latent_arms import Design, Floats, draw, hits
from benchmarks.rival_intervals import RIVALS, Compared

REPETITIONS = 2_000
NUM_SEEDS = (2, 3, 4, 5, 10)
NUM_EXAMPLES = (50, 100, 200, 500, 1_000, 2_000)
SEED_SDS = (0.0, 0.15, 0.4)
ARMS = ((0.6, 0.55), (0.8, 0.75), (0.9, 0.85), (0.97, 0.92), (0.99, 0.97), (0.99, 0.95))
OURS = "this project"
Arms = tuple[tuple[float, float], ...]
ROBUSTNESS: dict[str, dict[str, float]] = {
    "no example suits one arm": {"own_sd": 0.0},
    "examples suit one arm": {"own_sd": 0.8},
    "seeds move single examples": {"noise_sd": 1.2},
    "arms share their seeds' luck": {"shared_seed": 0.8},
    "very large seed variance": {"seed_sd": 0.8},
}
APART: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "other_metrics": other_metrics.rows,
    "grouped_examples": grouped_examples.rows,
    "rare_failures": rare_failures.rows,
    "class_gains": class_gains.rows,
    "mixed_models": mixed_models.rows,
}
METHODS = "methods"
"""The part with the main simulation, by every method."""
_NUMBERS_AT_ONCE = 2_000_000


def measure(design: Design, arms: Arms, seed: int) -> list[dict[str, Any]]:
    """Simulate one design and give a row for each pair of accuracies and each method; all share the draws."""
    rng = np.random.default_rng(seed)
    found: dict[tuple[str, float, float], list[Floats]] = defaultdict(list)
    for size in _sizes(design):
        a, b = draw(rng, design, size)
        of_a = {p: hits(a, p, design) for p in {first for first, _ in arms}}
        of_b = {p: hits(b, p, design) for p in {p for pair in arms for p in pair}}
        moments_a, moments_b = ({p: moments(t) for p, t in of.items()} for of in (of_a, of_b))
        means_a, means_b = ({p: t.mean(axis=2, dtype=float) for p, t in of.items()} for of in (of_a, of_b))
        for p, q in {*arms, *((first, first) for first, _ in arms)}:
            differences = of_a[p] - of_b[q]
            both = moments(differences)
            skew = skew_of_difference(moments_a[p], moments_b[q], both, design.num_examples)
            found[OURS, p, q].append(np.stack(intervals(both, skew, design.num_seeds, design.num_examples)))
            compared = Compared(
                both=both,
                of_a=means_a[p],
                of_b=means_b[q],
                wins=(differences[:, 0] > 0).sum(axis=1),
                losses=(differences[:, 0] < 0).sum(axis=1),
                num_examples=design.num_examples,
            )
            for name, rival in RIVALS.items():
                found[name, p, q].append(np.stack(rival(compared)))
    ends = {key: np.concatenate(parts, axis=1) for key, parts in found.items()}
    return [
        {"method": name, **_row(design, p, p - q, ends[name, p, q], ends[name, p, p])}
        for name in (OURS, *RIVALS)
        for p, q in arms
    ]


def _sizes(design: Design) -> Iterator[int]:
    """Cut the repetitions into portions that fit the caches."""
    most = max(20, _NUMBERS_AT_ONCE // (design.num_seeds * design.num_examples))
    for start in range(0, REPETITIONS, most):
        yield min(most, REPETITIONS - start)


def _row(design: Design, accuracy: float, difference: float, ends: Floats, equal: Floats) -> dict[str, Any]:
    low, high = ends
    return {
        "num_seeds": design.num_seeds,
        "num_examples": design.num_examples,
        "accuracy": accuracy,
        "difference": round(difference, 4),
        "seed_sd": design.seed_sd,
        "coverage": round(float(((low <= difference) & (difference <= high)).mean()), 4),
        "false_positive_rate": round(float(_excludes_zero(*equal).mean()), 4),
        "power": round(float(_excludes_zero(low, high).mean()), 4),
        "mean_width": round(float((high - low).mean()), 5),
    }


def _excludes_zero(low: Floats, high: Floats) -> Any:
    return (low > 0) | (high < 0)


def accuracy_rows() -> list[dict[str, Any]]:
    """Simulate the whole grid."""
    cells = product(NUM_SEEDS, NUM_EXAMPLES, SEED_SDS)
    designs = [Design(num_seeds=s, num_examples=n, seed_sd=sd) for s, n, sd in cells]
    return [row for index, design in enumerate(designs) for row in measure(design, ARMS, index)]


def robustness_rows() -> list[dict[str, Any]]:
    """Depart from the main simulation in one respect at a time."""
    rows = []
    for (name, changes), s, n in product(ROBUSTNESS.items(), (3, 5, 10), (100, 1_000)):
        fields: dict[str, Any] = {"num_seeds": s, "num_examples": n, "seed_sd": 0.4, **changes}
        rows += [{"scenario": name, **row} for row in measure(Design(**fields), ARMS, n + s)]
    return [row for row in rows if row["method"] == OURS]


def summarise(rows: list[dict[str, Any]], by: str) -> list[dict[str, Any]]:
    """Give the worst of each value of a field and each number of seeds."""
    groups: dict[tuple[Any, int], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row[by], row["num_seeds"]].append(row)
    return [
        {
            by: name,
            "num_seeds": num_seeds,
            "num_cells": len(own),
            "lowest_coverage": min(row["coverage"] for row in own),
            "mean_coverage": _mean(own, "coverage", 4),
            "highest_false_positive_rate": max(row["false_positive_rate"] for row in own),
            "mean_false_positive_rate": _mean(own, "false_positive_rate", 4),
            "mean_width": _mean(own, "mean_width", 5),
        }
        for (name, num_seeds), own in groups.items()
    ]


def _mean(rows: list[dict[str, Any]], field: str, decimals: int) -> float:
    return round(float(np.mean([row[field] for row in rows])), decimals)


def summaries_apart(measured: dict[str, Any]) -> dict[str, Any]:
    """Summarise the parts that can be measured apart, where their cells are many."""
    return {
        "other_metrics": summarise(measured["other_metrics"], "metric"),
        "grouped_examples": summarise(measured["grouped_examples"], "groups"),
        "class_gains": summarise(measured["class_gains"], "support"),
    }


def simulation_error(rate: float, repetitions: int = REPETITIONS) -> float:
    """Give two standard errors of a simulated rate."""
    return round(2 * float(np.sqrt(rate * (1 - rate) / repetitions)), 4)


def main() -> None:
    """Simulate, measure on the real sets, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=(METHODS, *APART), help="measure this part anew and keep the rest")
    only = parser.parse_args().only
    path = Path(__file__).with_suffix(".json")
    if only == METHODS:
        rows = accuracy_rows()
        answer = json.loads(path.read_text())
        answer["rows"] = [row for row in rows if row["method"] == OURS]
        answer["summary"][METHODS] = summarise(rows, "method")
    elif only:
        part = APART[only]()
        answer = json.loads(path.read_text())
        answer[only] = part
        answer["summary"] |= summaries_apart(answer)
    else:
        answer = whole()
        print(json.dumps(answer["summary"], indent=1))
    path.write_text(json.dumps(answer, indent=1) + "\n")


def whole() -> dict[str, Any]:
    """Measure every part."""
    began = time.perf_counter()
    rows = accuracy_rows()
    robustness, real = robustness_rows(), real_nulls.rows()
    answer: dict[str, Any] = {
        "repetitions": REPETITIONS,
        "error": {str(rate): simulation_error(rate) for rate in (0.06, 0.9, 0.93)},
        "seconds": round(time.perf_counter() - began),
        "summary": {
            METHODS: summarise(rows, "method"),
            "robustness": summarise(robustness, "scenario"),
            "real_nulls": summarise(real, "metric"),
        },
        "rows": [row for row in rows if row["method"] == OURS],
        "robustness": robustness,
        "real_nulls": real,
        **{name: measure_part() for name, measure_part in APART.items()},
    }
    answer["summary"] |= summaries_apart(answer)
    return answer


if __name__ == "__main__":
    main()
