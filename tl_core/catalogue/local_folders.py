"""Model folders: how they are laid out, and base models from local ones, which the workspace alone can place.

>>> encoder_folder(Path("a_folder_that_is_not_there")).as_posix()
'a_folder_that_is_not_there'
>>> str(LocalModel(title="my_model", content="1a2b3c4d5e6f"))
'local:my_model@1a2b3c4d5e6f'
"""

import functools
import hashlib
import math
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Self

from tl_core.errors import CUT_OFF, ModelError
from tl_core.outside import MOST_JSON_BYTES, open_file, parse_json, read_bytes
from tl_core.settings import Settings
from tl_core.words import quoted

MODULES_FILE = "modules.json"
ENCODER, POOLING, HEAD = "0_Transformer", "1_Pooling", "2_Dense"
"""The subfolders of a classifier here whose head is no class of transformers."""
WEIGHTS = "model*.safetensors"
READ_FILES = (
    "config.json",
    "tokenizer.json",
    "preprocessor_config.json",
    "1_Pooling/config.json",
    "classifier.json",
    WEIGHTS,
)
"""What the engine takes from a model folder, and so what its content is; of its encoder's folder likewise."""
_NUM_DIGITS = 12
_NAME = re.compile(rf"local:(?P<title>.+)@(?P<content>[0-9a-f]{{{_NUM_DIGITS}}})", re.DOTALL)
Stamp = tuple[str, int, int]
"""A file's path within its folder, its size in bytes and its time of change in nanoseconds."""


def encoder_folder(folder: Path) -> Path:
    """Return the folder that holds ``config.json``, weights and tokenizer of a model folder's encoder.

    It is the folder itself, or the first module's of one in sentence-transformers' layout. A module that
    would lie outside of the folder is not followed.
    """
    if (folder / "config.json").exists():
        return folder
    try:
        modules = parse_json(read_bytes(folder / MODULES_FILE, MOST_JSON_BYTES))
        path = PurePosixPath(modules[0]["path"])
    except (OSError, ValueError, LookupError, TypeError):  # there is none, or it says something else
        return folder
    is_inside = not path.is_absolute() and ".." not in path.parts
    return folder / path if is_inside else folder


def hash_weights(folder: Path) -> str:
    """Return a SHA-256 of all weights of a base model's folder: that of the files' own hashes."""
    total = hashlib.sha256()
    for path in sorted(folder.glob(WEIGHTS)):
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


@dataclass(frozen=True, kw_only=True)
class LocalModel:
    """A base model from a local folder, as runs name it.

    Attributes
    ----------
    title
        The folder's name when it was chosen.
    content
        First 12 hexadecimal digits of the SHA-256 of its files' hashes.
    """

    title: str
    content: str

    def __str__(self) -> str:
        return f"local:{self.title}@{self.content}"

    @classmethod
    def parse(cls, base_model: str) -> Self | None:
        """Read the form that `str` writes; None for any other base model."""
        found = _NAME.fullmatch(base_model)
        return cls(title=found["title"], content=found["content"]) if found else None

    def find(self) -> Path | None:
        """Return the folder, or None if this workspace does not know it or it is gone.

        A workspace that was restored without its links has a copy of the folder in the link's place.
        """
        link = self._link()
        if not (encoder_folder(link) / "config.json").exists():
            return None
        return link.readlink() if link.is_symlink() else link

    def obtain(self) -> Path:
        """Return the folder, once its content has been compared with the name.

        No message says where the folder lay, for a run keeps the message it failed with.

        Raises
        ------
        ModelError
            If the folder is unknown here, has moved, or holds something else by now.
        """
        folder = self.find()
        if folder is not None and content_of(folder) == self.content:
            return folder
        if folder is not None:
            raise ModelError(
                f"The folder of the base model {quoted(self.title)} has changed since it was chosen: the"
                f" content is no longer {self.content}.",
                "Put the old files back, or choose the folder again for a new experiment.",
            )
        is_lost = self._link().is_symlink()
        raise ModelError(
            f"The folder of the base model {quoted(self.title)} (content {self.content}) "
            + ("is no longer where it was." if is_lost else "is not known in this workspace."),
            "Choose the folder again: the same content keeps the same name wherever it lies.",
        )

    def keep_place(self, folder: Path) -> None:
        """Note in the workspace where the folder lies, in the place of what was noted before."""
        link = self._link()
        if link.is_symlink() and link.readlink() == folder:
            return
        link.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=link.parent, prefix=".") as temporary:
            if link.is_dir() and not link.is_symlink():
                link.replace(Path(temporary) / "copy")  # the folder itself is known again
            fresh = Path(temporary) / self.content
            fresh.symlink_to(folder, target_is_directory=True)
            fresh.replace(link)

    def _link(self) -> Path:
        return Settings.from_environment().base_models / self.content


