"""Texts that two tasks share, where one would be tested on what the other has learned."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from tl_core.datasets.dataset import read_dataset
from tl_core.errors import NotFoundError
from tl_core.schema import RunConfig
from tl_core.splits.splitting import read_split
from tl_core.store.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Distinct test texts of one task that are train texts of the other.

    Attributes
    ----------
    seen_before, num_test
        Of the second task's test texts those that the first one could train on, and how many there are.
    seen_after, num_first_test
        Of the first task's test texts those that the second one could train on, and how many there are.
    """

    seen_before: int
    num_test: int
    seen_after: int
    num_first_test: int


def find_overlap(workspace: Workspace, first: RunConfig, second: RunConfig) -> Overlap | None:
    """Compare the whole train and test splits of two tasks; None if a dataset is not in the workspace."""
    places = [(workspace.dataset_folder(run.dataset_fingerprint), run.split_hash) for run in (first, second)]
    try:
        return _count(*places)
    except NotFoundError:
        return None


@lru_cache(maxsize=16)
def _count(first: tuple[Path, str], second: tuple[Path, str]) -> Overlap:
    """Count once for two splits, of which none ever changes."""
    (first_train, first_test), (train, test) = _read(*first), _read(*second)
    return Overlap(
        seen_before=len(test & first_train),
        num_test=len(test),
        seen_after=len(first_test & train),
        num_first_test=len(first_test),
    )


def _read(folder: Path, split_hash: str) -> tuple[set[str], set[str]]:
    """Return the ids of the train and of the test examples, which come from their texts alone."""
    dataset, split = read_dataset(folder), read_split(folder, split_hash)
    whole_test = np.concatenate([split.test, split.sealed])
    train, test = (set(dataset.take(rows).example_ids()) for rows in (split.train, whole_test))
    return train, test


def overlap_words(overlap: Overlap | None) -> str:
    """Say what two tasks share, in one or two sentences."""
    if overlap is None:
        return "One of the two datasets is not in this workspace, so shared examples cannot be counted."
    if not overlap.seen_before and not overlap.seen_after:
        return "No test example of either task is a training example of the other."
    return (
        f"{overlap.seen_before:,} of this task's {overlap.num_test:,} test examples are training examples of "
        f"the first task, and {overlap.seen_after:,} of the first task's {overlap.num_first_test:,} are "
        "training examples of this one. The network may know them by heart."
    )
