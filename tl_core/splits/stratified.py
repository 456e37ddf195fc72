"""Drawing the parts of a split so that each holds the classes alike, and groups whole."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tl_core.datasets.dataset import Dataset, Rows
from tl_core.datasets.identity import rank
from tl_core.errors import SplitError
from tl_core.words import plural, quoted

Groups = npt.NDArray[np.int64]
"""The number of each row's group, ``(num_rows,)``: rows with the same number are in the same group."""

MIN_TRAIN_PER_CLASS = 2


def check_class_sizes(counts: Mapping[str, int], *, has_own_test: bool = False) -> None:
    """Make sure that every class fills every part of a split.

    Parameters
    ----------
    counts
        Examples of each label, without those of an own test file.
    has_own_test
        Whether the test part is given, so that one example less will do.

    Raises
    ------
    SplitError
        If a class is too small; names the smallest.
    """
    small = too_small(counts, has_own_test=has_own_test)
    if not small:
        return
    least, num_small = _least(has_own_test), len(small)
    label, count = min(small.items(), key=lambda item: item[1])
    others = f" {num_small:,} labels have too few." if num_small > 1 else ""
    has = f"only {plural(count, 'example')}" if count else "no examples"
    raise SplitError(
        f"{quoted(label)} has {has}; each label needs at least {least}.{others}",
        "Merge it with another label, drop it, or add examples of it.",
    )


def too_small(counts: Mapping[str, int], *, has_own_test: bool = False) -> dict[str, int]:
    """Return the classes, with their counts, that cannot fill every part of a split."""
    return {label: count for label, count in counts.items() if count < _least(has_own_test)}


def _least(has_own_test: bool) -> int:
    return MIN_TRAIN_PER_CLASS + (1 if has_own_test else 2)


def ranked_classes(dataset: Dataset, rows: Rows, seed: int) -> list[Rows]:
    """Return the given rows of each class, by label id, in the order of their rank."""
    ids, targets = dataset.table["example_id"].take(rows).to_pylist(), dataset.targets()[rows]
    ranks = [rank(seed, identity) for identity in ids]
    order = np.array(sorted(range(len(rows)), key=ranks.__getitem__), dtype=np.int64)
    return [rows[order[targets[order] == target]] for target in range(dataset.num_labels)]


def draw(dataset: Dataset, rows: Rows, sizes: Sequence[int], seed: int) -> list[Rows]:
    """Draw parts from rows, of each class the first in rank.

    Parameters
    ----------
    dataset, rows
        Where to draw from.
    sizes
        Examples of each part, at most two. Every class has at least one example in each and two are left.
    seed
        Of the ranking.

    Returns
    -------
    The rows of each part.

    Raises
    ------
    SplitError
        If a class is too small.
    """
    classes = ranked_classes(dataset, rows, seed)
    ends = np.cumsum(_quotas(dataset, [len(one) for one in classes], sizes), axis=0)
    pieces = [np.split(one, cuts) for one, cuts in zip(classes, ends.T, strict=True)]
    return [np.concatenate(part) for part in zip(*pieces, strict=True)][: len(sizes)]


