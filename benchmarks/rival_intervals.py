"""Other ways to make the interval of a difference, which the engine's own is held against.

Each is what people use: tests of one seed or of the seeds' means, a bootstrap over seeds, a mixed model.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy import special

from benchmarks.batched_intervals import Floats, Moments

Ends = tuple[Floats, Floats]
_QUANTILE = 0.975
_RESAMPLES = 1_000


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What is known of M pairs of tables of hits (M, S, n).

    ``both`` are the moments of their difference; ``of_a`` and ``of_b`` the seeds' means (M, S); ``wins`` and
    ``losses`` count the examples that one arm alone has right in the first seed (M,).
    """

    both: Moments
    of_a: Floats
    of_b: Floats
    wins: Floats
    losses: Floats
    num_examples: int

    @property
    def num_seeds(self) -> int:
        """S, the number of seeds."""
        return int(self.of_a.shape[1])


def over_examples(found: Compared) -> Ends:
    """Forget that seeds differ: t over the means of the examples."""
    half = special.stdtrit(found.num_examples - 1, _QUANTILE) * np.sqrt(found.both.examples)
    return found.both.mean - half, found.both.mean + half


def over_seeds(found: Compared) -> Ends:
    """Forget that examples differ: paired t over the means of the seeds."""
    half = special.stdtrit(found.num_seeds - 1, _QUANTILE) * np.sqrt(found.both.seeds)
    return found.both.mean - half, found.both.mean + half


def satterthwaite(found: Compared) -> Ends:
    """Count both, with Satterthwaite's degrees of freedom (1946), at least S - 1, and symmetric ends."""
    both, num_seeds, num_examples = found.both, found.num_seeds, found.num_examples
    examples = both.examples + 2 / (num_seeds * num_examples**2)
    total = np.maximum(both.seeds + examples - both.residual, np.maximum(both.seeds, examples))
    spread = both.seeds**2 / (num_seeds - 1) + examples**2 / (num_examples - 1)
    spread += both.residual**2 / ((num_seeds - 1) * (num_examples - 1))
    half = special.stdtrit(np.maximum(total**2 / spread, num_seeds - 1), _QUANTILE) * np.sqrt(total)
    return both.mean - half, both.mean + half


def mixed_model(found: Compared) -> Ends:
    """Fit crossed random effects of seeds and examples by restricted likelihood; normal ends.

    It is what statsmodels' ``MixedLM`` with a variance component each looks for, in seconds to minutes a
    table. In a balanced table the fit has a closed form: of mean squares, where no component is negative; one
    that would be is 0, and its squares join the residual (Searle, Casella and McCulloch 1992, chapter 4).
    `benchmarks.mixed_models` runs statsmodels beside it.
    """
    both, free_s, free_e = found.both, found.num_seeds - 1, found.num_examples - 1
    free_r = free_s * free_e
    seeds, examples, rest = both.seeds, both.examples, both.residual
    with_seeds = (free_s * seeds + free_r * rest) / (free_s + free_r)
    with_examples = (free_e * examples + free_r * rest) / (free_e + free_r)
    pooled = (free_s * seeds + free_e * examples + free_r * rest) / (free_s + free_e + free_r)
    variance = np.select(
        [
            (seeds >= rest) & (examples >= rest),
            (seeds < rest) & (examples >= with_seeds),
            (examples < rest) & (seeds >= with_examples),
        ],
        [seeds + examples - rest, examples, seeds],
        pooled,
    )
    half = special.ndtri(_QUANTILE) * np.sqrt(variance)
    return both.mean - half, both.mean + half


def bootstrap_over_runs(found: Compared) -> Ends:
    """Draw each arm's runs with replacement, and take percentiles of the difference of their means.

    The stratified bootstrap of Agarwal et al. (2021), which rliable carries out, with one task: runs are
    drawn within it, of each arm by itself, and the test examples are taken as they are.
    """
    drawn = _resamples(found.num_seeds)
    differences = (found.of_a @ drawn[0] - found.of_b @ drawn[1]).astype(np.float32)
    low, high = round((1 - _QUANTILE) * _RESAMPLES) - 1, round(_QUANTILE * _RESAMPLES) - 1
    ordered = np.partition(differences, (low, high), axis=1)
    return ordered[:, low], ordered[:, high]


@lru_cache(maxsize=16)
def _resamples(num_seeds: int) -> Floats:
    """Return the share of each run in each resample, (2, S, `_RESAMPLES`); the same for all tables."""
    runs = np.full(num_seeds, 1 / num_seeds)
    counts = np.random.default_rng(num_seeds).multinomial(num_seeds, runs, size=(2, _RESAMPLES))
    return np.asarray(counts.transpose(0, 2, 1) / num_seeds)


def wilcoxon_over_seeds(found: Compared) -> Ends:
    """Invert Wilcoxon's signed-rank test of the seeds' differences (1945), by the means of their pairs.

    With fewer than six seeds it rejects nothing, so that no difference can be excluded.
    """
    differences, place = found.of_a - found.of_b, _signed_rank_place(found.num_seeds)
    if place is None:
        return np.full(len(differences), -1.0), np.full(len(differences), 1.0)
    one, other = np.triu_indices(found.num_seeds)
    means = np.sort((differences[:, one] + differences[:, other]) / 2, axis=1)
    return means[:, place], means[:, -1 - place]


@lru_cache(maxsize=16)
def _signed_rank_place(num_seeds: int) -> int | None:
    """Return the highest sum of ranks that rejects: so many sorted means of pairs lie below the lower end."""
    counts = np.ones(1)
    for rank in range(1, num_seeds + 1):
        with_rank = np.concatenate([np.zeros(rank), counts])
        counts = np.concatenate([counts, np.zeros(rank)]) + with_rank
    below = counts.cumsum() / counts.sum()
    rejecting = np.flatnonzero(below <= 1 - _QUANTILE)
    return int(rejecting[-1]) if len(rejecting) else None


def mcnemar_on_one_seed(found: Compared) -> Ends:
    """Invert the exact McNemar test of the first seed, given how many examples one arm alone has right."""
    wins, losses = found.wins, found.losses
    discordant = wins + losses
    low = np.where(wins > 0, special.betaincinv(np.maximum(wins, 1), losses + 1, 1 - _QUANTILE), 0.0)
    high = np.where(losses > 0, special.betaincinv(wins + 1, np.maximum(losses, 1), _QUANTILE), 1.0)
    share = discordant / found.num_examples
    return share * (2 * low - 1), share * (2 * high - 1)


RIVALS: Final[dict[str, Callable[[Compared], Ends]]] = {
    "over examples alone": over_examples,
    "paired t over seeds": over_seeds,
    "both, Satterthwaite, symmetric": satterthwaite,
    "mixed model, REML": mixed_model,
    "bootstrap over runs": bootstrap_over_runs,
    "Wilcoxon over seeds": wilcoxon_over_seeds,
    "McNemar on one seed": mcnemar_on_one_seed,
}
