"""What a split rule decides: what stays together, what is given, and what is drawn from the rest."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.groups import Groups, group_sizes, groups_by_name, join_groups
from tl_core.errors import SplitError
from tl_core.modality import Tick
from tl_core.schema import SplitMethod, SplitName, SplitRule
from tl_core.splits.by_time import draw_newest
from tl_core.splits.own_column import own_parts
from tl_core.splits.stratified import draw, draw_groups

VALIDATION_SHARE, MAX_VALIDATION = 0.15, 2_000
TEST_SHARE, MAX_TEST = 0.30, 5_000

TRAIN, VALIDATION, TEST, FREE = 0, 1, 2, 3

Parts = npt.NDArray[np.int8]
"""The part of every example, ``(num_examples,)``: its place in `SplitName`, or FREE before it is drawn."""


def groups_together(
    dataset: Dataset, rule: SplitRule, groups: Groups | None, tick: Tick | None
) -> Groups | None:
    """Return what the rule keeps together, ``(num_examples,)``, or None if every example stands alone."""
    named = None
    if rule.method is SplitMethod.GROUPED:
        if "group" not in dataset.table.column_names:
            raise SplitError(
                "Expected a column that names the group of each example; the dataset has none.",
                "Choose the group column, or split without regard to groups.",
            )
        named = groups_by_name(dataset.table["group"].to_pylist())
    if rule.keep_together is None:
        return named
    if groups is None:
        groups = dataset.content.near_groups(dataset, rule.keep_together, tick).group
    return groups if named is None else join_groups(named, groups)


def given_parts(dataset: Dataset, rule: SplitRule) -> Parts:
    """Return the part of each example that is given, and `FREE` for those that a part is drawn from."""
    if rule.method is not SplitMethod.OWN:
        return np.where(dataset.is_own_test(), TEST, FREE).astype(np.int8)
    places = {name: place for place, name in enumerate(SplitName)}
    parts = np.array([places[part] for part in own_parts(dataset)], dtype=np.int8)
    if len(np.unique(parts)) < len(SplitName):
        parts[parts == TRAIN] = FREE
    return parts


def draw_parts(dataset: Dataset, rule: SplitRule, parts: Parts, groups: Groups | None) -> None:
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
            f"Expected shares of validation and test with a sum below 1; got {shares[VALIDATION]} and"
            f" {shares[TEST]}.",
            "Use shares such as 0.15 for validation and 0.3 for test.",
        )
    wanted = {place: round(share * num_examples) for place, share in shares.items()}
    if rule.validation is None:
        wanted[VALIDATION] = min(wanted[VALIDATION], MAX_VALIDATION)
    if rule.test is None:
        wanted[TEST] = min(wanted[TEST], MAX_TEST)
    return [wanted[place] for place in drawn]
