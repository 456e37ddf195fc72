"""The split: a frozen assignment of every example to train, validation or test, and subsets of train."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from tl_core.data.dataset import Dataset, write_table
from tl_core.data.identity import rank
from tl_core.errors import NotFoundError, PlanError, SplitError
from tl_core.schema import SplitInfo, SplitName

VALIDATION_SHARE, MAX_VALIDATION = 0.15, 2_000
TEST_SHARE, MAX_TEST = 0.30, 5_000
MIN_TRAIN_PER_CLASS = 2

_INFO_KEY = b"split_info"

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Split:
    """A split in memory.

    Attributes
    ----------
    info
        Sizes and hash.
    train, validation, test
        Rows of the dataset, ascending, each ``(size of the part,)``.
    """

    info: SplitInfo
    train: Rows
    validation: Rows
    test: Rows


def make_split(dataset: Dataset, *, seed: int = 0, fractions: tuple[float, float] | None = None) -> Split:
    """Split a dataset, each class alike.

    Within each class the examples stand in the order of `rank`; the first go to test, the next to
    validation, the rest to train. Every class has at least one example in test and in validation and
    two in train. A person's own test file is the test part as it is.

    Parameters
    ----------
    dataset
        What to split; the order of its rows plays no part.
    seed
        Of the ranking.
    fractions
        Shares of validation and test, each in (0, 1), together below 1. None stands for 15 % but at most
        2,000 examples, and 30 % but at most 5,000; a limit lowers the share of all classes alike. With an own
        test file only the first is used, as a share of the other rows.

    Raises
    ------
    SplitError
        If a class is too small.
    """
    if fractions is not None and not (min(fractions) > 0 and sum(fractions) < 1):
        raise SplitError(
            f"Expected two positive shares with a sum below 1; got {fractions[0]} and {fractions[1]}.",
            "Use shares such as 0.15 for validation and 0.3 for test.",
        )
    own_test = np.flatnonzero(dataset.is_own_test())
    classes = _ranked_classes(dataset, np.flatnonzero(~dataset.is_own_test()), seed)
    counts = [len(rows) for rows in classes]
    labels = dataset.info.columns.labels
    check_class_sizes(dict(zip(labels, counts, strict=True)), has_own_test=len(own_test) > 0)
    num_validation, num_test = _part_sizes(sum(counts), fractions)
    if len(own_test):
        num_tested = [0] * len(counts)
    else:
        num_tested = _apportion(num_test, counts, [count - 1 - MIN_TRAIN_PER_CLASS for count in counts])
    limits = [count - tested - MIN_TRAIN_PER_CLASS for count, tested in zip(counts, num_tested, strict=True)]
    num_validated = _apportion(num_validation, counts, limits)
    cuts = [(tested, tested + more) for tested, more in zip(num_tested, num_validated, strict=True)]
    parts = [np.split(rows, cut) for rows, cut in zip(classes, cuts, strict=True)]
    test, validation, train = (np.sort(np.concatenate(part)) for part in zip(*parts, strict=True))
    return _freeze(dataset, seed, train, validation, own_test if len(own_test) else test)


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
    least = MIN_TRAIN_PER_CLASS + (1 if has_own_test else 2)
    label, count = min(counts.items(), key=lambda item: item[1])
    if count >= least:
        return
    num_small = sum(one < least for one in counts.values())
    others = f" (and {num_small:,} classes in all are too small)" if num_small > 1 else ""
    raise SplitError(
        f"Expected at least {least} examples of every class, to train, validate and test; class '{label}' has"
        f" {count}{others}.",
        "Merge it with another class, drop it, or add examples of it.",
    )


def train_subset(dataset: Dataset, split: Split, size: int, subset_seed: int) -> Rows:
    """Return rows of the train part: nested within a seed, drawn anew for each seed.

    Within each class the examples stand in the order of `rank`. The first of every class come first, of the
    largest class at the head; example k of a class of n follows at the place (k + 1/2) / n, so that each
    beginning holds the classes in nearly the proportions of the whole train part.

    Parameters
    ----------
    dataset, split
        Where to draw from.
    size
        Number of rows, from 1 to the size of the train part.
    subset_seed
        The seed's ``subset``.

    Returns
    -------
    Rows of the dataset, ascending, ``(size,)``. Every class is present if `size` is at least the number of
    classes.

    Raises
    ------
    PlanError
        If there are not so many rows to train with.
    """
    if not 1 <= size <= len(split.train):
        raise PlanError(
            f"Expected a train size from 1 to {len(split.train):,}; got {size:,}.",
            "Choose a smaller size, or leave it out to train with all examples.",
        )
    places = [
        (k > 0, (k + 0.5) / len(rows), target, row)
        for target, rows in enumerate(_ranked_classes(dataset, split.train, subset_seed))
        for k, row in enumerate(rows.tolist())
    ]
    return np.array(sorted(row for *_, row in sorted(places)[:size]), dtype=np.int64)


def write_split(split: Split, folder: Path) -> None:
    """Write a split below its dataset's folder; nothing happens if it is there already."""
    path = _path(folder, split.info.hash)
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = np.empty(split.info.train + split.info.validation + split.info.test, dtype=object)
    for name in SplitName:
        parts[getattr(split, name)] = name.value
    table = pa.table({"part": pa.array(parts, pa.string())})
    write_table(table.replace_schema_metadata({_INFO_KEY: split.info.model_dump_json()}), path)


