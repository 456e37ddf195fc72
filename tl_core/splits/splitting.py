"""The split: every example frozen in train, validation or test as a rule says, and subsets of train."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tl_core.datasets.dataset import Dataset, Rows, write_table
from tl_core.datasets.identity import rank
from tl_core.errors import NotFoundError, PlanError, SplitError
from tl_core.modality import Tick
from tl_core.schema import SplitInfo, SplitMethod, SplitName, SplitRule
from tl_core.splits.by_time import draw_newest
from tl_core.splits.own_column import own_parts
from tl_core.splits.stratified import (
    MIN_TRAIN_PER_CLASS,
    Groups,
    draw,
    draw_groups,
    group_sizes,
    groups_by_name,
    join_groups,
    ranked_classes,
)
from tl_core.words import plural, quoted

_INFO_KEY, _LEAKING_KEY = b"split_info", b"num_leaking"
SEALED = "sealed"
"""Part of the test examples that are sealed, beside the parts in `SplitName`."""

VALIDATION_SHARE, MAX_VALIDATION = 0.15, 2_000
TEST_SHARE, MAX_TEST = 0.30, 5_000

TRAIN, VALIDATION, TEST, FREE = 0, 1, 2, 3

Parts = npt.NDArray[np.int8]
"""The part of every example, ``(num_examples,)``: its place in `SplitName`, or FREE before it is drawn."""


@dataclass(frozen=True, kw_only=True)
class Split:
    """A split in memory.

    Attributes
    ----------
    info
        Sizes, hash and rule.
    train, validation, test
        Rows of the dataset, ascending, each ``(size of the part,)``; of test the open ones.
    sealed
        The test examples that no page shows answers to before the person opens them, ``(num_sealed,)``.
    num_leaking
        Examples of train and validation that are in one group with an example of test: where a person's own
        test part or the times decide, groups cannot keep them together. 0 where no groups were asked for.
    groups
        The number of each example's group, ``(num_examples,)``: rows that the person's group column or near
        duplicates tie together, kept together or not. None where each stands alone.
    """

    info: SplitInfo
    train: Rows
    validation: Rows
    test: Rows
    sealed: Rows = field(default_factory=lambda: np.zeros(0, np.int64))
    num_leaking: int = 0
    groups: Groups | None = None

    @property
    def knows_groups(self) -> bool:
        """Whether it says which examples belong together; one of an earlier version does not."""
        return self.groups is not None or self.info.num_groups == 0


def make_split(
    dataset: Dataset,
    rule: SplitRule = SplitRule(),  # noqa: B008 (frozen)
    *,
    groups: Groups | None = None,
    tick: Callable[[int, int], None] | None = None,
) -> Split:
    """Split a dataset by a rule.

    STRATIFIED
        Within each class the examples stand in the order of `rank`; the first go to test, the next to
        validation, the rest to train. Every class has at least one example in test and in validation and
        two in train. Near duplicates that are to be kept together go where `draw_groups` says.
    GROUPED
        The same with the groups of the person's group column, each joined with those it shares near
        duplicates with.
    BY_TIME
        The newest examples go to test, the next to validation, the rest to train (`draw_newest`).
    OWN
        The person's split column says it. A part that it never names is drawn from its train examples as
        STRATIFIED would.

    A person's own test file is the test part as it is, whatever the rule. Where the rule draws fewer parts
    than two, shares are of the examples it draws from. Without a share, validation gets 15% but at most
    2,000 examples, and test 30% but at most 5,000; a limit lowers the share of all classes alike. What is
    sealed of the test part, however it came about, is drawn from it by class, groups whole.

    Parameters
    ----------
    dataset
        What to split; the order of its rows plays no part.
    rule
        How.
    groups
        The near duplicates at ``rule.keep_together`` (`find_groups`) where they are known already,
        ``(num_examples,)``.
    tick
        Is told how far the search for near duplicates is; may raise to stop it.

    Raises
    ------
    SplitError
        If the examples do not fill the parts by this rule.
    """
    together = _groups_together(dataset, rule, groups, tick)
    parts = _given_parts(dataset, rule)
    free = np.flatnonzero(parts == FREE)
    whole = None if together is None or rule.method is SplitMethod.BY_TIME else together[free]
    _draw_parts(dataset, rule, parts, whole)
    if rule.method in (SplitMethod.BY_TIME, SplitMethod.OWN):
        check_classes(dataset, parts)
    num_leaking = 0
    if together is not None:
        is_test = parts == TEST
        num_leaking = int(np.isin(together[~is_test], together[is_test]).sum())
    tied = _tied(dataset, together)
    sealed = None if rule.sealed is None else draw_sealed(dataset, parts, rule.sealed, rule.seed, tied)
    split = freeze(dataset, rule, parts, groups=whole, num_leaking=num_leaking, sealed=sealed)
    return replace(split, groups=tied)


def draw_sealed(dataset: Dataset, parts: Parts, share: float, seed: int, groups: Groups | None) -> Rows:
    """Choose which test examples are sealed.

    Groups of test examples stand in the order of their first example in rank; each is taken if it brings the
    numbers of the classes nearer to their share, that is if the sum of the squared differences falls.

    Parameters
    ----------
    parts
        As for `freeze`; not changed.
    share
        Of the test examples, in (0, 1).
    groups
        Of all examples, ``(num_examples,)``; None if each stands alone.

    Returns
    -------
    Rows of the dataset, ascending.

    Raises
    ------
    SplitError
        If two classes are not left on either side.
    """
    test, targets = np.flatnonzero(parts == TEST), dataset.targets()
    ranks = [rank(seed, identity) for identity in dataset.table["example_id"].take(test).to_pylist()]
    members: dict[int, list[int]] = {}
    for place in sorted(range(len(test)), key=ranks.__getitem__):
        row = int(test[place])
        members.setdefault(row if groups is None else int(groups[row]), []).append(row)
    wanted = share * np.bincount(targets[test], minlength=dataset.num_labels)
    have, taken = np.zeros(dataset.num_labels), list[int]()
    for rows in members.values():
        more = have + np.bincount(targets[rows], minlength=dataset.num_labels)
        if ((more - wanted) ** 2).sum() < ((have - wanted) ** 2).sum():
            have, taken = more, taken + rows
    sealed = np.array(sorted(taken), dtype=np.int64)
    check_sealed(dataset, np.setdiff1d(test, sealed), sealed)
    return sealed


def check_sealed(dataset: Dataset, test: Rows, sealed: Rows) -> None:
    """Raise SplitError unless open and sealed test examples have two labels each."""
    targets = dataset.targets()
    if any(len(np.unique(targets[rows])) < 2 for rows in (test, sealed)):
        raise SplitError(
            f"{plural(len(test) + len(sealed), 'test example')} are too few to seal a part of them: two"
            " labels have to be on either side.",
            "Leave the test open, or make it larger.",
        )


def freeze(
    dataset: Dataset,
    rule: SplitRule,
    parts: Parts,
    *,
    groups: Groups | None = None,
    num_leaking: int = 0,
    sealed: Rows | None = None,
) -> Split:
    """Make a split of the part of every example.

    Parameters
    ----------
    dataset, rule
        What was split, and how.
    parts
        The place of every example's part in `SplitName`.
    groups
        Group of each example that had to stay with its group, in no order that means anything.
    num_leaking
        As in `Split`.
    sealed
        Those of the test examples that are sealed, ascending.
    """
    sealed = np.zeros(0, np.int64) if sealed is None else sealed
    train, validation, whole_test = (np.flatnonzero(parts == place) for place in range(len(SplitName)))
    test = np.setdiff1d(whole_test, sealed)
    sizes = group_sizes(groups) if groups is not None else np.ones(1, np.int64)
    counts = _class_counts(dataset, parts)
    shares = counts / counts.sum(axis=1, keepdims=True)
    info = SplitInfo(
        hash=_hash(dataset.example_ids(), parts, sealed),
        dataset_fingerprint=dataset.info.fingerprint,
        seed=rule.seed,
        train=len(train),
        validation=len(validation),
        test=len(test),
        sealed=len(sealed),
        rule=rule,
        num_groups=int((sizes > 1).sum()),
        largest_group=int(sizes.max(initial=1)),
        drift=float(np.abs(shares[1:] - shares[0]).max()),
    )
    return Split(
        info=info, train=train, validation=validation, test=test, sealed=sealed, num_leaking=num_leaking
    )


def _groups_together(
    dataset: Dataset, rule: SplitRule, groups: Groups | None, tick: Tick | None
) -> Groups | None:
    """Return what the rule keeps together, ``(num_examples,)``, or None if every example stands alone."""
    named = _named(dataset) if rule.method is SplitMethod.GROUPED else None
    if rule.method is SplitMethod.GROUPED and named is None:
        raise SplitError(
            "The dataset has no column that names the group of each example.",
            "Choose the group column, or split without regard to groups.",
        )
    if rule.keep_together is None:
        return named
    if groups is None:
        groups = dataset.content.near_groups(dataset, rule.keep_together, tick).group
    return groups if named is None else join_groups(named, groups)


def _named(dataset: Dataset) -> Groups | None:
    """Return the groups of the person's own column; None without one."""
    if "group" not in dataset.table.column_names:
        return None
    return groups_by_name(dataset.table["group"].to_pylist())


