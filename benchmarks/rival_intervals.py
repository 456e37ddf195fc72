"""Other ways to make the interval of a difference, which the engine's own is held against."""

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy import special

from benchmarks.batched_intervals import Floats, Moments

Ends = tuple[Floats, Floats]
_QUANTILE = 0.975


def over_examples(found: Moments, num_seeds: int, num_examples: int) -> Ends:
    """Forget that seeds differ: t over the means of the examples."""
    half = special.stdtrit(num_examples - 1, _QUANTILE) * np.sqrt(found.examples)
    return found.mean - half, found.mean + half


def over_seeds(found: Moments, num_seeds: int, num_examples: int) -> Ends:
    """Forget that examples differ: t over the means of the seeds."""
    half = special.stdtrit(num_seeds - 1, _QUANTILE) * np.sqrt(found.seeds)
    return found.mean - half, found.mean + half


def satterthwaite(found: Moments, num_seeds: int, num_examples: int) -> Ends:
    """Count both, with Satterthwaite's degrees of freedom (1946), at least S - 1, and symmetric ends."""
    examples = found.examples + 2 / (num_seeds * num_examples**2)
    total = np.maximum(found.seeds + examples - found.residual, np.maximum(found.seeds, examples))
    spread = found.seeds**2 / (num_seeds - 1) + examples**2 / (num_examples - 1)
    spread += found.residual**2 / ((num_seeds - 1) * (num_examples - 1))
    half = special.stdtrit(np.maximum(total**2 / spread, num_seeds - 1), _QUANTILE) * np.sqrt(total)
    return found.mean - half, found.mean + half


RIVALS: Final[dict[str, Callable[[Moments, int, int], Ends]]] = {
    "over examples alone": over_examples,
    "over seeds alone": over_seeds,
    "both, Satterthwaite, symmetric": satterthwaite,
}
