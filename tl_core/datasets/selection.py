"""From a file's columns to those of a dataset: texts joined, labels as classes, roles with their types."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from tl_core.datasets.column_guess import check_columns
from tl_core.datasets.identity import example_id
from tl_core.datasets.labels import class_values
from tl_core.datasets.roles import times_of, weights_of
from tl_core.files.reading import Table
from tl_core.schema import ColumnChoice

ID, TEXT, TEXT_B, LABEL = "example_id", "text", "text_b", "label"
GROUP, TIME, WEIGHT, PART = "group", "time", "weight", "part"
ROLES = (GROUP, TIME, WEIGHT, PART)
_BATCH = 65_536


def pick_rows(table: Table, choice: ColumnChoice) -> pa.Table:
    """Return a table's rows with the columns that a choice asks for.

    Returns
    -------
    Columns ``example_id, text`` (``text_b`` for pairs), ``label`` (strings), and those of the chosen roles:
    ``group`` (string), ``time`` (timestamp), ``weight`` (float64), ``part`` (string, as the person wrote it).

    Raises
    ------
    DataError
        If a column is missing or named twice, or does not hold what it is chosen for.
    """
    check_columns(table, [*choice.text, *choice.label])
    check_columns(table, [name for name in choice.columns if name not in (*choice.text, *choice.label)])
    columns = table.columns
    texts = [columns[name] for name in choice.text]
    if choice.joined_with is None:
        picked = dict(zip((TEXT, TEXT_B), texts, strict=False))
    else:
        picked = {TEXT: join_texts(texts, choice.joined_with)}
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
    return rows.add_column(0, ID, pa.chunked_array(list(_ids(rows)), pa.string()))


def texts_of(rows: pa.Table) -> tuple[str, ...]:
    """Name the columns of the texts: one, or two for pairs."""
    return (TEXT, TEXT_B) if TEXT_B in rows.column_names else (TEXT,)


def join_texts(values: Sequence[pa.ChunkedArray], joint: str) -> pa.ChunkedArray:
    """Join the texts of several columns row by row; an empty part leaves no joint."""
    filled = [pc.if_else(pc.equal(pc.utf8_trim_whitespace(one), ""), None, one) for one in values]
    return pc.fill_null(pc.binary_join_element_wise(*filled, joint, null_handling="skip"), "")


def _ids(rows: pa.Table) -> Iterator[pa.Array]:
    """Hash the texts of each row, some rows at a time: a million Python strings would not be cheap."""
    names = texts_of(rows)
    for batch in rows.select(names).to_batches(max_chunksize=_BATCH):
        texts = zip(*(column.to_pylist() for column in batch.columns), strict=True)
        yield pa.array([example_id(one) for one in texts], pa.string())
