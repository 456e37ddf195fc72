import io
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tl_core.errors import DataError
from tl_core.files import formats
from tl_core.files.parquet import as_texts, write_parquet_texts
from tl_core.files.reading import Table, read_table
from tl_core.schema import FileFormat, ReadDecisions

Read = Callable[..., Table]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write_and_read(content: bytes, **options: object) -> Table:
        path = tmp_path / "upload"
        path.write_bytes(content)
        return read_table(path, name="mine.parquet", **options)

    return write_and_read


def written(columns: pa.Table, **options: Any) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(columns, buffer, **options)
    return buffer.getvalue()


REVIEWS = pa.table({"text": ["fine", None, "Größe"], "label": pa.array([1, 2, None], pa.int64())})

MOMENT = datetime(2024, 1, 31, 13, 5, 7, 60)
CASES: list[tuple[Any, Any, str]] = [
    (pa.string(), "NA", "NA"),
    (pa.large_string(), "ä", "ä"),
    (pa.bool_(), True, "true"),
    (pa.int8(), -3, "-3"),
    (pa.float64(), 2.5, "2.5"),
    (pa.decimal128(5, 2), Decimal("1.50"), "1.50"),
    (pa.date32(), date(2024, 1, 31), "2024-01-31"),
    (pa.timestamp("us"), MOMENT, "2024-01-31 13:05:07.000060"),
    (pa.timestamp("ns"), MOMENT.replace(microsecond=0), "2024-01-31 13:05:07"),
    (pa.timestamp("s", "UTC"), MOMENT.replace(tzinfo=UTC), "2024-01-31 13:05:07Z"),
    (pa.time64("us"), time(13, 5), "13:05:00"),
    (pa.duration("s"), timedelta(seconds=90), "90"),
    (pa.list_(pa.int8()), [1, 2], "[1, 2]"),
    (pa.struct({"a": pa.string()}), {"a": "ä"}, '{"a": "ä"}'),
    (pa.binary(), b"plain", "plain"),
    (pa.binary(), b"\xff", "/w=="),
    (pa.dictionary(pa.int8(), pa.string()), "x", "x"),
]


@pytest.mark.parametrize(("kind", "value", "expected"), CASES)
def test_every_type_becomes_texts(kind: pa.DataType, value: Any, expected: str) -> None:
    assert as_texts(pa.array([value, None], kind)).to_pylist() == [expected, ""]


def test_column_of_nulls_is_empty() -> None:
    assert as_texts(pa.nulls(2)).to_pylist() == ["", ""]


def test_file_is_read_with_its_own_names(read: Read) -> None:
    table = read(written(REVIEWS, row_group_size=2))
    assert table.columns.to_pydict() == {"text": ["fine", "", "Größe"], "label": ["1", "2", ""]}
    assert table.decisions == ReadDecisions(
        encoding="", delimiter="", quote="", has_header=True, format=FileFormat.PARQUET
    )


WIDE = pa.table({f"k{i}": ["a"] for i in range(2_001)})
NOT_UTF8 = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff"))
BAD = {
    "cut": (written(REVIEWS)[:-20], "damaged, cut off or encrypted"),
    "hole": (written(REVIEWS)[:60] + written(REVIEWS)[90:], "mine.parquet"),
    "no rows": (written(REVIEWS.slice(0, 0)), "has no rows"),
    "one column": (written(REVIEWS.select(["text"])), "has only one column"),
    "too many columns": (written(WIDE), "the most is 2,000"),
    "texts that are no texts": (written(pa.table({"text": NOT_UTF8, "label": NOT_UTF8})), "damaged"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_file_is_refused_with_a_remedy(read: Read, kind: str) -> None:
    content, message = BAD[kind]
    with pytest.raises(DataError, match=message) as caught:
        read(content)
    assert caught.value.remedy


def test_columns_that_repeat_a_name_are_told_apart(read: Read) -> None:
    table = pa.table([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])
    assert read(written(table)).columns.column_names == ["text", "text_2"]


def test_one_text_that_a_small_file_repeats_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "MAX_TABLE_BYTES", 1 << 20)
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), pa.array(["x" * 1_000]))
    bomb, target = tmp_path / "bomb", tmp_path / "target"
    bomb.write_bytes(written(pa.table({"text": text, "label": text})))
    with pytest.raises(DataError, match="take more than"):
        write_parquet_texts(bomb, "mine.parquet", target)
    assert bomb.stat().st_size < 10_000
