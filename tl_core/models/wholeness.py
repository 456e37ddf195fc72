"""Whether the files of a model folder are whole, as far as that is quickly seen. No torch."""

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tl_core.catalogue.local_folders import read_header
from tl_core.errors import CUT_OFF, cannot_be_read
from tl_core.outside import open_file, parse_json

_LARGE_BYTES = 1 << 20
_END_BYTES = 64


def find_damage(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield each damaged file of a model folder, by its path within it, and what is wrong with it.

    What changes bytes inside of weights is not seen here: nothing states what they were.
    """
    for path in sorted(folder.rglob("*")):
        check = _CHECKS.get(path.suffix)
        if check is None:
            continue
        try:
            check(path)
        except (OSError, ValueError) as error:
            what = cannot_be_read(error) if isinstance(error, OSError) else str(error)
            yield str(path.relative_to(folder)), what


def _check_json(path: Path) -> None:
    """Read small files; of large ones, such as a vocabulary, look whether they begin and end as JSON."""
    with open_file(path) as file:
        num_bytes = file.seek(0, 2)
        if num_bytes <= _LARGE_BYTES:
            file.seek(0)
            parse_json(file.read())
            return
        file.seek(0)
        begin = file.read(_END_BYTES).lstrip()
        file.seek(-_END_BYTES, 2)
        if (begin[:1], file.read().rstrip()[-1:]) not in ((b"{", b"}"), (b"[", b"]")):
            raise ValueError(CUT_OFF)


def _check_arrays(path: Path) -> None:
    with open_file(path) as file:
        try:
            damaged = zipfile.ZipFile(file).testzip()
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            damaged = path.name
    if damaged is not None:
        raise ValueError(CUT_OFF)


_CHECKS: dict[str, Any] = {".json": _check_json, ".safetensors": read_header, ".npz": _check_arrays}
