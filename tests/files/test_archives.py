import gzip
import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.files.workbooks import packed
from tl_core.errors import DataError, NotFoundError
from tl_core.files import formats
from tl_core.files.formats import Content, open_content
from tl_core.files.reading import read_table

CSV = b"text,label\nfine,pos\nbad,neg\n"

Open = Callable[..., Content]


@pytest.fixture
def open_bytes(tmp_path: Path) -> Open:
    def write_and_open(content: bytes, name: str = "file.csv") -> Content:
        path = tmp_path / "upload"
        path.write_bytes(content)
        return open_content(path, name, tmp_path)

    return write_and_open


def tarred(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def encrypted() -> bytes:
    """Return an archive whose member says that it has a password."""
    content = bytearray(packed({"a.csv": CSV}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def test_plain_file_stays_where_it_is(open_bytes: Open, tmp_path: Path) -> None:
    content = open_bytes(CSV, "mine.TSV")
    assert (content.path, content.head, content.ending) == (tmp_path / "upload", CSV, ".tsv")
    assert (content.compression, content.member) == ("", "")


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.GZ", "a.jsonl"])
def test_gzip_is_unpacked_whatever_its_name(open_bytes: Open, name: str) -> None:
    content = open_bytes(gzip.compress(CSV) + gzip.compress(CSV), name)
    assert content.path.read_bytes() == CSV + CSV
    assert (content.compression, content.ending) == ("gzip", ".jsonl")


def test_zip_with_one_file_is_unpacked_and_clutter_ignored(open_bytes: Open) -> None:
    clutter: dict[str, str | bytes] = {
        "__MACOSX/._a.csv": b"\0\5\26\7",
        "data/": b"",
        "data/.DS_Store": b"\0",
    }
    content = open_bytes(packed({**clutter, "data/a.csv": CSV}), "archive.zip")
    assert content.path.read_bytes() == CSV
    assert (content.compression, content.member, content.ending) == ("zip", "data/a.csv", ".csv")


def test_zip_with_a_file_without_a_name_is_unpacked(open_bytes: Open) -> None:
    unnamed = packed({"?.csv": CSV}).replace(b"?.csv", b"\0.csv")
    assert open_bytes(unnamed, "archive.zip").path.read_bytes() == CSV


def test_table_says_how_it_was_packed(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(packed({"b.csv": CSV}))
    table = read_table(path)
    assert (table.num_rows, table.decisions.compression, table.decisions.member) == (2, "zip", "b.csv")


BAD = {
    "several files": (packed({"a.csv": CSV, "b.csv": CSV}), "holds 2 files: “a.csv”, “b.csv”"),
    "many files": (packed({f"{i}.csv": CSV for i in range(9)}), "“4.csv” and 4 more"),
    "no file": (packed({}), "an archive without a file"),
    "folders only": (packed({"a/": b""}), "an archive without a file"),
    "password": (encrypted(), "is encrypted"),
    "zip in zip": (packed({"b.zip": packed({"a.csv": CSV})}), "another archive"),
    "gzip in zip": (packed({"a.csv.gz": gzip.compress(CSV)}), "another archive"),
    "zip in gzip": (gzip.compress(packed({"a.csv": CSV})), "another archive"),
    "gzip in gzip": (gzip.compress(gzip.compress(CSV)), "another archive"),
    "tar in gzip": (tarred("a.csv", CSV), "a tar archive"),
    "empty in gzip": (gzip.compress(b""), "is empty"),
    "empty in zip": (packed({"a.csv": b""}), "is empty"),
    "empty": (b"", "is empty"),
    "cut gzip": (gzip.compress(os.urandom(9_000))[:-900], "damaged"),
    "damaged gzip": (gzip.compress(CSV)[:-8] + b"\0" * 8, "damaged"),
    "cut zip": (packed({"a.csv": CSV})[:-30], "damaged"),
    "Word document": (packed({"word/document.xml": b"<x/>"}), "an office document"),
    "text document": (packed({"mimetype": "application/vnd.oasis.opendocument.text"}), "an office document"),
    "PDF in zip": (packed({"a.csv": b"%PDF-1.7"}), "a PDF document"),
    "bzip2": (b"BZh91AY&SY", "a bzip2 archive"),
    "7-Zip": (b"7z\xbc\xaf\x27\x1c\0", "a 7-Zip archive"),
    "database": (b"SQLite format 3\0", "an SQLite database"),
    "JPEG": (b"\xff\xd8\xff\xe0", "a JPEG image"),
    "XML": (b"\xef\xbb\xbf <?xml version='1.0'?>", "an XML document"),
    "pickle": (b"\x80\x04\x95\0\0", "a Python pickle"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_table_is_refused_with_a_remedy(open_bytes: Open, kind: str) -> None:
    content, message = BAD[kind]
    with pytest.raises(DataError, match=message) as caught:
        open_bytes(content, "mine.csv")
    assert "“mine.csv”" in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: packed({"a.csv": content})])
def test_bomb_is_refused_before_it_fills_the_disk(
    open_bytes: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(formats, "_FREE_BYTES", 2 << 20)
    with pytest.raises(DataError, match="times the archive"):
        open_bytes(pack(b"\0" * (8 << 20)), "bomb.csv")
    assert (tmp_path / "content").stat().st_size <= 2 << 20


def test_archive_that_lies_about_its_size_is_refused(
    open_bytes: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "MAX_CONTENT_BYTES", 1 << 20)
    content = packed({"a.csv": b"a,b\n" * (1 << 19)})
    size = (2 << 20).to_bytes(4, "little")
    with pytest.raises(DataError):
        open_bytes(content.replace(size, (50).to_bytes(4, "little")))


def test_plain_file_beyond_the_limit_is_refused(open_bytes: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MAX_CONTENT_BYTES", 20)
    with pytest.raises(DataError, match="is too large"):
        open_bytes(CSV)


def test_unknown_way_of_packing_is_refused(open_bytes: Open) -> None:
    content = bytearray(packed({"a.csv": CSV}))
    for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.index(mark) + place] = 99
    with pytest.raises(DataError, match="unusual way"):
        open_bytes(bytes(content))


def test_missing_file_is_named_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="none.csv"):
        open_content(tmp_path / "none.csv", "mine.csv", tmp_path)


def test_lzma_in_zip_is_unpacked(open_bytes: Open) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.csv", CSV)
    assert open_bytes(buffer.getvalue()).path.read_bytes() == CSV
