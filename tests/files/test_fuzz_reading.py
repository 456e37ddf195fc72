"""Whatever bytes come: a table of one shape, or one sentence. Nothing else, and in bounded time."""

import contextlib
import csv
import gzip
import io
import json
import time
from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.files.workbooks import ods, packed, xlsx
from tests.shared_data import shared_data
from tl_core.errors import TlError
from tl_core.files.lines import REJECT_SCHEMA
from tl_core.files.reading import ReadChoices, Table, read_table, rejects_csv

MAX_S = 30
HEAD_BYTES = 20_000

ROWS = [(f"some text, number {i}", "ab"[i % 2], 'it\'s "said"', "Größe 好\nnext") for i in range(12)]


def delimited(delimiter: str, encoding: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([("text", "label", "quote", "more"), *ROWS])
    return text.getvalue().encode(encoding, "replace")


def parquet() -> bytes:
    buffer = io.BytesIO()
    columns = [list(column) for column in zip(*ROWS, strict=True)]
    pq.write_table(pa.table(columns, names=["text", "label", "quote", "more"]), buffer, row_group_size=5)
    return buffer.getvalue()


TEXTS = [
    delimited(",", "utf-8"),
    delimited(";", "utf-8-sig"),
    delimited("\t", "utf-16"),
    delimited("|", "utf-16-be"),
    delimited(",", "windows-1252").replace(b"\r\n", b"\r"),
    delimited(",", "gb18030"),
    "\n".join(json.dumps(dict(zip("abcd", row, strict=True))) for row in ROWS).encode(),
    json.dumps([dict(zip("abcd", row, strict=True)) for row in ROWS], indent=1).encode(),
]
ARCHIVES = [gzip.compress(TEXTS[0]), packed({"a.csv": TEXTS[0]}), packed({"a.jsonl": TEXTS[-2], "x/": b""})]
BINARIES = [xlsx({"s": ROWS, "t": []}), ods(ROWS), parquet(), packed({"a.parquet": parquet()})]

FRAGMENTS = [
    *(b",", b";", b"\t", b"|", b'"', b"'", b'""', b"\\", b'\\"', b"\n", b"\r", b"\r\n", b"\n\n", b" ", b"\0"),
    *(b"a", b"1", b"text,label", b"a,b\n", b'"a\nb",c\n', b"NA", b"null", b"=1+1", b"{", b"}", b"[", b"[{"),
    *(b'{"text": "a", "label": "b"}\n', b'{"a": ', b"\\ud800", b"\\u0000", b"NaN", b"1e999", b"[" * 2_000),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"\x3d\xd8", b"\xd8\x3d"),
    *(b"\xc3\xa4", b"\xc3", b"\xe5\xa5", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"\x80", b"\xff", b"\x1b$B"),
    *(b"\xe2\x80\xa8", b"\xc2\x85", b"\x0b", b"\x0c", b"\x1a", b"\x01", b"\x7f", b"x" * 3_000, b"," * 2_500),
    *("Größe,schön\n".encode("utf-16-le"), "Größe,schön\n".encode("utf-16-be"), "好,坏\n".encode("gb18030")),
    *(b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08", b"PAR1", b"PAR1\x15", b"%PDF-", b"<html>"),
    *(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ARCHIVES[0], ARCHIVES[1]),
]  # fmt: skip

fragments = st.sampled_from(FRAGMENTS) | st.binary(max_size=12)
choices = st.builds(
    ReadChoices,
    encoding=st.sampled_from([None, None, None, "utf-8", "utf-16", "utf-7", "cp037", "shift_jis", "none"]),
    delimiter=st.sampled_from([None, None, None, ",", "\t", " ", "a", '"', "§", "\\", "\x01"]),
    quote=st.sampled_from([None, None, None, '"', "'", "", "x", "»"]),
    has_header=st.sampled_from([None, None, True, False]),
    sheet=st.sampled_from([None, None, "s", "t", "none"]),
)
names = st.sampled_from(["a.csv", "a", "a.jsonl", "a.json", "a.xlsx", "a.parquet", "a.csv.gz", "../a\0.zip"])
changes = st.lists(
    st.tuples(
        st.sampled_from(["insert", "delete", "replace", "repeat", "cut", "flip"]),
        st.floats(0, 1),
        st.integers(1, 40),
        fragments,
    ),
    max_size=6,
)

Change = tuple[str, float, int, bytes]
fuzz = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def changed(content: bytes, steps: Sequence[Change]) -> bytes:
    for kind, place, length, fragment in steps:
        start = round(place * len(content))
        end = start + length
        match kind:
            case "insert":
                content = content[:start] + fragment + content[start:]
            case "delete":
                content = content[:start] + content[end:]
            case "replace":
                content = content[:start] + fragment + content[start + len(fragment) :]
            case "repeat":
                content = content[:end] + content[start:end] * length + content[end:]
            case "cut":
                content = content[:start]
            case _:
                content = (
                    content[:start]
                    + bytes(byte ^ 1 << length % 8 for byte in content[start:end][:1])
                    + content[end:]
                )
    return content


@pytest.fixture(scope="module")
def assert_read_or_refused(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., None]:
    path = tmp_path_factory.mktemp("fuzz") / "upload"

    def read_and_check(content: bytes, name: str, reading: ReadChoices) -> None:
        path.write_bytes(content)
        start = time.monotonic()
        with contextlib.suppress(TlError):
            check(read_table(path, name=name, **reading.model_dump()))
        assert time.monotonic() - start < MAX_S

    return read_and_check


def check(table: Table) -> None:
    names = table.columns.column_names
    assert table.num_rows > 0
    assert 2 <= len(names) == len({*names})
    assert all(names)
    assert {*table.columns.schema.types} == {pa.string()}
    table.columns.validate(full=True)
    assert sum(column.null_count for column in table.columns.columns) == 0
    assert table.rejects.schema.equals(REJECT_SCHEMA)
    table.rejects.validate(full=True)
    assert rejects_csv(table).decode()
    assert table.num_rejects <= table.num_rows + 1
    assert min(table.rejects["line"].to_pylist(), default=1) >= 1


@settings(fuzz, max_examples=150)
@given(content=st.lists(fragments, max_size=30).map(b"".join), name=names, reading=choices)
@example(content=b'text,label\n"' + b"a,b\n" * 9, name="a.csv", reading=ReadChoices(delimiter='"'))
def test_hostile_pieces_end_in_a_table_or_a_sentence(
    assert_read_or_refused: Callable[..., None], content: bytes, name: str, reading: ReadChoices
) -> None:
    assert_read_or_refused(content, name, reading)


@settings(fuzz, max_examples=150)
@given(content=st.sampled_from([*TEXTS, *ARCHIVES]), steps=changes, name=names, reading=choices)
def test_changed_files_end_in_a_table_or_a_sentence(
    assert_read_or_refused: Callable[..., None],
    content: bytes,
    steps: list[Change],
    name: str,
    reading: ReadChoices,
) -> None:
    assert_read_or_refused(changed(content, steps), name, reading)


@settings(fuzz, max_examples=8)
@given(content=st.sampled_from(BINARIES), steps=changes, reading=choices)
def test_changed_workbooks_and_parquet_files_end_in_a_table_or_a_sentence(
    assert_read_or_refused: Callable[..., None], content: bytes, steps: list[Change], reading: ReadChoices
) -> None:
    assert_read_or_refused(changed(content, steps), "a", reading)


@pytest.mark.acceptance
@settings(fuzz, max_examples=3_000)
@given(data=st.data())
def test_thousands_of_changed_real_files_end_in_a_table_or_a_sentence(
    assert_read_or_refused: Callable[..., None], data: st.DataObject
) -> None:
    paths = sorted(shared_data("messy").iterdir())
    content = data.draw(st.sampled_from(paths)).read_bytes()
    start = data.draw(st.integers(0, len(content)))
    part = content[start : start + data.draw(st.integers(0, HEAD_BYTES))]
    assert_read_or_refused(changed(part, data.draw(changes)), data.draw(names), data.draw(choices))


@pytest.mark.acceptance
@settings(fuzz, max_examples=400)
@given(content=st.sampled_from(BINARIES), steps=changes, reading=choices)
def test_hundreds_of_changed_binary_files_end_in_a_table_or_a_sentence(
    assert_read_or_refused: Callable[..., None], content: bytes, steps: list[Change], reading: ReadChoices
) -> None:
    assert_read_or_refused(changed(content, steps), "a", reading)
