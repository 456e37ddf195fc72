"""From the person's file to its plain content: unpacked where it is compressed, within bounds."""

import gzip
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tl_core.errors import DataError, NotFoundError
from tl_core.files.formats import GZIP, SAVE_AGAIN, UNPACK, ZIP, is_workbook, refuse_other_files
from tl_core.files.limits import KEEP_LESS

MAX_CONTENT_BYTES = 4 << 30
"""Largest file that is read, after unpacking."""
MAX_RATIO = 200
"""How many times its size an archive may unpack to, once that is more than 100 MiB."""

_HEAD_SIZE = 1 << 16
_CHUNK_SIZE = 1 << 20
_FREE_BYTES = 100 << 20
_SHOWN_MEMBERS = 5
_CLUTTER = {".DS_Store", "Thumbs.db", "desktop.ini"}

# What the archive modules raise on damaged, encrypted or unusual archives.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
    EOFError, OSError, NotImplementedError, RuntimeError, ValueError, OverflowError,
)  # fmt: skip


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
    """

    path: Path
    head: bytes
    ending: str
    compression: str = ""
    member: str = ""


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
    if not content.head:
        raise DataError(f"Expected a table; '{name}' is empty (0 bytes).", SAVE_AGAIN)

    is_nested = content.head.startswith(GZIP)
    if content.compression and content.head.startswith(ZIP):
        with _telling_damage(name), zipfile.ZipFile(content.path) as archive:
            is_nested = not is_workbook(archive, name)
    if is_nested:
        raise DataError(f"Expected an archive with a table; '{name}' holds another archive.", UNPACK)
    refuse_other_files(content.head, name)
    return content


def _read_head(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_SIZE)
    except FileNotFoundError:
        raise NotFoundError(
            f"Expected a file at '{path}'; there is none.", "Check the path and its spelling."
        ) from None
    except OSError as error:
        raise DataError(
            f"Expected a file that can be read; got '{path}' ({error.strerror}).",
            "Choose a file that you may read.",
        ) from None
    if path.stat().st_size > MAX_CONTENT_BYTES:
        raise _too_large(name)
    return head


def _unzip(content: Content, name: str, target: Path) -> Content:
    """Unpack a zip archive's only member; a workbook, which is such an archive, stays as it is."""
    with _telling_damage(name), zipfile.ZipFile(content.path) as archive:
        if is_workbook(archive, name):
            return content
        # What an operating system, and not the person, has put into the archive counts for nothing.
        members = [
            one
            for one in archive.infolist()
            if not one.is_dir()
            and not one.filename.startswith("__MACOSX/")
            and PurePosixPath(one.filename).name not in _CLUTTER
        ]
        if len(members) != 1:
            shown = ", ".join(f"'{one.filename}'" for one in members[:_SHOWN_MEMBERS])
            more = ", …" if len(members) > _SHOWN_MEMBERS else ""
            holds = f"holds {len(members):,}: {shown}{more}" if members else "holds none"
            raise DataError(
                f"Expected an archive with one file; '{name}' {holds}.",
                "Unpack it and use one of the files, or keep one in the archive."
                if members
                else "Pack it again, or use the file itself.",
            )
        member = members[0]
        if member.flag_bits & 1:
            raise DataError(
                f"Expected an archive without a password; '{name}' is encrypted.",
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
            f"Expected an archive or workbook that is whole; '{name}' is damaged, cut off or packed in an"
            " unusual way.",
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
        f"Expected at most {MAX_CONTENT_BYTES >> 30} GiB of content, and at most {MAX_RATIO:,} times an"
        f" archive's size; '{name}' holds more.",
        KEEP_LESS,
    )


def _ending(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).suffix.lower()