def _tied(dataset: Dataset, together: Groups | None) -> Groups | None:
    """Return the groups whose examples may be alike: those kept together, and the person's own anyway."""
    named = _named(dataset)
    groups = together if named is None else named
    if named is not None and together is not None:
        groups = join_groups(named, together)
    return None if groups is None or len(np.unique(groups)) == len(groups) else groups


def _given_parts(dataset: Dataset, rule: SplitRule) -> Parts:
    """Return the part of each example that is given, and `FREE` for those that a part is drawn from."""
    if rule.method is not SplitMethod.OWN:
        return np.where(dataset.is_own_test(), TEST, FREE).astype(np.int8)
    places = {name: place for place, name in enumerate(SplitName)}
    parts = np.array([places[part] for part in own_parts(dataset)], dtype=np.int8)
    if len(np.unique(parts)) < len(SplitName):
        parts[parts == TRAIN] = FREE
    return parts


def _draw_parts(dataset: Dataset, rule: SplitRule, parts: Parts, groups: Groups | None) -> None:
    """Give every free example its part; `groups` are theirs, None if each stands alone."""
    drawn = [place for place in (TEST, VALIDATION) if not (parts == place).any()]
    if not drawn:
        return
    free = np.flatnonzero(parts == FREE)
    sizes = _part_sizes(rule, len(free), drawn)
    if rule.method is SplitMethod.BY_TIME:
        rows_of = draw_newest(dataset, free, sizes)
    elif groups is None or len(group_sizes(groups)) == len(free):
        rows_of = draw(dataset, free, sizes, rule.seed)
    else:
        rows_of = draw_groups(dataset, free, sizes, rule.seed, groups)
    parts[free] = TRAIN
    for place, rows in zip(drawn, rows_of, strict=True):
        parts[rows] = place


