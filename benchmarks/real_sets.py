"""Where the real labelled sets lie: beside the project, or where ``TL_SHARED_DATA`` says; never in it."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def real_set(name: str, part: str = "train") -> Path:
    """Return one file of a real labelled set of texts. Raises SystemExit if it is not there."""
    return _found(name, f"{name}/{part}.csv")


def real_pictures(name: str) -> Path:
    """Return the archive of a real labelled set of pictures. Raises SystemExit if it is not there."""
    return _found(name, f"images/{name}.zip")


def _found(name: str, file: str) -> Path:
    path = Path(os.environ.get("TL_SHARED_DATA") or ROOT.parent / "shared" / "data") / file
    if not path.exists():
        raise SystemExit(f"The labelled set {name} is not on this machine: set TL_SHARED_DATA to its folder.")
    return path
