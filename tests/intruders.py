"""What may lie in a folder from elsewhere and has no place in a run or a model."""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SECRET = "a secret of this machine"


@dataclass(frozen=True)
class Intruder:
    """Something that is no plain file: ``put`` makes it, ``said`` is what it is called."""

    said: str
    put: Callable[[Path], object]

    def __str__(self) -> str:
        return self.said


def secret_beside(path: Path) -> Path:
    """Write a secret outside of the folder that ``path`` lies in."""
    secret = Path(path.anchor, *path.parts[1:4]) / "secret"
    secret.write_text(SECRET)
    return secret


def _put_socket(path: Path) -> None:
    # The address of a socket holds some hundred characters at most: it is bound by its name alone.
    here = os.open(".", os.O_RDONLY)
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.fchdir(here)
        os.close(here)


INTRUDERS = (
    Intruder("is a link", lambda path: path.symlink_to(secret_beside(path))),
    Intruder("is a link", lambda path: path.symlink_to("run.json")),
    Intruder("is a link", lambda path: path.symlink_to("/", target_is_directory=True)),
    Intruder("is a link", lambda path: path.symlink_to("nowhere")),
    Intruder("is a pipe", os.mkfifo),
    Intruder("is a socket", _put_socket),
)
