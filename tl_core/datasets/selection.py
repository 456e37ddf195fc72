"""From a file's columns to those of a dataset: contents, labels as classes, roles with their types."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.datasets.column_guess import check_columns
from tl_core.datasets.identity import example_id
from tl_core.datasets.labels import class_values
from tl_core.datasets.roles import times_of, weights_of
from tl_core.files.excerpts import MAX_EXAMPLES, shorten
from tl_core.files.reading import Table
from tl_core.modality import Content, content_of
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


def is_blank(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Say which values are nothing but white space."""
    return pc.equal(pc.utf8_trim_whitespace(values), "")


def lacks_content(rows: pa.Table, content: Content) -> pa.ChunkedArray:
    """Say which rows have nothing in a column of their content: no text, or one of a pair alone."""
    first, *others = content_columns(rows)
    is_lacking = content.is_missing(rows[first])
    for name in others:
        is_lacking = pc.or_(is_lacking, content.is_missing(rows[name]))
    return is_lacking


def codes_of(values: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Return the number of each distinct value, in the order in which they first occur."""
    encoded = values.combine_chunks().dictionary_encode()
    codes: npt.NDArray[np.int64] = np.asarray(encoded.indices, dtype=np.int64)
    return codes


def count_labels(*tables: pa.Table) -> dict[str, int]:
    """Count the rows of each label over some tables of rows."""
    counts: Counter[str] = Counter()
    for table in tables:
        counted = pc.value_counts(table[LABEL])
        names, numbers = counted.field("values").to_pylist(), counted.field("counts").to_pylist()
        counts.update(dict(zip(names, numbers, strict=True)))
    return dict(counts)


def first_of(mask: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Return the places of the first five rows that a mask marks."""
    places: npt.NDArray[np.int64] = (
        pc.indices_nonzero(mask).slice(0, MAX_EXAMPLES).to_numpy().astype(np.int64)
    )
    return places


def shown_contents(rows: pa.Table, places: npt.NDArray[np.int64], content: Content) -> tuple[str, ...]:
    """Return the examples of some rows, each in one line."""
    picked = rows.select(content_columns(rows)).take(pa.array(places, pa.int64()))
    contents = zip(*(column.to_pylist() for column in picked.columns), strict=True)
    return tuple(shorten(content.preview(parts)) for parts in contents)
