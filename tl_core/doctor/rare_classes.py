"""Classes that are too rare to be learnt or to be tested."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.findings import found
from tl_core.files.excerpts import MAX_EXAMPLES
from tl_core.schema import Finding
from tl_core.splits.rules import TEST_SHARE, VALIDATION_SHARE
from tl_core.splits.splitting import Split

MIN_TRAIN = 8
"""Fewest examples of a class that few-shot studies train with (SetFit: 8 a class)."""
MIN_TEST = 5
"""Below five, even a class without an error has a recall of [40 %, 100 %] (Clopper-Pearson, 95 %, 4 of 4)."""

Counts = npt.NDArray[np.int64]


def rare_classes(dataset: Dataset, split: Split | None) -> Iterator[Finding]:
    """Find classes with fewer than 8 examples to learn from or fewer than 5 to test with."""
    labels = dataset.info.columns.labels
    train, test = _part_counts(dataset, split)
    rare = _rare(train, test)
    if len(rare):
        planned = "" if split else " in the usual split"
        yield found(
            dataset,
            np.isin(dataset.targets(), rare),
            code="rare_classes",
            severity="warning",
            message=(
                f"Classes with fewer than {MIN_TRAIN} examples to learn from or {MIN_TEST} to test with"
                f"{planned}: {len(rare):,} of {len(labels):,}. Their scores will be chance."
            ),
            remedy="Add examples of these classes, merge them with others, or drop them.",
            fix="drop_rare_classes",
            examples=[
                f"'{labels[target]}': {train[target]:,} to learn from, {test[target]:,} to test with"
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
