"""How many labels one arm needs to be as good as another one with more: the distance between two curves.

``docs/fairness_and_statistics.md`` explains the choices and what their simulation showed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from tl_core.evaluation.intervals import Scope, interval_of
from tl_core.evaluation.metrics import ExampleValues, Floats, example_values
from tl_core.evaluation.predictions import ArmPredictions, pair
from tl_core.schema import Flag, Metric, has_few_groups

# Means that are equal on paper differ by rounding.
_EQUAL = 1e-9
_WORTH_A_SIZE = 1.5
"""Ratio of two measured sizes from which one in between is worth a training."""
_MOST_PROPOSED = 2


@dataclass(frozen=True, kw_only=True)
class Needed:
    """With how many labels a curve reaches a level, as far as the measured sizes tell.

    Each is a measured number of labels, 0 for "fewer than the smallest", or infinity for "more than the
    largest".

    Attributes
    ----------
    above, most
        Where the means cross the level: with more than ``above`` labels and at most ``most``.
    low, high
        Ends of the 95% interval: with ``low`` the curve is shown to be below the level, with ``high`` above.
    """

    above: float
    most: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class DataEfficiency:
    """How many labels arm ``a`` needs to reach what arm ``b`` reaches with ``size`` of them.

    Attributes
    ----------
    sizes
        Numbers of labels that ``a`` was measured with, rising, at least two.
    size, value
        Labels of ``b``, and its mean value with them (fraction).
    needed
        Labels of ``a`` at the same value.
    epochs_a, epochs_b
        The fewest and the most passes over the train examples of a network of ``a``, at all its sizes, and of
        one of ``b``; None without a network, or if they are unknown.
    flags
        What weakens the claim: flags of ``b`` at its size and of ``a`` at the sizes in question.
    """

    a: str
    b: str
    metric: Metric
    sizes: tuple[int, ...]
    size: int
    value: float
    needed: Needed
    num_seeds: int
    num_examples: int
    num_groups: int | None = None
    scope: Scope
    epochs_a: tuple[float, float] | None = None
    epochs_b: tuple[float, float] | None = None
    flags: tuple[Flag, ...] = ()

    @property
    def least_saved(self) -> float:
        """Labels that ``a`` is shown to do without at least; minus infinity if it may never get there."""
        return self.size - self.needed.high

    @property
    def is_shown(self) -> bool:
        """Whether the whole interval lies below ``size``: that ``a`` needs fewer labels is shown."""
        return self.needed.high < self.size and not has_few_groups(self.num_groups)


def data_efficiency(
    a: Mapping[int, ArmPredictions],
    b: ArmPredictions,
    metric: Metric,
    flags: Mapping[tuple[str, int], Sequence[Flag]],
) -> DataEfficiency | None:
    """Find with how many labels ``a`` reaches what ``b`` reaches; None without two sizes or a common seed.

    Parameters
    ----------
    a
        Predictions by train size. Only the seeds count that all of them and ``b`` have.
    b
        The arm to reach, at the train size asked about.
    flags
        By arm and train size.

    Raises
    ------
    ComparisonError
        If the arms may not be compared; the message names what differs.
    """
    sizes = tuple(sorted(a))
    seeds = [seed for seed in b.seeds if all(seed in one.seeds for one in a.values())]
    if len(sizes) < 2 or not seeds:
        return None
    # That two arms learn from different numbers is what is asked here.
    pairs = [pair(replace(a[size], train_size=b.train_size), b) for size in sizes]
    reached = example_values(pairs[0][1].for_seeds(seeds), metric)
    curve = np.stack([example_values(one.for_seeds(seeds), metric).values for one, _ in pairs])
    needed = labels_needed(sizes, curve, reached)
    # An interval rests on the sizes within it, and on the nearest one on either side.
    first = max((size for size in sizes if size <= needed.low), default=sizes[0])
    last = min((size for size in sizes if size >= needed.high), default=sizes[-1])
    in_question = [size for size in sizes if first <= size <= last]
    name = pairs[0][0].arm
    epochs = [one.for_seeds(seeds).epochs_range for one, _ in pairs]
    known = [one for one in epochs if one is not None]
    return DataEfficiency(
        a=name,
        b=b.arm,
        metric=metric,
        sizes=sizes,
        size=b.train_size,
        value=float(reached.values.mean()),
        needed=needed,
        num_seeds=len(seeds),
        num_examples=b.num_examples,
        num_groups=pairs[0][1].num_groups,
        scope="models" if len(seeds) == 1 else "expected",
        epochs_a=(min(low for low, _ in known), max(high for _, high in known)) if known else None,
        epochs_b=pairs[0][1].for_seeds(seeds).epochs_range,
        flags=(*_of_several_sizes(flags, name, in_question), *flags.get((b.arm, b.train_size), ())),
    )


def labels_needed(sizes: Sequence[int], curve: Floats, reached: ExampleValues) -> Needed:
    """Find between which measured sizes a rising curve reaches a level, with the interval by inversion.

    Nothing is assumed of the curve but that more labels do not harm: if with 100 labels it is shown to be
    below the level, every smaller number is too, and if with 250 it is shown to be above, 250 are enough. So
    the interval is bounded by measured sizes alone, for a curve of any shape, and has at least the coverage
    of `mean_interval` at the two sizes beside the truth; where the data end it is open.

    Parameters
    ----------
    sizes
        Train sizes, (K,), rising, at least two.
    curve
        Contributions of the test examples at each size, (K, S, n).
    reached
        Those whose mean is the level, of the same seeds and examples; their limits are the curve's too.
    """
    rising = _pooled(curve)
    means = rising.mean(axis=(1, 2)) - reached.values.mean()
    intervals = [
        interval_of(ExampleValues.of_arm(there, reached.limits, reached.groups).minus(reached))
        for there in rising
    ]
    is_below, is_above = [one.high < 0 for one in intervals], [one.low > 0 for one in intervals]
    at_level = [size for size, mean in zip(sizes, means, strict=True) if abs(mean) <= _EQUAL]
    above = max((size for size, mean in zip(sizes, means, strict=True) if mean < -_EQUAL), default=0.0)
    return Needed(
        above=at_level[0] if at_level else above,
        most=min(
            (size for size, mean in zip(sizes, means, strict=True) if mean >= -_EQUAL), default=math.inf
        ),
        low=max((size for size, below in zip(sizes, is_below, strict=True) if below), default=0.0),
        high=min((size for size, above in zip(sizes, is_above, strict=True) if above), default=math.inf),
    )


def sizes_to_narrow(sizes: Sequence[int], needed: Needed, *, fewest: int, most: int) -> tuple[int, ...]:
    """Propose the one or two train sizes that would narrow an interval most.

    They halve, on a logarithmic scale, what lies between two measured sizes within it: first where the means
    cross the level, then the widest other. What is narrower than a factor of 1.5 is left alone.

    Parameters
    ----------
    sizes
        Train sizes measured, rising.
    fewest, most
        What can be trained at all.

    Returns
    -------
    Rising, each between ``fewest`` and ``most``; empty where nothing is left to narrow.
    """
    low, high = max(needed.low, fewest), min(needed.high, most)
    within = [low, *(size for size in sizes if low < size < high), high]
    gaps = [(a, b) for a, b in pairwise(within) if b >= _WORTH_A_SIZE * a]
    gaps.sort(key=lambda gap: (not (gap[0] >= needed.above and gap[1] <= needed.most), -gap[1] / gap[0]))
    halves = [_round(math.sqrt(a * b)) for a, b in gaps[:_MOST_PROPOSED]]
    return tuple(sorted(size for size in halves if size not in sizes and fewest <= size <= most))


def _round(number: float) -> int:
    """Keep two digits."""
    return int(round(number, min(0, 1 - math.floor(math.log10(number)))))


def _pooled(curve: Floats) -> Floats:
    """Average neighbouring sizes, example by example, until the means never fall: (K, S, n) to (K, S, n).

    That is isotonic regression by pooling adjacent violators (Barlow et al. 1972), applied to what the means
    are made of. More labels may help or not; that they harm is taken for noise.
    """
    from scipy.optimize import isotonic_regression  # a third of a second to import, and few pages need it

    blocks = isotonic_regression(curve.mean(axis=(1, 2))).blocks
    parts = [
        np.repeat(curve[start:end].mean(axis=0, keepdims=True), end - start, axis=0)
        for start, end in zip(blocks[:-1], blocks[1:], strict=True)
    ]
    return np.concatenate(parts)


def _of_several_sizes(
    flags: Mapping[tuple[str, int], Sequence[Flag]], arm: str, sizes: Sequence[int]
) -> list[Flag]:
    """Gather an arm's flags, each once, with the sizes that show it in its phrase."""
    found: dict[str, list[tuple[int, Flag]]] = {}
    for size in sizes:
        for flag in flags.get((arm, size), ()):
            found.setdefault(flag.code, []).append((size, flag))
    gathered = []
    for shown in found.values():
        *others, last = [f"{size:,}" for size, _ in shown]
        words = f"{', '.join(others)} and {last}" if others else last
        flag = shown[-1][1]
        gathered.append(flag.model_copy(update={"phrase": f"with {words} labels {flag.phrase}"}))
    return gathered
