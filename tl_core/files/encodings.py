"""Bytes to UTF-8 text: which encoding a file has, what had to be mended, and what is no text at all."""

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from chardetng_py import EncodingDetector

from tl_core.errors import DataError
from tl_core.words import quoted

MAX_LINE_BYTES = 16 << 20
"""Longest line, as UTF-8."""
MAX_RUBBISH = 0.01
"""Largest share of NULs and other control characters in a text."""
MAX_BROKEN = 0.01
"""Largest share of broken bytes: of the non-ASCII characters, or of all where a mark tells the encoding."""

_CHUNK_SIZE = 1 << 20
_HEAD_SIZE = 1 << 16
_MANY = 8
_BROKEN = "\udfff"  # a lone surrogate, which no valid text holds

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with the mark of UTF-16, so it is asked for first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = ("utf-16", "utf-32")
_LINE_ENDS = (ord("\n"), ord("\r"))
_JAPANESE_SHIFTS = (b"\x1b$B", b"\x1b$@")

# The detector names encodings as web pages do; Python knows some of them, in the web's wide sense, otherwise.
_CODECS = {
    "shift_jis": "cp932",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "euc-kr": "cp949",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso-8859-8",
}

# Control characters that are neither white space nor used to divide fields or to shift character sets.
_CONTROLS = bytes({*range(32), 127} - {1, 9, 10, 11, 12, 13, *range(26, 32)})


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """How a file was decoded.

    Attributes
    ----------
    encoding
        Its name, as Python or the web knows it.
    num_nul_bytes
        Zero characters that were left out.
    num_replaced_bytes
        Bytes that are no text in this encoding; U+FFFD stands for each.
    """

    encoding: str
    num_nul_bytes: int = 0
    num_replaced_bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class _Copied:
    """Counts of one copy; `num_cut_bytes` of the replaced bytes are a character cut at the file's end."""

    num_chars: int = 0
    num_non_ascii: int = 0
    num_nul_bytes: int = 0
    num_replaced_bytes: int = 0
    num_cut_bytes: int = 0

    def is_faithful(self, *, is_marked: bool) -> bool:
        """Whether so few bytes are broken that the encoding must be right all the same."""
        num_valid = (self.num_chars if is_marked else self.num_non_ascii) - self.num_replaced_bytes
        num_broken = self.num_replaced_bytes - self.num_cut_bytes
        return not self.num_replaced_bytes or (num_valid > 0 and num_broken <= MAX_BROKEN * num_valid)


def copy_as_utf8(source: Path, target: Path, encoding: str | None = None, *, name: str) -> Decoded:
    r"""Write `source` as UTF-8 with ``\n`` line ends to `target`, and tell how it was read.

    Every ``\r\n`` and every lone ``\r`` becomes ``\n``, inside quoted fields too. Zero characters are left
    out. A few bytes that are broken become U+FFFD each.

    Parameters
    ----------
    source
        The person's file, unpacked.
    target
        A file that is written anew.
    encoding
        Name of the encoding if the person chose one, else it is detected: byte order mark, pattern of
        zero bytes (UTF-16), UTF-8, and at last a guess from the byte statistics.
    name
        What the person calls the file.

    Raises
    ------
    DataError
        If the file is no text, not in `encoding`, or has an endless line.
    """
    with source.open("rb") as file:
        head = file.read(_HEAD_SIZE)
    if encoding is not None:
        return _copy_as_chosen(source, target, encoding, name)
    marked = _encoding_by_pattern(head)
    beginning = head
    if marked is not None and marked.startswith(_WIDE):
        beginning = head.decode(marked, "ignore").encode("utf-8", "ignore")
    num_controls = len(beginning) - len(beginning.translate(None, _CONTROLS))
    if num_controls > max(_MANY, MAX_RUBBISH * len(beginning)):
        raise _no_text(name)
    copied = _copy(source, target, marked or "utf-8", name)
    if copied.is_faithful(is_marked=marked is not None):
        return _decoded(copied, marked or "utf-8", name)

    detector = EncodingDetector()
    with source.open("rb") as file:
        while chunk := file.read(_CHUNK_SIZE):
            detector.feed(chunk, last=False)
    detector.feed(b"", last=True)
    return _copy_as_chosen(source, target, detector.guess(tld=None, allow_utf8=False), name)


def _copy_as_chosen(source: Path, target: Path, encoding: str, name: str) -> Decoded:
    try:
        copied = _copy(source, target, encoding, name)
    except (LookupError, ValueError):  # of the second kind are names with zero bytes, and codecs' own errors
        copied = None
    if copied is None or not copied.is_faithful(is_marked=False):
        raise DataError(
            f"{quoted(name)} is not text in the encoding {quoted(encoding)}, or there is no such encoding.",
            "Choose another one (such as utf-8, utf-16, windows-1252, gb18030), or save the file as UTF-8.",
        )
    return _decoded(copied, encoding, name)


