"""New names for labels from a file of two columns: the label as it is, and the name that it gets."""

from collections import Counter
from pathlib import Path

from tl_core.errors import DataError
from tl_core.files.reading import Table, read_table
from tl_core.words import plural, quoted


def read_label_map(path: Path) -> dict[str, str]:
    """Read a file with a label and its new name in each row; an empty name sets the label's rows aside.

    Raises
    ------
    DataError
        If it has other than two columns, or names a label twice.
    NotFoundError
        If there is no such file.
    """
    return label_map_of(read_table(path), path.name)


def label_map_of(table: Table, name: str) -> dict[str, str]:
    """Take a table of two columns for a label map; see `read_label_map`."""
    if table.columns.num_columns != 2:
        raise DataError(
            f"{quoted(name)} has {plural(table.columns.num_columns, 'column')}; a label and a new name need"
            " two.",
            "Write a file such as: label,name and below it 3,joy.",
        )
    labels, names = (column.to_pylist() for column in table.columns.columns)
    label, count = Counter(labels).most_common(1)[0]
    if count > 1:
        raise DataError(
            f"{quoted(label)} stands {count:,} times in {quoted(name)}.",
            "Keep one row for each label.",
        )
    return dict(zip(labels, (one.strip() for one in names), strict=True))
