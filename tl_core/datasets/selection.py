"""From a file's columns to those of a dataset: contents, labels as classes, roles with their types."""

from collections.abc import Iterator

import pyarrow as pa

from tl_core.datasets.column_guess import check_columns
from tl_core.datasets.identity import example_id
from tl_core.datasets.labels import class_values
from tl_core.datasets.roles import times_of, weights_of
from tl_core.files.reading import Table
from tl_core.modality import content_of
from tl_core.schema import ColumnChoice

ID, LABEL, TARGET, ORIGIN = "example_id", "label", "target", "origin"
GROUP, TIME, WEIGHT, PART = "group", "time", "weight", "part"
ROLES = (GROUP, TIME, WEIGHT, PART)
_BESIDE_CONTENT = {ID, LABEL, TARGET, ORIGIN, *ROLES}
_BATCH = 65_536


def pick_rows(table: Table, choice: ColumnChoice) -> pa.Table:
    """Return a table's rows with the columns that a choice asks for.

    Returns
    -------
    Columns ``example_id``, those of the content, ``label`` (strings), and those of the chosen roles:
    ``group`` (string), ``time`` (timestamp), ``weight`` (float64), ``part`` (string, as the person wrote it).

    Raises
    ------
    DataError
        If a column is missing or named twice, or does not hold what it is chosen for.
    """
    check_columns(table, [*choice.text, *choice.label])
    check_columns(table, [name for name in choice.columns if name not in (*choice.text, *choice.label)])
    columns = table.columns
    picked = content_of(choice.modality).read([columns[name] for name in choice.text], choice.joined_with)
    picked[LABEL] = class_values(columns, choice)
    if choice.group is not None:
        picked[GROUP] = columns[choice.group]
    if choice.time is not None:
        picked[TIME] = times_of(columns[choice.time], choice.time)
    if choice.weight is not None:
        picked[WEIGHT] = weights_of(columns[choice.weight], choice.weight)
    if choice.split is not None:
        picked[PART] = columns[choice.split]
    rows = pa.table(picked)
    return rows.add_column(0, ID, pa.chunked_array(list(_ids(rows, choice.modality)), pa.string()))


def content_columns(rows: pa.Table) -> tuple[str, ...]:
    """Name the columns of what the examples are: of texts one, or two for pairs."""
    return tuple(name for name in rows.column_names if name not in _BESIDE_CONTENT)


def _ids(rows: pa.Table, modality: str | None) -> Iterator[pa.Array]:
    """Hash the content of each row, some rows at a time: a million Python strings would not be cheap."""
    for batch in rows.select(content_columns(rows)).to_batches(max_chunksize=_BATCH):
        parts = zip(*(column.to_pylist() for column in batch.columns), strict=True)
        yield pa.array([example_id(one, modality=modality) for one in parts], pa.string())
