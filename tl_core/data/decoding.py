"""Bytes to UTF-8 text: which encoding a file has, and what is no text at all."""

import codecs
from pathlib import Path

from chardetng_py import EncodingDetector

from tl_core.errors import DataError, NotFoundError

_CHUNK_SIZE = 1 << 20
_HEAD_SIZE = 1 << 16

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with the mark of UTF-16, so it is asked for first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_SAVE_AS_CSV = "Open it in its own program, save it as CSV (UTF-8) and use that file."
_UNPACK = "Unpack it (or, if it is a spreadsheet, save it as CSV) and use the file inside."

_SIGNATURES = (
    (b"%PDF-", "a PDF document", _SAVE_AS_CSV),
    (b"\x89PNG\r\n", "a PNG image", "Use a text file with a column of texts and a column of labels."),
    (b"\xff\xd8\xff", "a JPEG image", "Use a text file with a column of texts and a column of labels."),
    (b"PK\x03\x04", "a zip archive or a spreadsheet (xlsx)", _UNPACK),
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"\xd0\xcf\x11\xe0", "an old Office document (xls)", _SAVE_AS_CSV),
    (b"PAR1", "a Parquet file", _SAVE_AS_CSV),
    (b"<!doctype html", "a web page", "Download the file itself, not the page that shows it."),
    (b"<html", "a web page", "Download the file itself, not the page that shows it."),
)


def copy_as_utf8(source: Path, target: Path, encoding: str | None = None) -> str:
    r"""Write `source` as UTF-8 with ``\n`` line ends to `target`; return the encoding it was read in.

    Every ``\r\n`` and every lone ``\r`` becomes ``\n``, inside quoted fields too.

    Parameters
    ----------
    source
        The person's file.
    target
        A file that is written anew.
    encoding
        Name of the encoding if the person chose one, else it is detected: byte order mark, pattern of
        zero bytes (UTF-16), strict UTF-8, and at last a guess from the byte statistics.

    Raises
    ------
    NotFoundError
        If there is no such file.
    DataError
        If the file is empty, no text, or not in `encoding`.
    """
    head = _read_head(source)
    _refuse_binary(head, source.name)
    if encoding is None:
        encoding = _encoding_by_pattern(head) or "utf-8"
        if b"\0" in head and not encoding.startswith(("utf-16", "utf-32")):
            raise _nul_error(source.name, head[: head.index(b"\0")].count(b"\n") + 1)
        try:
            _transcode(source, target, encoding)
        except UnicodeError:
            encoding = _encoding_by_statistics(source)
        else:
            return encoding
    try:
        _transcode(source, target, encoding)
    except (UnicodeError, LookupError):
        raise DataError(
            f"Expected text in the encoding '{encoding}'; '{source.name}' has other bytes, or the name is"
            " unknown.",
            "Name the right one (such as utf-8, utf-16, windows-1252, gb18030), or save the file as UTF-8.",
        ) from None
    return encoding


def _read_head(source: Path) -> bytes:
    try:
        with source.open("rb") as file:
            head = file.read(_HEAD_SIZE)
    except FileNotFoundError:
        raise NotFoundError(
            f"Expected a file at '{source}'; there is none.", "Check the path and its spelling."
        ) from None
    except OSError as error:
        raise DataError(
            f"Expected a file that can be read; got '{source}' ({error.strerror}).",
            "Choose a CSV file that you may read.",
        ) from None
    if not head:
        raise DataError(
            f"Expected a table; '{source.name}' is empty (0 bytes).",
            "Save or download it again.",
        )
    return head


def _refuse_binary(head: bytes, name: str) -> None:
    beginning = head.lstrip(codecs.BOM_UTF8).lstrip()[:16]
    for signature, kind, remedy in _SIGNATURES:
        if beginning.startswith(signature) or beginning.lower().startswith(signature):
            raise DataError(f"Expected a text file with columns; '{name}' is {kind}.", remedy)


def _encoding_by_pattern(head: bytes) -> str | None:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return encoding
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) < 0.02 * len(head) / 2 or min(even, odd) > 0.1 * max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _encoding_by_statistics(source: Path) -> str:
    detector = EncodingDetector()
    with source.open("rb") as file:
        while chunk := file.read(_CHUNK_SIZE):
            detector.feed(chunk, last=False)
    detector.feed(b"", last=True)
    guess: str = detector.guess(tld=None, allow_utf8=False)
    return guess


def _transcode(source: Path, target: Path, encoding: str) -> None:
    """Copy in chunks. Raises UnicodeError where `encoding` does not fit, DataError at a NUL."""
    num_lines = 0
    with (
        source.open(encoding=encoding, newline=None) as reader,
        target.open("w", encoding="utf-8", newline="") as writer,
    ):
        while chunk := reader.read(_CHUNK_SIZE):
            if "\0" in chunk:
                line = num_lines + chunk[: chunk.index("\0")].count("\n") + 1
                raise _nul_error(source.name, line)
            num_lines += chunk.count("\n")
            writer.write(chunk)


def _nul_error(name: str, line: int) -> DataError:
    return DataError(
        f"Expected a text file; '{name}' holds a zero byte on line {line}.",
        "It is a binary or damaged file: export it again as CSV (UTF-8).",
    )