def read_split(folder: Path, split_hash: str) -> Split:
    """Read a split from below its dataset's folder.

    Raises
    ------
    NotFoundError
        If there is none with this hash.
    """
    path = _path(folder, split_hash)
    if not path.exists():
        raise NotFoundError(
            f"Expected the split '{split_hash}' of the dataset '{folder.name}'; there is none.",
            "Make the split again.",
        )
    table = pq.read_table(path)
    parts = np.asarray(table["part"].to_pylist())
    train, validation, test = (np.flatnonzero(parts == name.value) for name in SplitName)
    info = SplitInfo.model_validate_json(table.schema.metadata[_INFO_KEY])
    return Split(info=info, train=train, validation=validation, test=test)


def _ranked_classes(dataset: Dataset, rows: Rows, seed: int) -> list[Rows]:
    """Return the given rows of each class, by label id, in the order of their rank."""
    ids, targets = dataset.table["example_id"].take(rows).to_pylist(), dataset.targets()[rows]
    ranks = [rank(seed, identity) for identity in ids]
    order = np.array(sorted(range(len(rows)), key=ranks.__getitem__), dtype=np.int64)
    return [rows[order[targets[order] == target]] for target in range(dataset.num_labels)]


def _part_sizes(num_examples: int, fractions: tuple[float, float] | None) -> tuple[int, int]:
    if fractions is not None:
        return round(fractions[0] * num_examples), round(fractions[1] * num_examples)
    num_validation = min(round(VALIDATION_SHARE * num_examples), MAX_VALIDATION)
    return num_validation, min(round(TEST_SHARE * num_examples), MAX_TEST)


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


def _freeze(dataset: Dataset, seed: int, train: Rows, validation: Rows, test: Rows) -> Split:
    info = SplitInfo(
        hash=_hash(dataset.example_ids(), {"train": train, "validation": validation, "test": test}),
        dataset_fingerprint=dataset.info.fingerprint,
        seed=seed,
        train=len(train),
        validation=len(validation),
        test=len(test),
    )
    return Split(info=info, train=train, validation=validation, test=test)


def _hash(ids: Sequence[str], parts: Mapping[str, Rows]) -> str:
    """Return the SHA-256 of the sorted lines ``"<example_id> <part>"``."""
    lines = sorted(f"{ids[row]} {part}\n" for part, rows in parts.items() for row in rows.tolist())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _path(folder: Path, split_hash: str) -> Path:
    return folder / "splits" / f"{split_hash}.parquet"
