"""What kind of file some bytes are, how large a table may be, and plain content where it is compressed."""

import gzip
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from tl_core.errors import DataError, NotFoundError
from tl_core.modality import modality_of_files
from tl_core.schema import FileFormat
from tl_core.words import quoted, quoted_names

GZIP = b"\x1f\x8b"
ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_SAVE_AS_CSV = "Open it in the program that made it, save it as CSV (UTF-8) and use that file."
_NEEDS_TEXTS = "Use a table with a column of texts and a column of labels, such as a CSV file."
_DOWNLOAD = "Download the file itself, not the page that shows it."
_SAVE_AS_TABLE = "Save the table as Parquet or CSV."
UNPACK = "Unpack it and use the file inside."
_UNPACK = f"{UNPACK[:-1]}; of archives, gzip and zip with one file are read."
SAVE_AGAIN = "Save or download it again."

# What stands at the beginning, what it is and what to do. None of these is the beginning of a usual table.
_REFUSED: tuple[tuple[re.Pattern[bytes], str, str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), kind, remedy)
    for pattern, kind, remedy in (
        (rb"%PDF-", "a PDF document", _SAVE_AS_CSV),
        (rb"\{\\rtf", "a formatted document (RTF)", _SAVE_AS_CSV),
        (rb"\x89PNG\r\n", "a PNG image", _NEEDS_TEXTS),
        (rb"\xff\xd8\xff", "a JPEG image", _NEEDS_TEXTS),
        (rb"GIF8[79]a", "a GIF image", _NEEDS_TEXTS),
        (rb"RIFF....(WEBP|WAVE|AVI )", "an image, sound or film", _NEEDS_TEXTS),
        (rb"(II\*\0|MM\0\*)", "a TIFF image", _NEEDS_TEXTS),
        (rb"<!doctype html|<html", "a web page", _DOWNLOAD),
        (rb"<\?xml", "an XML document", _SAVE_AS_CSV),
        (rb"BZh[1-9]1AY&SY", "a bzip2 archive", _UNPACK),
        (rb"\xfd7zXZ\0", "an xz archive", _UNPACK),
        (rb"\x28\xb5\x2f\xfd", "a Zstandard archive", _UNPACK),
        (rb"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
        (rb"Rar!\x1a\x07", "a RAR archive", _UNPACK),
        (rb".{257}ustar", "a tar archive", _UNPACK),
        (rb"SQLite format 3\0", "an SQLite database", "Export the table as CSV (UTF-8) and use that file."),
        (rb"ARROW1\0\0", "an Arrow file", _SAVE_AS_TABLE),
        (rb"\x80[\x02-\x05]", "a Python pickle", _SAVE_AS_TABLE),
        (rb"\x93NUMPY|\x89HDF\r\n", "a file of numbers", _NEEDS_TEXTS),
    )
)

# A page header, which begins with a control character, follows the mark, as it never does in a text.
_PARQUET = re.compile(rb"PAR1[\x00-\x08\x0b\x0c\x0e-\x1f]")
MAX_CONTENT_BYTES = 4 << 30
"""Largest file that is read, after unpacking."""
MAX_RATIO = 200
"""How many times its size an archive may unpack to, once that is more than 100 MiB."""
_HEAD_SIZE = 1 << 16
_CHUNK_SIZE = 1 << 20
_FREE_BYTES = 100 << 20
_CLUTTER = {".DS_Store", "Thumbs.db", "desktop.ini"}
# What the archive modules raise on damaged, encrypted or unusual archives.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
    EOFError, OSError, NotImplementedError, RuntimeError, ValueError, OverflowError,
)  # fmt: skip
MAX_COLUMNS = 2_000
MAX_CELLS = 200_000_000
"""Most cells of a table whose file does not write every cell."""
MAX_TABLE_BYTES = 4 << 30
KEEP_LESS = "Keep the columns with the text and the label, or a random part of the rows."
"""Most memory of a table whose file does not write every text."""


def _refuse_other_files(head: bytes, name: str) -> None:
    """Raise DataError if a file is of a kind that holds no table, or whose table is not read.

    Parameters
    ----------
    head
        The file's beginning, some hundred bytes or more.
    name
        What the person calls it.
    """
    beginning = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for pattern, kind, remedy in _REFUSED:
        if pattern.match(head) or pattern.match(beginning):
            raise DataError(f"{quoted(name)} is {kind}, not a table.", remedy)


