"""Files by name, out of archives and folders: which are pictures, and which nobody put there."""

import lzma
import os
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tl_core.errors import DataError
from tl_core.files.formats import MAX_CONTENT_BYTES
from tl_core.images.pictures import ENDINGS, MOST_BYTES
from tl_core.words import quoted

TABLES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx")
DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError)
_CLUTTER = {"thumbs.db", "desktop.ini", "ehthumbs.db"}
_CLUTTER_FOLDERS = {"__macosx", "@eadir", "#recycle", "$recycle.bin", "lost+found"}
_UTF8_NAME = 0x800
_DRIVE = re.compile(r"[A-Za-z]:")
_PACK_AGAIN = "Pack the folder again and use that archive."


def is_picture_name(name: str) -> bool:
    """Whether a file is called like a picture."""
    return name.lower().endswith(ENDINGS)


def is_clutter(name: str) -> bool:
    """Whether a file was put there by a system or a tool, hidden from people, and not by a person."""
    *folders, file = PurePosixPath(name).parts or (".",)
    return (
        file.startswith(".")
        or file.lower() in _CLUTTER
        or any(one.startswith(".") or one.lower() in _CLUTTER_FOLDERS for one in folders)
    )


def named_after(name: str, pictures: frozenset[str]) -> bool:
    """Whether a file is told of one picture by its name, as ``3.txt`` and ``3.jpg.json`` of ``3.jpg``.

    Parameters
    ----------
    pictures
        Names and stems of all pictures, without folders.
    """
    return PurePosixPath(name).stem in pictures


def names_and_stems(pictures: Sequence[str]) -> frozenset[str]:
    """Give what files that are told of single pictures are named after."""
    paths = [PurePosixPath(one) for one in pictures]
    return frozenset(one.name for one in paths) | frozenset(one.stem for one in paths)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Files by name, and how to read one: at most so many bytes of it."""

    sizes: Mapping[str, int]
    folders: Sequence[str]
    read: Callable[[str], bytes]


def opened(path: Path, name: str) -> AbstractContextManager[Source]:
    """Look into a folder, an archive, or take a file for the only picture.

    Raises
    ------
    DataError
        If an archive is damaged, encrypted or made to do harm.
    """
    if path.is_dir():
        return _open_folder(path)
    if zipfile.is_zipfile(path):
        return _open_archive(path, name)
    return nullcontext(
        Source(sizes={name: path.stat().st_size}, folders=(), read=lambda _: path.read_bytes())
    )


@contextmanager
def _open_archive(path: Path, name: str) -> Iterator[Source]:
    try:
        with zipfile.ZipFile(path) as archive:
            members, folders = dict[str, zipfile.ZipInfo](), list[str]()
            for one in archive.infolist():
                member = _name_in(one)
                if member.endswith("/"):
                    folders.append(member.rstrip("/"))
                    continue
                _require_inside(member, name)
                if one.flag_bits & 1:
                    raise DataError(f"{quoted(name)} is encrypted.", "Pack it without a password.")
                members[_apart(member, members)] = one
            if sum(one.file_size for one in members.values()) > MAX_CONTENT_BYTES:
                raise DataError(
                    f"{quoted(name)} unpacks to more than {MAX_CONTENT_BYTES >> 30} GiB.",
                    "Make the pictures smaller, or keep a part of them.",
                )

            def read(member: str) -> bytes:
                with archive.open(members[member]) as file:
                    return file.read(MOST_BYTES + 1)

            yield Source(
                sizes={member: one.file_size for member, one in members.items()}, folders=folders, read=read
            )
    except NotImplementedError as error:
        raise DataError(
            f"{quoted(name)} is packed in a way that cannot be read.",
            "Pack it again as an ordinary zip archive.",
        ) from error
    except (*DAMAGE, ValueError) as error:
        raise DataError(f"{quoted(name)} is damaged or cut off.", "Save or download it again.") from error


def _name_in(member: zipfile.ZipInfo) -> str:
    """Name a member as its maker did: UTF-8 that is not said to be, and Windows' backslashes."""
    name = member.filename
    if not member.flag_bits & _UTF8_NAME:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = member.filename
    return _plain(name)


def _plain(name: str) -> str:
    """Write a path with slashes, and letters with their accents as one."""
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def _apart(name: str, others: Mapping[str, object]) -> str:
    """Give a name that no other has: two that differ by how an accent is written become alike."""
    path, number, found = PurePosixPath(name), 2, name
    while found in others:
        found, number = str(path.with_name(f"{path.stem} ({number}){path.suffix}")), number + 1
    return found


def _require_inside(member: str, name: str) -> None:
    path = PurePosixPath(member)
    if not path.parts or path.is_absolute() or ".." in path.parts or _DRIVE.fullmatch(path.parts[0]):
        raise DataError(
            f"{quoted(name)} names a file outside of the folder: {quoted(member, 80)}.", _PACK_AGAIN
        )


@contextmanager
def _open_folder(path: Path) -> Iterator[Source]:
    """Look into a folder; links are not followed, and names may hold bytes that are no text."""
    there, folders = dict[str, Path](), list[str]()
    for place, below, files in os.walk(path):
        below.sort()
        inside = Path(place).relative_to(path)
        folders += [readable(inside)] if inside.parts else []
        for file in sorted(files):
            whole = Path(place) / file
            if whole.is_file() and not whole.is_symlink():
                there[_apart(readable(inside / file), there)] = whole

    def read(member: str) -> bytes:
        with there[member].open("rb") as file:
            return file.read(MOST_BYTES + 1)

    yield Source(
        sizes={name: whole.stat().st_size for name, whole in there.items()}, folders=folders, read=read
    )


def readable(path: Path) -> str:
    """Write a path on disk as text, with U+FFFD for bytes that are none."""
    return unicodedata.normalize("NFC", os.fsencode(path.as_posix()).decode("utf-8", "replace"))
