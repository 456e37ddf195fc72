"""Whether there is enough: classes too rare to be learnt or tested, and how sure a comparison can be."""

from collections.abc import Iterator
from math import sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.findings import found, percent
from tl_core.files.excerpts import MAX_EXAMPLES
from tl_core.schema import FEWEST_GROUPS, Finding, has_few_groups
from tl_core.splits.splitting import MAX_TEST, TEST_SHARE, VALIDATION_SHARE, Split
from tl_core.splits.stratified import group_sizes
from tl_core.words import plural, quoted

MIN_TRAIN = 8
"""Fewest examples of a class that few-shot studies train with (SetFit: 8 a class)."""
MIN_TEST = 5
"""Below five, even a class without an error has a recall of [40%, 100%] (Clopper-Pearson, 95%, 4 of 4)."""

Counts = npt.NDArray[np.int64]
ASSUMED_ACCURACY = 0.8
ASSUMED_DISCORDANCE = 0.2
WIDE = 0.1
"""Half-width of a difference above which only gaps of more than ten points can be shown."""
_Z95 = NormalDist().inv_cdf(0.975)


def rare_classes(dataset: Dataset, split: Split | None) -> Iterator[Finding]:
    """Find classes with fewer than 8 examples to learn from or fewer than 5 to test with."""
    labels = dataset.info.columns.labels
    train, test = _part_counts(dataset, split)
    rare = _rare(train, test)
    if len(rare):
        planned = "" if split else " in the usual split"
        have = "has" if len(rare) == 1 else "have"
        yield found(
            dataset,
            np.isin(dataset.targets(), rare),
            code="rare_classes",
            severity="warning",
            message=(
                f"{len(rare):,} of {len(labels):,} labels {have} fewer than {MIN_TRAIN} training examples or"
                f" {MIN_TEST} test examples{planned}. Scores on so few are chance."
            ),
            remedy="Add examples of these labels, merge them with others, or drop them.",
            fix="drop_rare_classes",
            examples=[
                f"{quoted(labels[target])}: {train[target]:,} to train on, {test[target]:,} to test on"
                for target in rare[:MAX_EXAMPLES]
            ],
        )


def rare_labels(dataset: Dataset, split: Split | None) -> tuple[str, ...]:
    """Return the labels of these classes."""
    return tuple(dataset.info.columns.labels[target] for target in _rare(*_part_counts(dataset, split)))


def _rare(train: Counts, test: Counts) -> Counts:
    return np.flatnonzero((train < MIN_TRAIN) | (test < MIN_TEST))


def _part_counts(dataset: Dataset, split: Split | None) -> tuple[Counts, Counts]:
    """Count the train and the test examples of each class, or what the usual shares would make of them."""
    if split is not None:
        return _count(dataset, split.train), _count(dataset, split.test)
    is_own_test = dataset.is_own_test()
    counts = _count(dataset, np.flatnonzero(~is_own_test))
    if is_own_test.any():
        return _share(counts, 1 - VALIDATION_SHARE), _count(dataset, np.flatnonzero(is_own_test))
    return _share(counts, 1 - VALIDATION_SHARE - TEST_SHARE), _share(counts, TEST_SHARE)


def _count(dataset: Dataset, rows: Counts) -> Counts:
    counts: Counts = np.bincount(dataset.targets()[rows], minlength=dataset.num_labels)
    return counts


def _share(counts: Counts, share: float) -> Counts:
    shares: Counts = np.floor(counts * share).astype(np.int64)
    return shares


def expected_interval(dataset: Dataset, split: Split | None) -> Iterator[Finding]:
    """Say how wide the 95% intervals of an accuracy and of a difference will be."""
    num_test = _num_test(dataset, split)
    groups = None if split is None or split.groups is None else split.groups[split.test]
    num_groups, independent = num_test, float(num_test)
    if groups is not None:
        sizes = group_sizes(groups)
        num_groups, independent = len(sizes), num_test**2 / float((sizes**2).sum())
    of_one, of_two = (
        _from_to(half_width(num_test), half_width(independent))
        for half_width in (accuracy_half_width, difference_half_width)
    )
    in_groups = f" in {plural(num_groups, 'group')}" if num_groups < num_test else ""
    message = (
        f"With {plural(num_test, 'test example')}{in_groups} and one seed, expect about {of_one} points on"
        f" accuracy and {of_two} on the difference of two models (95%, at {percent(ASSUMED_ACCURACY)}"
        f" accuracy and {percent(ASSUMED_DISCORDANCE)} disagreement)."
    )
    remedy = "Test on four times as many examples to halve both."
    if in_groups:
        message += " The more alike the examples of a group are, the wider."
        remedy = "Test on four times as many groups to halve both."
    has_few = has_few_groups(num_groups) and bool(in_groups)
    if has_few:
        message += f" Below {FEWEST_GROUPS} groups, nothing is claimed of two models."
    is_wide = has_few or difference_half_width(independent) > WIDE
    yield Finding(
        code="expected_interval",
        severity="warning" if is_wide else "info",
        message=message,
        count=num_test,
        remedy=remedy,
    )


def _from_to(narrow: float, wide: float) -> str:
    """Write half a width in points, or two where they differ: "±5.2" or "±5.2 to ±12"."""
    ends = dict.fromkeys(f"±{100 * one:.2g}" for one in (narrow, wide))
    return " to ".join(ends)


def accuracy_half_width(num_test: float, accuracy: float = ASSUMED_ACCURACY) -> float:
    """Return half the width of the Wald interval: ``z * sqrt(p * (1 - p) / n)``, at most 1.

    Agresti, Categorical Data Analysis (3rd edition), section 1.3.3.
    """
    return min(1.0, _Z95 * sqrt(accuracy * (1 - accuracy) / num_test))


def difference_half_width(num_test: float, discordance: float = ASSUMED_DISCORDANCE) -> float:
    """Return half the width of the interval of a paired difference near 0: ``z * sqrt(d / n)``, at most 1.

    The variance of a paired difference is ``(d - difference**2) / n``, where `discordance` ``d`` is the share
    of examples that one model alone gets right (Agresti, Categorical Data Analysis, 3rd edition, section
    11.1.1).
    """
    return min(1.0, _Z95 * sqrt(discordance / num_test))


def _num_test(dataset: Dataset, split: Split | None) -> int:
    if split is not None:
        return split.info.test
    if dataset.info.num_own_test:
        return dataset.info.num_own_test
    return max(1, min(round(TEST_SHARE * dataset.num_examples), MAX_TEST))
