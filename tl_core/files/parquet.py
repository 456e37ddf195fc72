"""Parquet to texts."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tl_core.errors import DataError
from tl_core.files.formats import check_num_bytes, check_num_columns
from tl_core.words import quoted

_BATCH_ROWS = 4096


def write_parquet_texts(path: Path, name: str, target: Path) -> list[str]:
    """Write every column of a Parquet file as texts to an Arrow file, batch by batch; return their names.

    Dates and times are ISO 8601, lists and structs JSON, nulls empty, bytes that are no text base64.

    Parameters
    ----------
    path
        The file, unpacked.
    name
        What the person calls it.
    target
        Has the columns in the same order, named by their position.

    Raises
    ------
    DataError
        If the file is damaged or encrypted, or has too many columns or too much text.
    """
    try:
        file = pq.ParquetFile(path)
        names: list[str] = file.schema_arrow.names
        check_num_columns(len(names), 0, name)
        schema = pa.schema([(str(position), pa.string()) for position in range(len(names))])
        with pa.ipc.new_file(target, schema) as writer:
            num_bytes = 0
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                texts = pa.record_batch([as_texts(column) for column in batch.columns], schema=schema)
                num_bytes += texts.nbytes
                check_num_bytes(num_bytes, name)
                writer.write(texts)
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__).rstrip(".")
        raise DataError(
            f"The Parquet file {quoted(name)} is damaged, cut off or encrypted ({reason}).",
            "Save the table again as Parquet or CSV, or download it again.",
        ) from None
    return names


def as_texts(column: pa.Array) -> pa.Array:
    """Turn a column of any type into strings without nulls."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    column.validate(full=True)  # a damaged file may hold texts that are no UTF-8
    kind = column.type
    if pa.types.is_null(kind):
        texts = pa.nulls(len(column), pa.string())
    elif pa.types.is_nested(kind):
        texts = _each(column, lambda one: json.dumps(one, ensure_ascii=False, default=str))
    else:
        try:
            texts = column.cast(pa.string())
        except pa.ArrowInvalid:
            texts = _each(column, lambda one: base64.b64encode(one).decode())
        except pa.ArrowNotImplementedError:
            texts = _each(column, str)
        else:
            if pa.types.is_temporal(kind):  # no fractions where there are none
                texts = pc.replace_substring_regex(texts, r"\.0+(Z?)$", r"\1")
    return texts.fill_null("")


def _each(column: pa.Array, text: Callable[[Any], str]) -> pa.Array:
    return pa.array([None if one is None else text(one) for one in column.to_pylist()], pa.string())