def _decoded(copied: _Copied, encoding: str, name: str) -> Decoded:
    if copied.num_nul_bytes > max(_MANY, MAX_RUBBISH * copied.num_chars):
        raise _no_text(name)
    return Decoded(
        encoding=encoding,
        num_nul_bytes=copied.num_nul_bytes,
        num_replaced_bytes=copied.num_replaced_bytes,
    )


def _encoding_by_pattern(head: bytes) -> str | None:
    """Tell an encoding by its mark or its shifts, and UTF-16 without a mark by its zero bytes.

    Those are all on one side, and beside the line ends. What is left beside stray zero bytes in a text of
    single bytes is mostly pairs of ASCII characters.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return encoding
    if head.isascii() and any(shift in head for shift in _JAPANESE_SHIFTS):
        return "iso-2022-jp"
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) < 0.02 * len(head) / 2 or min(even, odd) > 0.1 * max(even, odd):
        return None
    units = np.frombuffer(head, dtype="<u2" if odd > even else ">u2", count=len(head) // 2)
    high, low = units >> 8, units & 0xFF
    num_line_ends = np.count_nonzero(np.isin(units, _LINE_ENDS))
    if num_line_ends == 0 or num_line_ends < 0.25 * np.count_nonzero(np.isin(low, _LINE_ENDS)):
        return None
    if np.count_nonzero(_is_ascii_text(high) & _is_ascii_text(low)) > 0.8 * np.count_nonzero(high):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _is_ascii_text(codes: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    return ((codes >= ord(" ")) & (codes < 127)) | np.isin(codes, _LINE_ENDS)


def _no_text(name: str) -> DataError:
    return DataError(
        f"{quoted(name)} is not a text file: it holds too many zero bytes or control characters.",
        "Export the table again as CSV (UTF-8): this file is binary or damaged.",
    )


def _copy(source: Path, target: Path, encoding: str, name: str) -> _Copied:
    """Copy in chunks. Raises LookupError if `encoding` is unknown, DataError at an endless line."""
    copied, line = _Copied(), _Line()
    with target.open("wb") as writer:
        for text, is_last in _texts(source, encoding):
            num_non_ascii, num_replaced = 0, text.count(_BROKEN)
            if not text.isascii():
                codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
                num_non_ascii = int(np.count_nonzero(codes > 127))
            copied = replace(
                copied,
                num_chars=copied.num_chars + len(text),
                num_non_ascii=copied.num_non_ascii + num_non_ascii,
                num_nul_bytes=copied.num_nul_bytes + text.count("\0"),
                num_replaced_bytes=copied.num_replaced_bytes + num_replaced,
                num_cut_bytes=num_replaced if is_last else 0,
            )
            data = text.replace("\0", "").replace(_BROKEN, "\ufffd").encode()
            line.go_on(data, name)
            writer.write(data)
    return copied


def _texts(source: Path, encoding: str) -> Iterator[tuple[str, bool]]:
    """Yield decoded chunks, with whether it is what was left at the end, without a byte order mark."""
    codec = _CODECS.get(encoding.lower(), encoding)
    io.TextIOWrapper(io.BytesIO(), encoding=codec)  # raises LookupError if it is no encoding of texts
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(codec)(errors=_MARK), translate=True)
    is_first = True
    with source.open("rb") as reader:
        while chunk := reader.read(_CHUNK_SIZE):
            text = decoder.decode(chunk)
            yield (text.removeprefix("\ufeff") if is_first else text), False
            is_first = is_first and not text
    yield decoder.decode(b"", final=True), True


@dataclass
class _Line:
    """The line that is being copied; raises DataError once it is longer than a row can be."""

    number: int = 1
    num_bytes: int = 0

    def go_on(self, data: bytes, name: str) -> None:
        end = data.find(b"\n")
        if self.num_bytes + (len(data) if end < 0 else end) > MAX_LINE_BYTES:
            raise DataError(
                f"Line {self.number:,} of {quoted(name)} is longer than {MAX_LINE_BYTES >> 20} MiB.",
                "Shorten the field on that line, or save the file with line ends between the rows.",
            )
        self.num_bytes = self.num_bytes + len(data) if end < 0 else len(data) - data.rfind(b"\n") - 1
        self.number += data.count(b"\n")


def _mark_broken(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _BROKEN * (error.end - error.start), error.end


_MARK = "tl_core.mark_broken"
codecs.register_error(_MARK, _mark_broken)