def _part_sizes(rule: SplitRule, num_examples: int, drawn: Sequence[int]) -> list[int]:
    shares = {VALIDATION: rule.validation or VALIDATION_SHARE, TEST: rule.test or TEST_SHARE}
    if sum(shares[place] for place in drawn) >= 1:
        raise SplitError(
            f"Shares of {shares[VALIDATION]} for validation and {shares[TEST]} for test leave nothing to"
            " train on.",
            "Use shares such as 0.15 for validation and 0.3 for test.",
        )
    wanted = {place: round(share * num_examples) for place, share in shares.items()}
    if rule.validation is None:
        wanted[VALIDATION] = min(wanted[VALIDATION], MAX_VALIDATION)
    if rule.test is None:
        wanted[TEST] = min(wanted[TEST], MAX_TEST)
    return [wanted[place] for place in drawn]


def check_classes(dataset: Dataset, parts: Parts) -> None:
    """Make sure that parts which nobody drew by class can train and test.

    Train needs at least two examples of every class, validation and test at least two classes each: there,
    others may be absent (`missing_labels`).

    Raises
    ------
    SplitError
        If a part falls short; names the class.
    """
    labels = dataset.info.columns.labels
    train, *others = _class_counts(dataset, parts)
    short = np.flatnonzero(train < MIN_TRAIN_PER_CLASS).tolist()
    if short:
        count = int(train[short[0]])
        has = f"only {plural(count, 'training example')}" if count else "no training examples"
        more = f" {len(short):,} labels have too few." if len(short) > 1 else ""
        raise SplitError(
            f"{quoted(labels[short[0]])} has {has}; each label needs at least {MIN_TRAIN_PER_CLASS}.{more}",
            "Merge the label with another one, drop it, or split by another rule.",
        )
    for name, counts in zip(list(SplitName)[1:], others, strict=True):
        if (counts > 0).sum() < 2:
            raise SplitError(
                f"The {name} part holds only {quoted(labels[counts.argmax()])}"
                f" ({plural(int(counts.sum()), 'example')}); two labels are needed.",
                "Make that part larger, or split by another rule.",
            )


