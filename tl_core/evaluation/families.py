"""Many questions asked of one test split: the primary one, and the family of all others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from tl_core.evaluation.metrics import Floats
from tl_core.evaluation.wording import conclude
from tl_core.schema import Verdict


@dataclass(frozen=True, kw_only=True)
class PairTests:
    """The p-values of one pair: of no difference, and of one as large as the margin.

    ``pair`` names its arms and train size; ``is_headline`` says whether it is what its experiment is about.
    """

    pair: str
    difference: float
    equivalence: float | None
    is_headline: bool = False

    @classmethod
    def of(cls, verdict: Verdict, *, is_headline: bool = False) -> Self:
        """Take those of a verdict, uncorrected."""
        return cls(
            pair=pair_name(verdict.a, verdict.b, verdict.train_size),
            difference=verdict.p_value,
            equivalence=verdict.p_equivalence,
            is_headline=is_headline,
        )


def pair_name(a: str, b: str, train_size: int) -> str:
    """Name a pair of arms, whichever of them comes first."""
    return f"{' '.join(sorted((a, b)))} {train_size}"


def correct(p_values: Sequence[float], most_true: int) -> Floats:
    """Adjust p-values so that the chance of any false claim among them stays below the level.

    Holm (1979, Scandinavian Journal of Statistics 6, 65-70) multiplies the k-th smallest of h p-values by
    h - k + 1, the hypotheses that may still be true. Where at most ``most_true`` can be true at once, more
    than that never can (Shaffer 1986, Journal of the American Statistical Association 81, 826-831). No
    adjusted value falls below the one before it or exceeds 1. It needs no assumption about how the tests
    depend on each other, which those on one split do.
    """
    ordered = np.argsort(p_values, kind="stable")
    factors = np.minimum(most_true, np.arange(len(p_values), 0, -1))
    rising = np.maximum.accumulate(factors * np.asarray(p_values, dtype=np.float64)[ordered])
    adjusted = np.empty(len(p_values))
    adjusted[ordered] = np.minimum(rising, 1)
    return adjusted


def as_family(
    verdicts: Sequence[Verdict],
    arm_names: Mapping[str, str],
    *,
    primary: Verdict | None = None,
    others: Sequence[PairTests] = (),
) -> tuple[Verdict, ...]:
    """Correct all verdicts but the primary one for how many pairs one test split was asked about.

    Of a pair, no difference and one as large as the margin cannot both be true, so that of all hypotheses at
    most as many are as there are pairs.

    Parameters
    ----------
    verdicts
        On the headline metric of one experiment; all belong to the family, except ``primary``, one of them.
    arm_names
        Words for the arms by name (``wording.spoken_names``).
    others
        Pairs of other experiments on the same split that belong to it too.
    """
    family = [verdict for verdict in verdicts if verdict is not primary]
    tests = [*map(PairTests.of, family), *others]
    differences = [one.difference for one in tests]
    equivalences = [one.equivalence for one in tests if one.equivalence is not None]
    corrected = correct([*differences, *equivalences], len(tests)).tolist()
    of_difference = corrected[: len(family)]
    of_equivalence = iter(corrected[len(tests) :])
    said = []
    for verdict in verdicts:
        if verdict is primary:
            said.append(conclude(verdict.model_copy(update={"is_primary": True}), arm_names))
            continue
        update = {
            "num_pairs": len(tests),
            "p_corrected": of_difference.pop(0),
            "p_equivalence_corrected": None if verdict.p_equivalence is None else next(of_equivalence),
        }
        said.append(conclude(verdict.model_copy(update=update), arm_names))
    return tuple(said)
