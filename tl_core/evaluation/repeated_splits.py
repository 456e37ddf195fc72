"""An interval for what repeated random splits of the same data have shown, and the conclusion from it."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from scipy import special

from tl_core.errors import ComparisonError
from tl_core.evaluation.failures import pool_failure_rates
from tl_core.evaluation.intervals import Interval
from tl_core.evaluation.metrics import Floats, Limits
from tl_core.evaluation.wording import conclude
from tl_core.schema import Flag, Looks, Metric, SplitCounts, Verdict

_UNBOUNDED: Final = Limits(low=-np.inf, high=np.inf)
"""Where only the p-value is asked for."""


def corrected_interval(
    differences: Floats,
    *,
    num_train: float,
    num_test: float,
    num_examples: float,
    limits: Limits,
    confidence: float = 0.95,
) -> Interval:
    """Estimate the expected difference between two arms over further draws of train and test examples.

    Splits of one dataset share examples, so their differences are correlated. With s^2 the variance of the K
    differences and r their correlation, the variance of their mean is that of the corrected resampled t
    interval (Nadeau and Bengio 2003, Machine Learning 52, 239-281),

        (1 / K + r / (1 - r)) s^2,

    with K - 1 degrees of freedom. One dataset cannot tell r without bias (for cross-validation: Bengio and
    Grandvalet 2004, JMLR 5, 1089-1105), so r is the larger of two that stand for it:

    - max(num_train, num_test) / num_examples, the share of train or of test examples that two splits have in
      common. It is a bound as far as examples count one by one or in sets: what one of them adds to a
      difference is shared by the splits that it is in, what several add together by fewer (Hoeffding 1948,
      Annals of Mathematical Statistics 19, 293-325). It leaves out what stratified splits all have in common,
      the share of each class, and an example that is learned from here and asked there.
    - num_test / (num_test + num_train), that of Nadeau and Bengio. It is the larger one where few examples
      are trained on, for which the share of each class counts most.

    s^2 is at least that of one answer that changes in one split, so that the interval has a width where all
    differences are equal.

    Parameters
    ----------
    differences
        One of each split, (K,): the mean over its seeds and test examples.
    num_train, num_test
        Examples that a split trains on, and those that it is scored on; their means where splits differ.
    num_examples
        All those that splits are drawn from, more than either.
    limits
        What a difference can be.
    confidence
        Probability with which the interval is to cover the mean, between 0 and 1.

    Raises
    ------
    ComparisonError
        If there are fewer than two splits.
    """
    count = len(differences)
    if count < 2:
        raise ComparisonError(
            "One split says nothing of others.", "Split the data at least twice, better five times."
        )
    least = (limits.unit / num_test) ** 2 / count
    spread = max(float(differences.var(ddof=1)), least)
    estimate, free = float(differences.mean()), count - 1
    correlation = max(num_train / num_examples, num_test / num_examples, num_test / (num_test + num_train))
    error = float(np.sqrt((1 / count + correlation / (1 - correlation)) * spread))
    reach = float(special.stdtrit(free, (1 + confidence) / 2)) * error
    return Interval(
        estimate=estimate,
        low=max(limits.low, estimate - reach),
        high=min(limits.high, estimate + reach),
        p_value=float(2 * special.stdtr(free, -abs(estimate) / error)),
        standard_error=error,
        degrees_of_freedom=free,
        method="corrected_resampled_t",
        scope="expected",
    )


def over_splits(
    verdicts: Mapping[int, Verdict],
    *,
    num_examples: int,
    splits: SplitCounts,
    is_interim: bool,
    looks: Looks | None,
    arm_names: Mapping[str, str],
) -> Verdict:
    """Conclude on one pair from what each of several splits has shown of it.

    Parameters
    ----------
    verdicts
        Those on the pair, by the place of their split, on one metric and under one margin.
    num_examples
        Those of the dataset.
    splits
        What became of all that were planned.
    is_interim
        Whether runs that could change one of them are still to come.
    looks
        At the test examples of the split that was looked at most often.
    arm_names
        As `wording.conclude` takes them.

    Raises
    ------
    ComparisonError
        If there are fewer than two.
    """
    own = list(verdicts.values())
    first = own[0]
    differences = np.array([one.difference for one in own])
    num_train = float(np.mean([one.train_size for one in own]))
    num_test = float(np.mean([one.num_examples for one in own]))
    sizes = {"num_train": num_train, "num_test": num_test, "num_examples": num_examples}
    reach = 2 if first.metric is Metric.QUADRATIC_KAPPA else 1  # kappa can be below 0
    limits = Limits(low=-reach, high=reach)
    interval, narrower = (
        corrected_interval(differences, **sizes, limits=limits, confidence=confidence)
        for confidence in (0.95, 0.90)
    )
    p_equivalence = None if first.margin is None else p_of_equivalence(differences, first.margin, **sizes)
    groups = [one.num_groups for one in own if one.num_groups is not None]
    verdict = Verdict(
        a=first.a,
        b=first.b,
        metric=first.metric,
        train_size=round(num_train),
        num_seeds=min(one.num_seeds for one in own),
        num_examples=round(num_test),
        num_groups=min(groups, default=None),
        is_deterministic=all(one.is_deterministic for one in own),
        epochs_a=_range([one.epochs_a for one in own]),
        epochs_b=_range([one.epochs_b for one in own]),
        method=interval.method,
        scope=interval.scope,
        value_a=float(np.mean([one.value_a for one in own])),
        value_b=float(np.mean([one.value_b for one in own])),
        difference=interval.estimate,
        ci95=(interval.low, interval.high),
        ci90=(narrower.low, narrower.high),
        p_value=interval.p_value,
        p_equivalence=p_equivalence,
        margin=first.margin,
        is_interim=is_interim,
        splits=splits,
        looks=looks,
        conclusion="no_difference_shown",
        flags=_on_splits(verdicts),
        failure_rates=pool_failure_rates(one.failure_rates for one in own),
    )
    return conclude(verdict, arm_names)


def p_of_equivalence(
    differences: Floats, margin: float, *, num_train: float, num_test: float, num_examples: float
) -> float:
    """Return the larger p-value of two one-sided t tests (Schuirmann 1987), by inversion of the interval.

    ``margin`` is above 0; the others are as in `corrected_interval`.
    """
    p_values = []
    for side in (1, -1):
        shifted = corrected_interval(
            side * differences - margin,
            num_train=num_train,
            num_test=num_test,
            num_examples=num_examples,
            limits=_UNBOUNDED,
        )
        half = shifted.p_value / 2
        p_values.append(half if shifted.estimate < 0 else 1 - half)
    return max(p_values)


def _range(epochs: Sequence[tuple[float, float] | None]) -> tuple[float, float] | None:
    known = [one for one in epochs if one is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None


def _on_splits(verdicts: Mapping[int, Verdict]) -> tuple[Flag, ...]:
    """Put the flags of all splits together: one for each arm and code, with the places that show it."""
    found: dict[tuple[str, str], list[tuple[int, Flag]]] = {}
    for place, verdict in verdicts.items():
        for flag in verdict.flags:
            found.setdefault((flag.arm, flag.code), []).append((place, flag))
    num_trainings = sum(verdict.num_seeds for verdict in verdicts.values())
    gathered = []
    for same in found.values():
        place, first = same[0]
        num_shown = sum(len(flag.seeds) for _, flag in same)
        in_trainings = f" in {num_shown} of {num_trainings} trainings" if first.how_often else ""
        gathered.append(
            first.model_copy(
                update={
                    "how_often": f",{in_trainings} on {len(same)} of {len(verdicts)} splits",
                    "evidence": f"split {place}: {first.evidence}" if first.evidence else "",
                    "seeds": tuple(dict.fromkeys(at for at, _ in same)),
                }
            )
        )
    return tuple(gathered)