def name_folder(folder: Path, title: str = "") -> LocalModel:
    """Name a model folder by its content, and keep in the workspace where it lies.

    Parameters
    ----------
    folder
        Absolute.
    title
        What people read; the folder's own name if it is empty.

    Raises
    ------
    ModelError
        If a file cannot be read.
    """
    model = LocalModel(title=title or folder.name, content=content_of(folder))
    model.keep_place(folder)
    return model


def content_of(folder: Path) -> str:
    """Hash what the engine reads of a folder; the bytes are read once a process, until a file changes.

    Raises
    ------
    ModelError
        If a file cannot be read.
    """
    places = dict.fromkeys((folder, encoder_folder(folder)))
    paths = sorted(path for place in places for pattern in READ_FILES for path in place.glob(pattern))
    try:
        stats = [(path.relative_to(folder).as_posix(), path.stat()) for path in paths]
        return _hash(folder, tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats))
    except OSError as error:
        raise ModelError(
            f"The files of the base model {quoted(folder.name)} cannot be read: {error.strerror}.",
            "Let the server read the folder, or choose another model.",
        ) from error


@functools.lru_cache(maxsize=64)
def _hash(folder: Path, stamps: tuple[Stamp, ...]) -> str:
    total = hashlib.sha256()
    for name, *_ in stamps:
        with open_file(folder / name) as file:
            total.update(f"{name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()[:_NUM_DIGITS]


def num_weights(folder: Path) -> int | None:
    """Count a model folder's weights from the headers of its files; None if there is none to be read."""
    try:
        stats = [(path, path.stat()) for path in sorted(folder.glob(WEIGHTS))]
        counts = [_count_weights(path, stat.st_size, stat.st_mtime_ns) for path, stat in stats]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # the file says something else
        return None
    return sum(counts) or None


@functools.lru_cache(maxsize=256)
def _count_weights(path: Path, size: int, changed_ns: int) -> int:
    tensors = (facts for name, facts in read_header(path).items() if name != "__metadata__")
    return sum(math.prod(facts["shape"]) for facts in tensors if "F" in facts["dtype"])


def read_header(path: Path) -> dict[str, dict[str, Any]]:
    """Read a safetensors file's header: its length in 8 bytes, then JSON with each tensor's type and shape.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is no such file, or has not the bytes that its header states.
    """
    with open_file(path) as file:
        size = file.seek(0, 2)
        file.seek(0)
        num_bytes = int.from_bytes(file.read(8), "little")
        if num_bytes > min(size, MOST_JSON_BYTES):
            raise ValueError(CUT_OFF)
        header: dict[str, dict[str, Any]] = parse_json(file.read(num_bytes))
    try:
        ends = [facts["data_offsets"][1] for name, facts in header.items() if name != "__metadata__"]
        stated = 8 + num_bytes + max(ends, default=0)
    except (AttributeError, KeyError, IndexError, TypeError):
        raise ValueError(CUT_OFF) from None
    if stated != size:
        raise ValueError(f"it has {size:,} bytes, but the header says {stated:,}")
    return header
