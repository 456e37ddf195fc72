"""McNemar's exact test: per seed, and never pooled over seeds."""

from dataclasses import dataclass

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

    Raises
    ------
    ComparisonError
        If the arms may not be compared (``predictions.pair``).
    """
    a, b = pair(a, b)
    only_a = (a.correct & ~b.correct).sum(axis=1)
    only_b = (b.correct & ~a.correct).sum(axis=1)
    return tuple(
        McNemar(seed=seed, only_a_right=int(x), only_b_right=int(y), p_value=_p_value(int(x), int(y)))
        for seed, x, y in zip(a.seeds, only_a, only_b, strict=True)
    )


def _p_value(only_a: int, only_b: int) -> float:
    if only_a + only_b == 0:
        return 1.0
    return min(1.0, 2 * float(special.bdtr(min(only_a, only_b), only_a + only_b, 0.5)))
