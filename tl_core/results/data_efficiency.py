"""From how few labels: what labels were worth to a pair of arms, read from every experiment that is alike."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from tl_core.errors import ComparisonError
from tl_core.evaluation.data_efficiency import DataEfficiency, data_efficiency, sizes_to_narrow
from tl_core.evaluation.data_efficiency_words import worth_sentence
from tl_core.evaluation.predictions import ArmPredictions
from tl_core.evaluation.wording import spoken_names
from tl_core.results.comparison import Key, headline_pair
from tl_core.results.pooled import Pooled, live_cells
from tl_core.schema import Arm

_STEPS = (10, 25, 50)
_FEWEST = 25
_SMALL = 100
"""Train examples below which a curve begins at 10 and not at 25."""
_ROOM = 0.8
"""Share of the largest size above which a smaller one would say nothing new."""


def find_data_efficiency(pooled: Pooled, a: str, b: str) -> list[DataEfficiency]:
    """Say for each train size of ``b``, the largest first, with how many labels ``a`` reaches the same.

    Empty if ``a`` has a single size, or shares no seed with ``b``.
    """
    curve, metric = _sizes_of(pooled, a), pooled.experiment.headline_metric
    found = []
    for _, of_b in sorted(_sizes_of(pooled, b).items(), reverse=True):
        with contextlib.suppress(ComparisonError):  # runs of several devices may not be compared
            found.append(data_efficiency(curve, of_b, metric, pooled.flags))
    return [one for one in found if one is not None]


def _sizes_of(pooled: Pooled, arm: str) -> dict[int, ArmPredictions]:
    return {size: found for (name, size), found in pooled.predictions.items() if name == arm}


def curve_keys(pooled: Pooled) -> list[Key]:
    """List what the curves are drawn of: the experiment's arms that learn from labels, at every size."""
    names = [arm.name for arm in pooled.experiment.arms if not arm.kind.is_floor]
    return [(name, size) for name in names for size in sorted(_sizes_of(pooled, name))]


def train_size_grid(largest: int, num_labels: int) -> tuple[int, ...]:
    """List train sizes that show a curve: 25, 50, 100, 250 … and the largest; 10 too where there are few.

    >>> ladder(500, 3)
    (25, 50, 100, 250, 500)
    """
    fewest = max(num_labels, 0 if largest < _SMALL else _FEWEST)
    rungs, factor = [], 1
    while _STEPS[0] * factor <= largest:
        sizes = (step * factor for step in _STEPS)
        rungs += [size for size in sizes if fewest <= size <= _ROOM * largest]
        factor *= 10
    return (*rungs, largest)


def lacking(pooled: Pooled, a: str, b: str) -> tuple[tuple[Arm, int], ...]:
    """List what a pair lacks for a curve if it has a single train size: both arms, and TF-IDF where it ran.

    Empty for a pair with several sizes, or with an arm that learns nothing from labels.
    """
    pair = (Arm.parse(a), Arm.parse(b))
    there = live_cells(pooled.runs)
    sizes = {size for arm, size in there if arm == pair[0]}
    if len(sizes) > 1 or any(arm.kind.is_floor for arm in pair):
        return ()
    others = [arm for arm in pooled.experiment.arms if arm.kind.is_baseline and arm not in pair]
    wanted = [
        (arm, size)
        for arm in (*pair, *others)
        for size in train_size_grid(pooled.largest, len(pooled.experiment.labels))
    ]
    return tuple(cell for cell in wanted if cell not in there)


def narrowing(pooled: Pooled, a: str, b: str) -> tuple[tuple[Arm, int], ...]:
    """List the one or two sizes of ``a`` that would narrow the interval most, and nobody has queued."""
    worths = find_data_efficiency(pooled, a, b)
    if not worths:
        return ()
    worth, there = worths[0], live_cells(pooled.runs)
    fewest = max(len(pooled.experiment.labels), _STEPS[0])
    sizes = sizes_to_narrow(worth.sizes, worth.needed, fewest=fewest, most=pooled.largest)
    cells = ((Arm.parse(a), size) for size in sizes)
    return tuple(cell for cell in cells if cell not in there)


def data_efficiency_json(pooled: Pooled, titles: Mapping[str, str]) -> dict[str, Any] | None:
    """Give what labels were worth to an experiment's first pair as plain values; None with one train size.

    ``labels_needed``, the measured sizes between which the means cross, and ``ci95`` have None where an end
    lies outside of what was measured; ``sentence`` says on which side.
    """
    pair = headline_pair(pooled.experiment.arms)
    if pair is None:
        return None
    worths = find_data_efficiency(pooled, pair[0].name, pair[1].name)
    if not worths:
        return None
    worth, needed = worths[0], worths[0].needed

    def measured(ends: Sequence[float]) -> list[float | None]:
        return [one if worth.sizes[0] <= one <= worth.sizes[-1] else None for one in ends]

    return {
        "a": worth.a,
        "b": worth.b,
        "metric": worth.metric.value,
        "train_sizes": list(worth.sizes),
        "train_size_b": worth.size,
        "value_b": worth.value,
        "labels_needed": measured((needed.above, needed.most)),
        "ci95": measured((needed.low, needed.high)),
        "least_saved": worth.least_saved if worth.is_shown else None,
        "is_shown": worth.is_shown,
        "num_seeds": worth.num_seeds,
        "num_examples": worth.num_examples,
        "num_groups": worth.num_groups,
        "scope": worth.scope,
        "flags": [f"{flag.arm}: {flag.code}" for flag in worth.flags],
        "sentence": worth_sentence(worth, spoken_names(titles)),
    }
