"""Correction for having compared several pairs."""

from collections.abc import Mapping, Sequence

import numpy as np

from tl_core.evaluation.metrics import Floats
from tl_core.evaluation.wording import say
from tl_core.schema import Verdict


def holm(p_values: Sequence[float]) -> Floats:
    """Adjust p-values so that the chance of any false claim among them stays below the level.

    Holm (1979, Scandinavian Journal of Statistics 6, 65-70): the k-th smallest of m is multiplied by
    m - k + 1, never falls below the one before it and never exceeds 1. It needs no assumption about how the
    tests depend on each other, which those of one experiment do.
    """
    ordered = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    rising = np.maximum.accumulate(factors * np.asarray(p_values, dtype=np.float64)[ordered])
    adjusted = np.empty(len(p_values))
    adjusted[ordered] = np.minimum(rising, 1)
    return adjusted


def as_family(verdicts: Sequence[Verdict], arm_names: Mapping[str, str]) -> tuple[Verdict, ...]:
    """Set beside each verdict's p-value the one that counts how many stand beside it, and say it anew.

    Parameters
    ----------
    verdicts
        All that are shown together: those on the headline metric of one experiment.
    arm_names
        Words for the arms by name (``wording.describe_arm``).
    """
    adjusted = holm([verdict.p_value for verdict in verdicts])
    of_family = [
        verdict.model_copy(update={"p_holm": float(p), "num_pairs": len(verdicts)})
        for verdict, p in zip(verdicts, adjusted, strict=True)
    ]
    return tuple(say(verdict, arm_names) for verdict in of_family)
