"""The interval of ``tl_core.evaluation.intervals`` for many tables at once, for `benchmarks.intervals`.

``tests/benchmarks/test_intervals.py`` holds that it is the same interval.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Moments:
    """What an interval needs to know of M tables (M, S, n) of 0 and 1, or of their differences; each (M,)."""

    mean: Floats
    seeds: Floats
    examples: Floats
    residual: Floats
    is_repeated: Bools
    is_constant: Bools


def moments(tables: Floats) -> Moments:
    """Take means and mean squares, the latter divided by S n."""
    num_seeds, num_examples = tables.shape[1:]
    of_seeds = tables.sum(axis=2, dtype=np.float64) / num_examples
    of_examples = tables.sum(axis=1) / num_seeds
    mean = of_seeds.mean(axis=1)
    seeds = of_seeds.var(axis=1, ddof=1) / num_seeds
    examples = of_examples.var(axis=1, ddof=1, dtype=np.float64) / num_examples
    squares = np.einsum("msn,msn->m", tables, tables, dtype=np.float64) - num_seeds * num_examples * mean**2
    explained = num_seeds * num_examples * ((num_seeds - 1) * seeds + (num_examples - 1) * examples)
    free = (num_seeds - 1) * (num_examples - 1)
    is_repeated = (tables == tables[:, :1]).all(axis=(1, 2))
    return Moments(
        mean=mean,
        seeds=seeds,
        examples=examples,
        residual=np.maximum(squares - explained, 0) / free / (num_seeds * num_examples),
        is_repeated=is_repeated,
        is_constant=is_repeated & (tables[:, 0] == tables[:, 0, :1]).all(axis=1),
    )


def skew_of_difference(a: Moments, b: Moments, both: Moments, num_examples: int) -> Floats:
    """Estimate the skew over seeds, as ``example_values.ExampleValues.minus`` does."""
    has_spread = both.seeds > 0
    divisor = np.where(has_spread, both.seeds, 1.0)
    own = np.where(has_spread, np.clip(0.5 + (a.seeds - b.seeds) / (2 * divisor), 0, 1), 0.5)
    skew_a, skew_b = (1 / (m.mean + 1 / num_examples) - 1 / (1 - m.mean + 1 / num_examples) for m in (a, b))
    return np.asarray(own**2 * skew_a - (1 - own) ** 2 * skew_b)


def intervals(
    found: Moments, skew: Floats, num_seeds: int, num_examples: int, alpha: float = 0.05
) -> tuple[Floats, Floats]:
    """Give the lower and the upper ends for differences of hits."""
    guard = 2 / (num_seeds * num_examples**2)
    examples = found.examples + guard
    total = np.maximum(found.seeds + examples - found.residual, np.maximum(found.seeds, examples))
    share = found.seeds / total
    t = special.stdtrit(1 / (share / (num_seeds - 1) + (1 - share) / (num_examples - 1)), 1 - alpha / 2)
    half, tail = t * np.sqrt(total), skew * found.seeds * (1 + 2 * t**2) / 6
    low, high = found.mean - half + np.minimum(tail, 0), found.mean + half + np.maximum(tail, 0)
    once = special.stdtrit(num_examples - 1, 1 - alpha / 2) * np.sqrt(found.examples + 2 / num_examples**2)
    low = np.where(found.is_repeated, found.mean - once, low)
    high = np.where(found.is_repeated, found.mean + once, high)
    rate = 1 - (alpha / 2) ** (1 / num_examples)
    low = np.where(found.is_constant, found.mean - rate * (found.mean + 1), low)
    high = np.where(found.is_constant, found.mean + rate * (1 - found.mean), high)
    return np.maximum(low, -1), np.minimum(high, 1)