def binary_format(head: bytes) -> FileFormat | None:
    """Return the format of a workbook or Parquet file, None for any other."""
    if head.startswith((*ZIP, OLD_OFFICE)):
        return FileFormat.EXCEL
    return FileFormat.PARQUET if _PARQUET.match(head) else None


def is_packed(head: bytes) -> bool:
    """Whether a file that begins like this holds several times as much as its size says."""
    return head.startswith((GZIP, *ZIP)) or binary_format(head) is not None


def begins_like_json(path: Path) -> bool:
    """Whether the first sign of a UTF-8 text, blanks left out, opens an object or a list."""
    with path.open(encoding="utf-8", newline="\n") as text:
        return next((line.lstrip() for line in text if line.strip()), "").startswith(("{", "["))


def _is_workbook(archive: zipfile.ZipFile, name: str) -> bool:
    """Whether a zip archive is an Excel or OpenDocument workbook.

    Raises
    ------
    DataError
        If it is another document in the form of an archive.
    """
    members = set(archive.namelist())
    is_stated = "mimetype" in members and archive.getinfo("mimetype").file_size <= 100
    kind = archive.read("mimetype")[:100] if is_stated else b""
    if kind.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        return True
    if kind or members & {"word/document.xml", "ppt/presentation.xml", "Index/Document.iwa", "Index.zip"}:
        raise DataError(
            f"{quoted(name)} is an office document, but not an Excel or OpenDocument workbook.",
            "Open it in the program that made it, and save the table as CSV (UTF-8) or as an Excel workbook.",
        )
    return bool(members & {"xl/workbook.xml", "xl/workbook.bin"})


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a file holds once it is unpacked.

    Attributes
    ----------
    path
        Where it lies: the file itself, or a copy.
    head
        Its first 64 KiB.
    ending
        The ending of its name, in small letters with the dot; empty if there is none.
    compression
        Empty, ``gzip`` or ``zip``.
    member
        Name of the file inside a zip archive.
    modality
        Of a folder or an archive whose files are examples.
    """

    path: Path
    head: bytes
    ending: str
    compression: str = ""
    member: str = ""
    modality: str | None = None


def open_content(path: Path, name: str, folder: Path) -> Content:
    """Unpack a file if it is compressed, and refuse what is no table at all.

    Parameters
    ----------
    path
        The person's file; it is only read.
    name
        What the person calls it.
    folder
        Where an unpacked copy is written.

    Raises
    ------
    NotFoundError
        If there is no such file.
    DataError
        If it is empty, too large, of a kind that cannot be read, or an archive that is damaged, encrypted,
        or holds anything but one file that is no archive itself.
    """
    if path.is_dir():
        return _open_folder(path, name)
    head = _read_head(path, name)
    content = Content(path=path, head=head, ending=_ending(name))
    if head.startswith(GZIP):
        copy = folder / "content"
        with _telling_damage(name), gzip.open(path) as reader:
            _copy_bounded(reader.read, copy, path.stat().st_size, name)
        ending = _ending(name.removesuffix(".gz").removesuffix(".GZ"))
        content = Content(path=copy, head=_read_head(copy, name), ending=ending, compression="gzip")
    elif head.startswith(ZIP):
        content = _unzip(content, name, folder / "content")
        if content.modality:
            return content
    if not content.head:
        raise DataError(f"{quoted(name)} is empty (0 bytes).", SAVE_AGAIN)
    if not content.compression and b"\0" in content.head and (modality := modality_of_files([name])):
        return replace(content, modality=modality)  # the file is one example, and no text that is called so

    is_nested = content.head.startswith(GZIP)
    if content.compression and content.head.startswith(ZIP):
        with _telling_damage(name), zipfile.ZipFile(content.path) as archive:
            is_nested = not _is_workbook(archive, name)
    if is_nested:
        raise DataError(f"{quoted(name)} holds another archive, not a table.", UNPACK)
    _refuse_other_files(content.head, name)
    return content


def _open_folder(path: Path, name: str) -> Content:
    names = [one.relative_to(path).as_posix() for one in path.rglob("*") if one.is_file()]
    modality = modality_of_files(names)
    if modality is None:
        raise DataError(f"{quoted(name)} is a folder, not a table.", "Choose one of the files in it.")
    return Content(path=path, head=b"", ending="", modality=modality)


def _read_head(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_SIZE)
    except FileNotFoundError:
        raise NotFoundError(f"There is no file {quoted(str(path), 200)}.", "Check the path.") from None
    except OSError as error:
        raise DataError(
            f"The file {quoted(str(path), 200)} cannot be read: {error.strerror}.",
            "Choose a file that you may read.",
        ) from None
    if path.stat().st_size > MAX_CONTENT_BYTES:
        raise _too_large(name)
    return head


def _unzip(content: Content, name: str, target: Path) -> Content:
    """Unpack a zip archive's only member; a workbook, which is such an archive, stays as it is."""
    with _telling_damage(name), zipfile.ZipFile(content.path) as archive:
        if _is_workbook(archive, name):
            return content
        # What an operating system, and not the person, has put into the archive counts for nothing.
        members = [
            one
            for one in archive.infolist()
            if not one.filename.endswith("/")  # is_dir() fails on a name without a character
            and not one.filename.startswith("__MACOSX/")
            and PurePosixPath(one.filename).name not in _CLUTTER
        ]
        modality = modality_of_files([one.filename for one in members])
        if modality:
            return replace(content, modality=modality)
        if len(members) != 1:
            shown = quoted_names([one.filename for one in members])
            raise DataError(
                f"{quoted(name)} holds {len(members):,} files: {shown}."
                if members
                else f"{quoted(name)} is an archive without a file.",
                "Unpack it and use one of the files, or keep one in the archive."
                if members
                else "Pack it again, or use the file itself.",
            )
        member = members[0]
        if member.flag_bits & 1:
            raise DataError(
                f"{quoted(name)} is encrypted.",
                UNPACK,
            )
        with archive.open(member) as reader:
            _copy_bounded(reader.read, target, member.compress_size, name)
    return Content(
        path=target,
        head=_read_head(target, name),
        ending=_ending(member.filename),
        compression="zip",
        member=member.filename,
    )


