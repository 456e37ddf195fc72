"""Parquet files that hold pictures, as Hugging Face and others write them."""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tl_core.errors import DataError
from tl_core.files.parquet import as_texts
from tl_core.images.reading.rows import FILE, IMAGE, Rows
from tl_core.schema import Finding
from tl_core.words import quoted, quoted_names

_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*")
_PEEKED = 20


def write_parquet(path: Path, name: str, target: Path) -> tuple[list[str], list[Finding]] | None:
    """Write the pictures of a Parquet file as rows, as `write_files` does; None if it has no such column."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError):
        return None  # what reads tables says what is wrong with it
    try:
        columns = _picture_columns(file)
        if not columns:
            return None
        column, *more = columns
        others = [one for one in file.schema_arrow.names if one not in (column, FILE, *more)]
        words = _class_names(file.schema_arrow)
        with Rows(target, (IMAGE, *others, FILE), name) as rows:
            place = 0
            for batch in file.iter_batches(batch_size=256):
                values = [_texts(batch[one], words.get(one)) for one in others]
                for cell, *row in zip(batch[column].to_pylist(), *values, strict=True):
                    place += 1
                    given = cell if isinstance(cell, dict) else {"bytes": cell}
                    called = given.get("path") or f"row {place}"
                    rows.add(given.get("bytes") or b"", called, (*row, called))
        if not rows.num_pictures:
            raise DataError(f"{quoted(name)} holds no picture that can be read.", "Write the pictures again.")
        return [IMAGE, *others, FILE], [*_left_out(more), *rows.findings()]
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"The Parquet file {quoted(name)} is damaged or cut off.", "Save or download it again."
        ) from error


def _left_out(columns: Sequence[str]) -> list[Finding]:
    if not columns:
        return []
    return [
        Finding(
            code="other_picture_columns",
            severity="warning",
            message=f"Left out: {quoted_names(columns, 5)}. A row has one picture.",
            count=len(columns),
            remedy="Write another file if these are the pictures that matter.",
        )
    ]


def _picture_columns(file: pq.ParquetFile) -> list[str]:
    """Name the columns of pictures: bytes with a path, or bytes that begin as pictures do."""
    found, plain = list[str](), list[str]()
    for one in file.schema_arrow:
        if _holds_files(one.type):
            found.append(one.name)
        elif _is_binary(one.type):
            plain.append(one.name)
        elif pa.types.is_list(one.type) and _holds_files(one.type.value_type):
            raise DataError(f"{quoted(one.name)} has several pictures in a row.", "Write a row for each.")
    first = next(file.iter_batches(batch_size=_PEEKED, columns=plain), None) if plain else None
    if first is not None:
        for name in plain:
            values = [value for value in first[name].to_pylist() if value]
            found += [name] if values and all(value.startswith(_BEGINNINGS) for value in values) else []
    return sorted(found, key=file.schema_arrow.names.index)


def _holds_files(kind: pa.DataType) -> bool:
    return (
        pa.types.is_struct(kind)
        and kind.get_field_index("bytes") >= 0
        and _is_binary(kind.field("bytes").type)
    )


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind))


def _class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """Read the names that numbers of classes stand for, where Hugging Face has written them."""
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        facts = json.loads((schema.metadata or {})[b"huggingface"])
        features = facts["info"]["features"]
        return {
            one: _in_order(about["names"])
            for one, about in features.items()
            if about.get("_type") == "ClassLabel"
        }
    return {}


def _in_order(names: Sequence[str] | dict[str, str]) -> list[str]:
    if isinstance(names, dict):
        return [names[number] for number in sorted(names, key=int)]
    return list(names)


def _texts(column: pa.Array, words: Sequence[str] | None) -> list[str]:
    """Write cells as texts; a number without a name, as -1 where a label is kept back, is no label."""
    found: list[str] = as_texts(column).to_pylist()
    if not words:
        return found
    return [words[int(one)] if one.isdigit() and int(one) < len(words) else "" for one in found]
