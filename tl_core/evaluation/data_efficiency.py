"""How many labels one arm needs to be as good as another one with more: the distance between two curves.

``docs/fairness_and_statistics.md`` explains the choices and what their simulation showed.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tl_core.evaluation.intervals import Scope, interval_of
from tl_core.evaluation.metrics import ExampleValues, Floats, example_values
from tl_core.evaluation.predictions import ArmPredictions, pair
from tl_core.schema import Flag, Metric, has_few_groups

_PLACES_A_SEGMENT = 12
_HALVINGS = 10
_DECIMALS = 6
# Means that are equal on paper differ by rounding.
_EQUAL = 1e-9


@dataclass(frozen=True, kw_only=True)
class Needed:
    """With how many labels a curve reaches a level: an estimate and its 95% interval.

    0 stands for "fewer than the smallest number measured", infinity for "more than the largest".
    """

    estimate: float
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
    def saved(self) -> float:
        """Labels that ``a`` does without, ``size`` less the estimate; minus infinity if it never gets there.

        Where ``a`` gets there with fewer than measured, what it saves at least.
        """
        return self.size - max(self.needed.estimate, self.sizes[0])

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
    """Find where a rising curve through measured sizes reaches a level, with the interval by inversion.

    A number of labels m belongs to the interval if the 95% interval of the mean difference
    curve(m) - reached holds 0: a confidence set by inverting a test, as Fieller's (1954, J. R. Stat. Soc. B
    16, 175-185) is for a ratio. It has the coverage of `mean_interval`, and is open where the data end.
    Between two sizes the curve is taken as straight over the logarithm of the number of labels.

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
    logs = np.log(np.asarray(sizes, dtype=float))
    means = rising.mean(axis=(1, 2)) - reached.values.mean()

    def sign(log: float) -> int:
        """Tell the side of the level on which the curve is shown to be; 0 if neither is."""
        right = min(max(int(np.searchsorted(logs, log)), 1), len(logs) - 1)
        share = (log - logs[right - 1]) / (logs[right] - logs[right - 1])
        there = np.asarray((1 - share) * rising[right - 1] + share * rising[right])
        interval = interval_of(ExampleValues.of_arm(there, reached.limits, reached.groups).minus(reached))
        return int(interval.low > 0) - int(interval.high < 0)

    estimate = _first_crossing(logs, means)
    grid = [
        np.linspace(start, end, _PLACES_A_SEGMENT, endpoint=False)
        for start, end in zip(logs[:-1], logs[1:], strict=True)
    ]
    found = [estimate] if math.isfinite(estimate) else []
    places = np.unique(np.concatenate([*grid, logs[-1:], found]))
    low, high = _set_of_zero(places, [sign(log) for log in places], sign)
    return Needed(estimate=_labels(estimate), low=_labels(low), high=_labels(high))


def _labels(log: float) -> float:
    """Undo the logarithm, so that a measured size comes out whole; its infinities become 0 and infinity."""
    return round(math.exp(log), _DECIMALS) if log < math.inf else math.inf


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


def _first_crossing(logs: Floats, means: Floats) -> float:
    """Find where rising means first reach 0; minus or plus infinity outside of what was measured."""
    if means[0] > _EQUAL:
        return -math.inf
    if means[-1] < -_EQUAL:
        return math.inf
    right = int(np.argmax(means >= -_EQUAL))
    if right == 0:
        return float(logs[0])
    share = min(1.0, -means[right - 1] / (means[right] - means[right - 1]))
    return float(logs[right - 1] + share * (logs[right] - logs[right - 1]))


def _set_of_zero(places: Floats, signs: Sequence[int], sign: Callable[[float], int]) -> tuple[float, float]:
    """Return the ends of the places with sign 0, infinite where the set leaves the measured range.

    Places between two of the set count as in it. Without any, all is above the level or all below it, or the
    curve leaps over it between two places.
    """
    inside = [index for index, one in enumerate(signs) if one == 0]
    if not inside:
        num_below = sum(one < 0 for one in signs)
        low = places[num_below - 1] if num_below else -math.inf
        high = places[num_below] if num_below < len(places) else math.inf
        return float(low), float(high)
    first, last = inside[0], inside[-1]
    low = -math.inf if first == 0 else _edge(places[first], places[first - 1], sign)
    high = math.inf if last == len(places) - 1 else _edge(places[last], places[last + 1], sign)
    return float(low), float(high)


def _edge(inside: float, outside: float, sign: Callable[[float], int]) -> float:
    """Halve the way between a place of the set and one outside; return the end outside."""
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if sign(middle) == 0 else (inside, middle)
    return outside


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