@contextmanager
def _telling_damage(name: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGE:
        raise DataError(
            f"{quoted(name)} is damaged, cut off or packed in an unusual way.",
            "Save or download it again, or unpack it and use the file inside.",
        ) from None


def _copy_bounded(read: Callable[[int], bytes], target: Path, packed_bytes: int, name: str) -> None:
    """Copy in chunks; raise DataError before the copy grows beyond its bounds."""
    most = min(MAX_CONTENT_BYTES, max(_FREE_BYTES, MAX_RATIO * packed_bytes))
    num_bytes = 0
    with target.open("wb") as writer:
        while chunk := read(_CHUNK_SIZE):
            num_bytes += len(chunk)
            if num_bytes > most:
                raise _too_large(name)
            writer.write(chunk)


def _too_large(name: str) -> DataError:
    return DataError(
        f"{quoted(name)} is too large. A file may hold {MAX_CONTENT_BYTES >> 30} GiB once unpacked, and no"
        f" more than {MAX_RATIO:,} times the archive.",
        KEEP_LESS,
    )


def _ending(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).suffix.lower()


def check_num_columns(num_columns: int, min_columns: int, name: str) -> None:
    """Raise DataError if a table has too few columns for a text and a label, or implausibly many."""
    if num_columns < min_columns:
        raise DataError(
            f"{quoted(name)} has {'only one column' if num_columns else 'no columns'}; a text and a label"
            " need two.",
            "Add the labels as a second column, or choose the delimiter if there are two already.",
        )
    if num_columns > MAX_COLUMNS:
        raise DataError(
            f"{quoted(name)} has {num_columns:,} or more columns; the most is {MAX_COLUMNS:,}.",
            "Keep the columns with the text and the label, or choose another delimiter if there are fewer.",
        )


def check_num_cells(num_cells: int, name: str) -> None:
    """Raise DataError if a table would not fit in memory."""
    if num_cells > MAX_CELLS:
        raise DataError(
            f"{quoted(name)} has more than {MAX_CELLS:,} cells.",
            "Keep the columns with the text and the label.",
        )


def check_num_bytes(num_bytes: int, name: str) -> None:
    """Raise DataError if a table's texts would not fit in memory."""
    if num_bytes > MAX_TABLE_BYTES:
        raise DataError(
            f"The texts of {quoted(name)} take more than {MAX_TABLE_BYTES >> 30} GiB.",
            KEEP_LESS,
        )
