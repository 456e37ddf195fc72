"""Folders and files that others have made: nothing in them leads elsewhere, waits for ever or has no end.

A run folder to be imported, a local base model and an exported model may come from anywhere. A link in one
would copy any file of this machine into the workspace, a pipe would be waited for until somebody writes to
it, and a sparse file of a terabyte takes no room where it lies. So a folder is looked through before anything
in it is opened, and every file is opened without following a link and without waiting.
"""

import contextlib
import json
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader, BufferedWriter
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from tl_core.errors import OutsideError
from tl_core.words import quoted

MOST_ENTRIES = 10_000
MOST_DEPTH = 8
MOST_BYTES = 16 << 30
"""Of all that is read: the weights of four billion parameters; the catalogue's largest model takes 1.1 GB."""
MOST_TEXT_BYTES = 256 << 20
"""Of one file that is read as a whole: the largest tokenizers in use take 35 MB."""
MOST_JSON_BYTES = 16 << 20
"""Of one small JSON file, such as a configuration or a record."""

_READ_AS_A_WHOLE = (".json", "events.jsonl")
"""How the names end of files that are read as a whole wherever they lie."""
_NOTHING_ELSE = "Keep the files of the run or of the model in it, and nothing else."
_CHUNK_BYTES = 1 << 20
_KINDS = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@dataclass(frozen=True)
class Found:
    """A file in a folder: its path within it and its size."""

    path: PurePosixPath
    num_bytes: int


def open_file(path: Path, *, follows_links: bool = True) -> BufferedReader:
    """Open a regular file for reading; never waits, whatever lies there.

    Raises
    ------
    OSError
        If it is not there, no regular file, or a link that may not be followed.
    """
    return _open(path, None, follows_links=follows_links)


def _open(path: Path | str, folder: int | None, *, follows_links: bool) -> BufferedReader:
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follows_links else os.O_NOFOLLOW)
    descriptor = os.open(path, flags, dir_fd=folder)
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(21, "it is a folder")
        if not stat.S_ISREG(mode):
            raise OSError(22, "it is no regular file")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_bytes(path: Path, most: int = MOST_TEXT_BYTES, *, follows_links: bool = True) -> bytes:
    """Read a whole file of at most ``most`` bytes. Raises OSError as `open_file` does, or if it is larger."""
    with open_file(path, follows_links=follows_links) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(27, f"it has more than {_size(most)}")
    return content


