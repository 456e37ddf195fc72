"""Simulated arms whose true difference is known, for `benchmarks.intervals`.

Example j of seed i is right where threshold + example_j + own_aj + seed_ai + noise_aij > 0, all normal: the
difficulty of an example is shared by both arms, ``own`` is what one of them finds harder, the noise is what a
seed makes of an example. A hit rate is therefore a normal integral, and the difference is known exactly.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class Design:
    """How many seeds and examples, and the standard deviations on the latent scale.

    ``shared_seed`` is the correlation between the arms' seed effects (they share order and subset).
    """

    num_seeds: int
    num_examples: int
    seed_sd: float
    own_sd: float = 0.3
    noise_sd: float = 0.6
    shared_seed: float = 0.0

    @property
    def scale(self) -> float:
        """Standard deviation of the sum of all effects."""
        return float(np.sqrt(1 + self.own_sd**2 + self.noise_sd**2 + self.seed_sd**2))


def draw(rng: np.random.Generator, design: Design, num_tables: int) -> Floats:
    """Draw the sums of effects of both arms, (2, M, S, n)."""
    shape = (2, num_tables, design.num_seeds, design.num_examples)
    effects = design.noise_sd * rng.standard_normal(shape, dtype=np.float32)
    effects += rng.standard_normal((num_tables, 1, design.num_examples), dtype=np.float32)
    effects += design.own_sd * rng.standard_normal((2, num_tables, 1, design.num_examples), dtype=np.float32)
    seeds = rng.standard_normal((2, num_tables, design.num_seeds, 1), dtype=np.float32)
    common = rng.standard_normal((num_tables, design.num_seeds, 1), dtype=np.float32)
    seeds = np.sqrt(1 - design.shared_seed) * seeds + np.sqrt(design.shared_seed) * common
    effects += np.float32(design.seed_sd) * seeds
    return effects


def hits(effects: Floats, accuracy: float, design: Design) -> Floats:
    """Mark what an arm of this expected accuracy gets right: 0 or 1."""
    threshold = design.scale * special.ndtri(accuracy)
    return (effects > -np.float32(threshold)).astype(np.float32)