def missing_labels(dataset: Dataset, split: Split) -> dict[SplitName, tuple[str, ...]]:
    """Return the labels that each part of a split has no example of."""
    labels, targets = dataset.info.columns.labels, dataset.targets()
    present = {name: np.unique(targets[getattr(split, name)]) for name in SplitName}
    return {
        name: tuple(labels[target] for target in np.setdiff1d(np.arange(len(labels)), there))
        for name, there in present.items()
    }


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
            f"{size:,} training examples are not possible: the training part has {len(split.train):,}.",
            f"Choose a number from 1 to {len(split.train):,}, or leave it out to train on all.",
        )
    places = [
        (k > 0, (k + 0.5) / len(rows), target, row)
        for target, rows in enumerate(ranked_classes(dataset, split.train, subset_seed))
        for k, row in enumerate(rows.tolist())
    ]
    return np.array(sorted(row for *_, row in sorted(places)[:size]), dtype=np.int64)


def write_split(split: Split, folder: Path) -> None:
    """Write a split below its dataset's folder; nothing happens if it is there already, with its groups."""
    path = _path(folder, split.info.hash)
    if path.exists() and (split.groups is None or "group" in pq.read_schema(path).names):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table({"part": pa.array(part_names(split), pa.string())})
    if split.groups is not None:
        table = table.append_column("group", pa.array(split.groups, pa.int64()))
    notes = {_INFO_KEY: split.info.model_dump_json(), _LEAKING_KEY: str(split.num_leaking)}
    write_table(table.replace_schema_metadata(notes), path)


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
            f"The split {quoted(split_hash, 100)} of the dataset {quoted(folder.name, 100)} is gone.",
            "Split the dataset again.",
        )
    table = pq.read_table(path)
    train, validation, test, sealed = (
        np.flatnonzero(pc.equal(table["part"], name).to_numpy()) for name in (*SplitName, SEALED)
    )
    notes = table.schema.metadata
    info = SplitInfo.model_validate_json(notes[_INFO_KEY])
    return Split(
        info=info,
        train=train,
        validation=validation,
        test=test,
        sealed=sealed,
        num_leaking=int(notes.get(_LEAKING_KEY, b"0")),
        groups=table["group"].to_numpy() if "group" in table.column_names else None,
    )


def _class_counts(dataset: Dataset, parts: Parts) -> npt.NDArray[np.int64]:
    """Count the examples of each class in each part, ``(3, num_labels)``."""
    num_labels = dataset.num_labels
    cells = parts.astype(np.int64) * num_labels + dataset.targets()
    return np.bincount(cells, minlength=len(SplitName) * num_labels).reshape(-1, num_labels)


def part_names(split: Split) -> list[str]:
    """Name the part of every example of the dataset, in order: one in `SplitName`, or `SEALED`."""
    names = np.empty(split.info.num_examples, dtype=object)
    for name in (*SplitName, SEALED):
        names[getattr(split, name)] = str(name)
    return list(names)


def _hash(ids: Sequence[str], parts: Parts, sealed: Rows) -> str:
    """Return the SHA-256 of the sorted lines ``"<example_id> <part>"``."""
    ends = [f" {name}\n" for name in (*SplitName, SEALED)]
    places = parts.copy()
    places[sealed] = len(SplitName)
    lines = sorted(one + ends[place] for one, place in zip(ids, places.tolist(), strict=True))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def list_splits(folder: Path) -> list[str]:
    """Return the hashes of the splits that are kept in a dataset's folder."""
    return sorted(path.stem for path in (folder / "splits").glob("*.parquet"))


def _path(folder: Path, split_hash: str) -> Path:
    return folder / "splits" / f"{split_hash}.parquet"