def read_json(path: Path, most: int = MOST_JSON_BYTES) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    OSError
        As `read_bytes` does.
    ValueError
        As `parse_json` does, or if it is no object.
    """
    found = parse_json(read_bytes(path, most))
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")
    return found


def parse_json(written: bytes) -> Any:
    """Parse JSON. Raises ValueError with words for a person if it is none, or is nested without end."""
    try:
        return json.loads(written)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeDecodeError:
        raise ValueError("it is no UTF-8") from None
    except ValueError:
        raise ValueError("it is no JSON") from None


def look_through(folder: Path) -> tuple[Found, ...]:
    """List the files of a folder, at any depth, once it is known that there is nothing else in it.

    The folder's own path may be a link: whoever has typed it knows where it leads. A snapshot in the cache of
    the model hub consists of links into the ``blobs`` beside it, which are as good as files.

    Raises
    ------
    OutsideError
        If it holds a link, a pipe, a socket or a device, a name that is no plain text or a JSON file of
        absurd size, or is deeper or fuller than any run or model.
    """
    with _opened(folder) as descriptor:
        return tuple(entry for entry, _parent in _walk(folder, descriptor))


def require_size(folder: Path, num_bytes: int) -> None:
    """Raise OutsideError if what is to be read of a folder is more than any run or model has."""
    if num_bytes > MOST_BYTES:
        raise OutsideError(
            f"The folder {quoted(called(folder))} is refused: it has {_size(num_bytes)}, more than the "
            f"{_size(MOST_BYTES)} of the largest run or model.",
            _NOTHING_ELSE,
        )


def copy_folder(source: Path, target: Path) -> None:
    """Copy the files of a folder from outside, byte by byte, into a folder that is not there yet.

    What is copied is what was looked at: a file that is exchanged for a link meanwhile is refused too.

    Raises
    ------
    OutsideError
        As `look_through` and `require_size` do, or if the disk has no room for it.
    """
    needed = sum(entry.num_bytes for entry in look_through(source))
    require_size(source, needed)
    if needed > (free := shutil.disk_usage(target.parent).free):
        raise OutsideError(
            f"The folder {quoted(source.name)} has {_size(needed)}, but the workspace's disk has room for"
            f" only {_size(free)}.",
            "Make room on the disk first.",
        )
    target.mkdir()
    with _opened(source) as descriptor:
        for entry, parent in _walk(source, descriptor):
            place = target / entry.path
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                with _open(entry.path.name, parent, follows_links=False) as file, place.open("xb") as copy:
                    _copy(file, copy, entry.num_bytes)
            except OSError as error:
                if error.filename is not None and Path(error.filename) == place:
                    raise
                raise _refusal(source, entry.path, f"cannot be read: {error.strerror}") from error


def _copy(file: BufferedReader, copy: BufferedWriter, num_bytes: int) -> None:
    """Copy as many bytes as were counted: a file that grows meanwhile has no end."""
    while num_bytes > 0 and (chunk := file.read(min(_CHUNK_BYTES, num_bytes))):
        copy.write(chunk)
        num_bytes -= len(chunk)


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise OutsideError(
            f"The folder {quoted(folder.name)} cannot be opened: {error.strerror}.", "Choose another one."
        ) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _walk(folder: Path, descriptor: int) -> Iterator[tuple[Found, int]]:
    """Yield the files with the descriptor of the folder that each is in, which is open until the next one."""
    real = folder.resolve()
    repo = real.parent.parent
    is_snapshot = real.parent.name == "snapshots" and repo.name.startswith("models--")
    blobs = repo / "blobs" if is_snapshot else None  # where links of a snapshot in the hub's cache may lead
    num_left = MOST_ENTRIES

    def walk(descriptor: int, inside: PurePosixPath, depth: int) -> Iterator[tuple[Found, int]]:
        nonlocal num_left
        with os.scandir(descriptor) as entries:
            names = sorted(entry.name for entry in islice(entries, num_left + 1))
        num_left -= len(names)
        if num_left < 0:
            raise OutsideError(
                f"The folder {quoted(called(folder))} holds more than {MOST_ENTRIES:,} files and folders.",
                _NOTHING_ELSE,
            )
        for name in names:
            path = inside / name
            if not name.isprintable():
                raise _refusal(folder, path, "has a name that is no plain text")
            found = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            if stat.S_ISLNK(found.st_mode) and blobs is not None:
                found = _blob(folder, path, blobs)
            if stat.S_ISREG(found.st_mode):
                if name.endswith(_READ_AS_A_WHOLE) and found.st_size > MOST_TEXT_BYTES:
                    raise _refusal(folder, path, f"has more than {_size(MOST_TEXT_BYTES)}")
                yield Found(path, found.st_size), descriptor
            elif stat.S_ISDIR(found.st_mode):
                if depth == MOST_DEPTH:
                    raise _refusal(folder, path, f"lies more than {MOST_DEPTH} folders deep")
                below = os.open(
                    name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=descriptor
                )
                try:
                    yield from walk(below, path, depth + 1)
                finally:
                    os.close(below)
            else:
                kind = next((words for shows, words in _KINDS if shows(found.st_mode)), "no regular file")
                raise _refusal(folder, path, f"is {kind}")

    yield from walk(descriptor, PurePosixPath(), 0)


def _blob(folder: Path, path: PurePosixPath, blobs: Path) -> os.stat_result:
    """Look at the file that a snapshot's link leads to, or at the link if it leads anywhere else."""
    link = folder / path
    place = link.resolve()
    return place.lstat() if place.parent == blobs and place.exists() else link.lstat()


def called(folder: Path) -> str:
    """Name a folder without saying where it lies; a run's model by its run."""
    is_of_run = folder.name == "model" and folder.parent.name.startswith("run_")
    return f"{folder.parent.name}/model" if is_of_run else folder.name


def _refusal(folder: Path, path: PurePosixPath, what: str) -> OutsideError:
    return OutsideError(
        f"The folder {quoted(called(folder))} is refused: {quoted(str(path))} in it {what}.",
        "Put a plain file there instead, or take it out of the folder.",
    )


def _size(num_bytes: int) -> str:
    for power, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if num_bytes >= 1 << power:
            size = num_bytes / (1 << power)
            return f"{size:,.0f} {unit}" if size >= 100 else f"{size:.3g} {unit}"
    return f"{num_bytes} bytes"