def draw_groups(dataset: Dataset, rows: Rows, sizes: Sequence[int], seed: int, groups: Groups) -> list[Rows]:
    """Draw parts from rows so that every group stays whole; `draw` where every group is a single row.

    The groups stand in the order of their first example in rank. For each part in turn, a group is taken

    1. if no class gets more than `draw` would give it;
    2. then, where that leaves room, if it brings the numbers of the classes nearer to that: the sum of
       the squared differences falls;
    3. then, for each class that is still absent, if it is the smallest with that class.

    A group is never taken if a class would have too little left for the parts that follow.

    Parameters
    ----------
    dataset, rows, sizes, seed
        As for `draw`.
    groups
        Group of each of the rows, ``(len(rows),)``.

    Raises
    ------
    SplitError
        If a class is too small, or in too few groups.
    """
    counts = np.bincount(dataset.targets()[rows], minlength=dataset.num_labels).tolist()
    quotas = _quotas(dataset, counts, sizes)
    ids, targets = dataset.table["example_id"].take(rows).to_pylist(), dataset.targets()[rows].tolist()
    ranks = [rank(seed, identity) for identity in ids]
    members: dict[int, list[int]] = {}
    numbers = groups.tolist()
    for place in sorted(range(len(rows)), key=ranks.__getitem__):
        members.setdefault(numbers[place], []).append(place)
    ranked = [
        _Group(
            rows=tuple(rows[places].tolist()),
            counts=tuple(sorted(Counter(targets[place] for place in places).items())),
        )
        for places in members.values()
    ]
    pool = _Pool(ranked, counts)
    return [
        pool.take(quota, num_later=len(sizes) - place, label_of=dataset.info.columns.labels)
        for place, quota in enumerate(quotas, start=1)
    ]


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows that stay together; `counts` holds (label id, examples) of each class among them."""

    rows: tuple[int, ...]
    counts: tuple[tuple[int, int], ...]


class _Pool:
    """The groups that no part has taken yet, in the order of their rank."""

    def __init__(self, groups: Sequence[_Group], counts: Sequence[int]) -> None:
        self.groups = list(groups)
        self.num_examples = list(counts)
        self.num_groups = [0] * len(counts)
        for group in groups:
            for target, _ in group.counts:
                self.num_groups[target] += 1

    def take(self, quota: Sequence[int], *, num_later: int, label_of: Sequence[str]) -> Rows:
        """Take the groups of one part; `num_later` parts follow before train."""
        taken, have = list[_Group](), [0] * len(quota)

        def fits(group: _Group) -> bool:
            return all(have[target] + count <= quota[target] for target, count in group.counts)

        def comes_nearer(group: _Group) -> bool:
            gain = sum(count * (count + 2 * (have[target] - quota[target])) for target, count in group.counts)
            return gain < 0

        for is_wanted in (fits, comes_nearer):
            taken += self._take_where(is_wanted, have, quota, num_later)
        for target, count in enumerate(have):
            if count == 0:
                taken += self._take_smallest(target, have, quota, num_later)
            if have[target] == 0:
                raise SplitError(
                    f"{quoted(label_of[target])} is in too few groups to train, validate and test on.",
                    "Keep fewer near duplicates together, choose another group column, or merge the label"
                    " with another one.",
                )
        return np.array([row for group in taken for row in group.rows], dtype=np.int64)

    def _take_where(
        self, is_wanted: Callable[[_Group], bool], have: list[int], quota: Sequence[int], num_later: int
    ) -> list[_Group]:
        taken, left = list[_Group](), list[_Group]()
        for place, group in enumerate(self.groups):
            if have == quota:
                left += self.groups[place:]
                break
            is_taken = is_wanted(group) and self._can_spare(group, num_later)
            (taken if is_taken else left).append(group)
            if is_taken:
                self._count(group, have)
        self.groups = left
        return taken

    def _take_smallest(
        self, target: int, have: list[int], quota: Sequence[int], num_later: int
    ) -> list[_Group]:
        holding = [
            group
            for group in self.groups
            if any(one == target for one, _ in group.counts) and self._can_spare(group, num_later)
        ]
        if not holding:
            return []
        smallest = min(holding, key=lambda group: len(group.rows))
        return self._take_where(lambda group: group is smallest, have, quota, num_later)

    def _can_spare(self, group: _Group, num_later: int) -> bool:
        """Whether every class keeps a group for each later part and for train, and enough examples."""
        return all(
            self.num_groups[target] > num_later + 1
            and self.num_examples[target] - count >= num_later + MIN_TRAIN_PER_CLASS
            for target, count in group.counts
        )

    def _count(self, group: _Group, have: list[int]) -> None:
        for target, count in group.counts:
            have[target] += count
            self.num_examples[target] -= count
            self.num_groups[target] -= 1


def _quotas(dataset: Dataset, counts: Sequence[int], sizes: Sequence[int]) -> list[list[int]]:
    """Return how many examples of each class go to each part."""
    labels = dataset.info.columns.labels
    check_class_sizes(dict(zip(labels, counts, strict=True)), has_own_test=len(sizes) == 1)
    left, quotas = list(counts), list[list[int]]()
    for num_later, size in zip(range(len(sizes) - 1, -1, -1), sizes, strict=True):
        limits = [count - num_later - MIN_TRAIN_PER_CLASS for count in left]
        quotas.append(_apportion(size, counts, limits))
        left = [count - taken for count, taken in zip(left, quotas[-1], strict=True)]
    return quotas


def _apportion(total: int, counts: Sequence[int], limits: Sequence[int]) -> list[int]:
    """Share out `total` by largest remainder, at least 1 to a class and at most its limit."""
    num_examples = sum(counts)
    quotas = [divmod(total * count, num_examples) for count in counts]
    num_left = total - sum(whole for whole, _ in quotas)
    by_remainder = sorted(range(len(counts)), key=lambda target: -quotas[target][1])
    favoured = set(by_remainder[:num_left])
    return [
        min(max(whole + (target in favoured), 1), limits[target]) for target, (whole, _) in enumerate(quotas)
    ]


def join_groups(first: Groups, second: Groups) -> Groups:
    """Return the finest groups in which rows stay together that either grouping holds together.

    Parameters
    ----------
    first, second
        A group of every row, ``(num_rows,)`` each.
    """
    _, one = np.unique(first, return_inverse=True)
    _, other = np.unique(second, return_inverse=True)
    num_ones = int(one.max(initial=-1)) + 1
    label = connect(num_ones + int(other.max(initial=-1)) + 1, one, num_ones + other)
    return number_by_appearance(label[one])


def connect(num_nodes: int, first: Groups, second: Groups) -> Groups:
    """Return the number of each node's connected component, ``(num_nodes,)``.

    Parameters
    ----------
    num_nodes
        Number of nodes.
    first, second
        Both ends of every edge.
    """
    # Slow to import, which only those who group should wait for.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = coo_array((np.ones(len(first), bool), (first, second)), shape=(num_nodes, num_nodes))
    return np.asarray(connected_components(edges, directed=False)[1], dtype=np.int64)


def number_by_appearance(labels: Groups) -> Groups:
    """Return the same groups, numbered from 0 in the order in which they first appear."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    place = np.empty(len(first), np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    return place[inverse]


def groups_by_name(names: Sequence[str | None]) -> Groups:
    """Group rows of the same name; a row whose name is missing or blank is a group of its own."""
    numbers: dict[str | int, int] = {}
    return np.array(
        [
            numbers.setdefault(name if name and not name.isspace() else row, len(numbers))
            for row, name in enumerate(names)
        ],
        dtype=np.int64,
    )


def group_sizes(groups: Groups) -> Groups:
    """Return the sizes of all groups, in no order that means anything."""
    return np.unique(groups, return_counts=True)[1]
