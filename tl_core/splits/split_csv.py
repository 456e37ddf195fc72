"""A split as a file that a person takes away and brings back."""

from collections import Counter
from dataclasses import replace

import numpy as np

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.identity import example_id
from tl_core.errors import SplitError
from tl_core.files.reading import Table
from tl_core.files.safe_csv import csv_file
from tl_core.schema import DatasetSchema, SplitMethod, SplitName, SplitRule
from tl_core.splits.own_column import read_parts
from tl_core.splits.splitting import SEALED, Split, check_classes, check_sealed, freeze, part_names
from tl_core.splits.stratified import groups_by_name
from tl_core.words import plural, quoted, quoted_names

ID_COLUMN, PART_COLUMN, GROUP_COLUMN = "example_id", "part", "group"
_AS_DOWNLOADED = "Use the split file as it was downloaded."


def split_csv(dataset: Dataset, split: Split) -> bytes:
    """Write a split as CSV, in the order of the examples: ``example_id``, ``part``, and ``group`` if any."""
    columns = {ID_COLUMN: dataset.example_ids(), PART_COLUMN: part_names(split)}
    if split.groups is not None:
        columns[GROUP_COLUMN] = split.groups.tolist()
    return csv_file([tuple(columns), *zip(*columns.values(), strict=True)])


def read_split_file(dataset: Dataset, table: Table) -> Split:
    """Make a split of a file that gives every example its part; its hash is that of the split it came from.

    Parameters
    ----------
    dataset
        What is split.
    table
        A column ``part`` (`roles.part_of` says which words; ``sealed`` besides), and ``example_id`` or the
        dataset's text columns; ``group``, if it is there, names what each example belongs to.

    Raises
    ------
    SplitError
        If columns or words are missing, an example has no part or several rows, a row is of no example, or
        the parts cannot train and test.
    """
    if PART_COLUMN not in table.columns.column_names:
        raise SplitError(
            f"The split file has no column “{PART_COLUMN}”. It has"
            f" {quoted_names(table.columns.column_names, 20)}.",
            _AS_DOWNLOADED,
        )
    ids = _ids(table, dataset.info.columns)
    words = table.columns[PART_COLUMN].to_pylist()
    sealed_ids = {one for one, word in zip(ids, words, strict=True) if word == SEALED}
    read = read_parts([SplitName.TEST.value if word == SEALED else word for word in words])
    part_of_id = dict(zip(ids, read, strict=True))
    wanted, counts = dataset.example_ids(), Counter(ids)
    known = set(wanted)
    num_missing = sum(one not in counts for one in wanted)
    num_unknown = sum(one not in known for one in counts)
    num_double = sum(count > 1 for count in counts.values())
    if num_missing or num_unknown or num_double:
        raise SplitError(
            f"The split file does not fit the {plural(len(wanted), 'example')}: {num_missing:,} missing,"
            f" {num_unknown:,} not in the dataset, {num_double:,} repeated.",
            "Use the file with the same version of the dataset that it was downloaded from.",
        )
    places = {name: place for place, name in enumerate(SplitName)}
    parts = np.array([places[part_of_id[one]] for one in wanted], dtype=np.int8)
    check_classes(dataset, parts)
    sealed = np.array([row for row, one in enumerate(wanted) if one in sealed_ids], dtype=np.int64)
    split = freeze(dataset, SplitRule(method=SplitMethod.OWN), parts, sealed=sealed)
    if len(sealed):
        check_sealed(dataset, split.test, sealed)
    if GROUP_COLUMN not in table.columns.column_names:
        return split
    group_of_id = dict(
        zip(ids, groups_by_name(table.columns[GROUP_COLUMN].to_pylist()).tolist(), strict=True)
    )
    return replace(split, groups=np.array([group_of_id[one] for one in wanted]))


def _ids(table: Table, schema: DatasetSchema) -> list[str]:
    """Return the example id of every row, from its own column or from its texts."""
    columns = table.columns
    if ID_COLUMN in columns.column_names:
        ids: list[str] = columns[ID_COLUMN].to_pylist()
        return ids
    missing = [name for name in schema.text_columns if name not in columns.column_names]
    if missing:
        raise SplitError(
            f"The split file has neither “{ID_COLUMN}” nor {quoted(missing[0])}.",
            _AS_DOWNLOADED,
        )
    rows = zip(*(columns[name].to_pylist() for name in schema.text_columns), strict=True)
    seen = Counter[str]()
    ids = []
    for texts in rows:
        first = example_id(texts if schema.joined_with is None else [schema.joined_with.join(texts)])
        ids.append(example_id(texts, seen[first]) if seen[first] else first)
        seen[first] += 1
    return ids
