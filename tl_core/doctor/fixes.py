"""Fixes: each makes a new version of a dataset and records what it changed. None touches an own test file."""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.findings import Mask
from tl_core.datasets.selection import content_columns
from tl_core.datasets.versions import Edit, next_version
from tl_core.doctor.label_typos import suspected_typos
from tl_core.doctor.near_duplicates import surplus
from tl_core.doctor.sizes import rare_labels
from tl_core.modality import NearGroups
from tl_core.words import plural, quoted, quoted_names

NEEDS_GROUPS = "keep_one_of_near_duplicates"
_ROWS_AT_A_TIME = 65_536


def apply_fix(dataset: Dataset, fix: str, **choices: Any) -> Dataset:
    """Make a new version of a dataset; the same dataset comes back if there is nothing to change.

    Parameters
    ----------
    dataset
        The version to start from; it stays as it is.
    fix
        A key of `FIXES` or of the content's own, as in ``Finding.fix``.
    **choices
        What the fix's own function takes, by name.

    Raises
    ------
    DataError
        If fewer than two classes would be left, or the person's own test file would have to be changed.
    """
    return next_version(dataset, fix, {**FIXES, **dataset.content.fixes}[fix](dataset, **choices))


def keep_one_of_near_duplicates(dataset: Dataset, *, near: NearGroups) -> Edit:
    """Keep the first of each group of near duplicates among all examples, or those of the own test file."""
    return without(dataset, surplus(dataset, near), "near duplicates")


def drop_examples(dataset: Dataset, *, example_ids: Collection[str]) -> Edit:
    """Remove the examples with these ids."""
    ids = pa.array(list(example_ids), pa.string())
    chosen = pc.is_in(dataset.table["example_id"], value_set=ids).to_numpy()
    return without(dataset, chosen, "chosen by hand")


def drop_rare_classes(dataset: Dataset, *, labels: Collection[str] | None = None) -> Edit:
    """Remove classes; by default those that are rare in the usual split (`rare_labels`)."""
    names = rare_labels(dataset, None) if labels is None else labels
    targets = [target for target, label in enumerate(dataset.info.columns.labels) if label in names]
    shown = quoted_names([dataset.info.columns.labels[target] for target in targets])
    return without(dataset, np.isin(dataset.targets(), targets), f"rare labels {shown}")


def merge_labels(dataset: Dataset, *, into: Mapping[str, str] | None = None) -> Edit:
    """Give examples another label; by default suspected misspellings what they are likely to mean.

    Parameters
    ----------
    into
        The label that each of some labels becomes.
    """
    labels = dataset.info.columns.labels
    mapping = suspected_typos(dataset.info.label_counts) if into is None else into
    mapping = {label: new for label, new in mapping.items() if label in labels and label != new}
    names = tuple(dict.fromkeys([*labels, *mapping.values()]))
    new_ids = np.array([names.index(mapping.get(label, label)) for label in names], dtype=np.int32)
    is_own_test, targets = dataset.is_own_test(), dataset.targets()
    merged = np.where(is_own_test, targets, new_ids[targets])
    shown = ", ".join(f"{quoted(label)} → {quoted(new)}" for label, new in mapping.items())
    count = int((merged != targets).sum())
    table = _with_column(dataset.table, "target", pa.array(merged, pa.int32()))
    message = f"{plural(count, 'example')} relabelled: {shown}"
    return Edit(table=table, labels=names, message=message, count=count)


FIXES: Mapping[str, Callable[..., Edit]] = MappingProxyType(
    {
        NEEDS_GROUPS: keep_one_of_near_duplicates,
        "merge_labels": merge_labels,
        "drop_rare_classes": drop_rare_classes,
        "drop_examples": drop_examples,
    }
)


def without(dataset: Dataset, chosen: Mask, why: str) -> Edit:
    """Remove the chosen examples but those of the person's own test file; ``why`` in a few words."""
    removed = chosen & ~dataset.is_own_test()
    count = int(removed.sum())
    return Edit(
        table=dataset.table.filter(pa.array(~removed)),
        labels=dataset.info.columns.labels,
        message=f"{plural(count, 'example')} removed: {why}",
        count=count,
    )


def rewritten(dataset: Dataset, pattern: str, rewrite: Callable[[str], str], how: str) -> Edit:
    """Rewrite contents in which a pattern (RE2) is found, some rows at a time to spare memory.

    ``how`` completes their number: ``rewritten without HTML``.
    """
    table, may_change = dataset.table, ~dataset.is_own_test()
    is_changed = np.zeros(dataset.num_examples, dtype=bool)
    for name in content_columns(table):
        chunks = []
        for start in range(0, table.num_rows, _ROWS_AT_A_TIME):
            part = slice(start, start + _ROWS_AT_A_TIME)
            column = table[name].slice(start, _ROWS_AT_A_TIME).combine_chunks()
            mask = pc.match_substring_regex(column, pattern).to_numpy(zero_copy_only=False) & may_change[part]
            before = column.filter(pa.array(mask)).to_pylist()
            after = [rewrite(text) for text in before]
            differs = [one != other for one, other in zip(before, after, strict=True)]
            is_changed[part][mask] |= np.array(differs, bool)
            # A part without any change stays where it is, which may be a file.
            replaced = pc.replace_with_mask(column, pa.array(mask), pa.array(after, pa.string()))
            chunks.append(replaced if any(differs) else column)
        table = _with_column(table, name, pa.chunked_array(chunks, pa.string()))
    count = int(is_changed.sum())
    return Edit(
        table=table,
        labels=dataset.info.columns.labels,
        message=f"{plural(count, 'example')} {how}",
        count=count,
        is_rewritten=True,
    )


def _with_column(table: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)
