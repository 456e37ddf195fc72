"""McNemar's exact test: per seed, and never pooled over seeds."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from tl_core.evaluation.predictions import ArmPredictions, pair


@dataclass(frozen=True, kw_only=True)
class McNemar:
    """How the two models of one seed differ on the test examples.

    ``only_a_right`` and ``only_b_right`` count the discordant examples. ``p_value`` is two-sided and says
    whether these two trained models differ, nothing about other trainings.
    """

    seed: int
    only_a_right: int
    only_b_right: int
    p_value: float


def exact_mcnemar(a: ArmPredictions, b: ArmPredictions) -> tuple[McNemar, ...]:
    """Test each seed that both arms have (McNemar 1947, with the binomial distribution).

    Test examples that belong together are no independent draws: there a group's lead of one model is as
    likely as the same lead of the other, if the two are equal. The exact distribution of the sum of all leads
    under such flips of sign is that of McNemar's test where each example is a group (the exact form of
    Durkalski et al. 2003, Statistics in Medicine 22, 2417-2428).

    Raises
    ------
    ComparisonError
        If the arms may not be compared (``predictions.pair``).
    """
    a, b = pair(a, b)
    only_a = (a.correct & ~b.correct).sum(axis=1)
    only_b = (b.correct & ~a.correct).sum(axis=1)
    return tuple(
        McNemar(
            seed=seed,
            only_a_right=int(x),
            only_b_right=int(y),
            p_value=_p_value(int(x), int(y)) if a.groups is None else _p_of_flips(leads, a.groups),
        )
        for seed, x, y, leads in zip(
            a.seeds, only_a, only_b, a.correct.astype(np.int64) - b.correct, strict=True
        )
    )


def _p_value(only_a: int, only_b: int) -> float:
    if only_a + only_b == 0:
        return 1.0
    return min(1.0, 2 * float(special.bdtr(min(only_a, only_b), only_a + only_b, 0.5)))


def _p_of_flips(leads: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]) -> float:
    """Return how often random signs of the groups' leads give a sum at least as far from 0."""
    _, places = np.unique(groups, return_inverse=True)
    of_groups = np.abs(signed := np.bincount(places, weights=leads).astype(np.int64))
    chances = np.ones(1)  # of the sums from -total to total
    for lead in of_groups[of_groups > 0].tolist():
        chances = (np.pad(chances, (0, 2 * lead)) + np.pad(chances, (2 * lead, 0))) / 2
    sums = np.arange(len(chances)) - len(chances) // 2
    return min(1.0, float(chances[np.abs(sums) >= abs(int(signed.sum()))].sum()))
