"""Questions about rows as `selection.pick_rows` returns them."""

from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.datasets.selection import LABEL, content_columns
from tl_core.files.excerpts import MAX_EXAMPLES, shorten
from tl_core.modality import Content


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


def shown_contents(rows: pa.Table, places: npt.NDArray[np.int64]) -> tuple[str, ...]:
    """Return the beginnings of what stands in some rows, pairs joined by a bar."""
    picked = rows.select(content_columns(rows)).take(pa.array(places, pa.int64()))
    contents = zip(*(column.to_pylist() for column in picked.columns), strict=True)
    return tuple(shorten(" | ".join(parts)) for parts in contents)
