"""What can happen to a file: each kind of damage changes one in place."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Damage:
    """One kind of damage, by its name."""

    name: str
    change: Callable[[Path], object]

    def __call__(self, path: Path) -> None:
        self.change(path)

    def __str__(self) -> str:
        return self.name


def cut(share: float) -> Callable[[Path], object]:
    """Keep the first bytes alone."""
    return lambda path: os.truncate(path, int(share * path.stat().st_size))


def put(content: bytes) -> Callable[[Path], object]:
    """Write something else."""
    return lambda path: path.write_bytes(content)


def overwrite(path: Path) -> None:
    """Put NUL bytes into the middle, as a power cut does."""
    content = bytearray(path.read_bytes())
    start = len(content) // 3
    content[start : start + 16] = bytes(16)
    path.write_bytes(content)


def replace_by(make: Callable[[Path], object]) -> Callable[[Path], object]:
    """Put something that is no file in its place."""

    def change(path: Path) -> None:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        make(path)

    return change


DAMAGES = (
    Damage("missing", Path.unlink),
    Damage("empty", cut(0)),
    Damage("cut after a third", cut(0.33)),
    Damage("cut near its end", cut(0.97)),
    Damage("NULs inside", overwrite),
    Damage("not UTF-8", put(b'{"a": "\xff\xfe"}')),
    Damage("another JSON type", put(b"[1, 2]")),
    Damage("a field missing", put(b"{}")),
    Damage("nested without end", put(b"[" * 100_000)),
    Damage("a folder", replace_by(Path.mkdir)),
    Damage("a pipe", replace_by(os.mkfifo)),
    Damage("a link to nowhere", replace_by(lambda path: path.symlink_to("nowhere"))),
)
