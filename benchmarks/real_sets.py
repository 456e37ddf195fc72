"""Where the real labelled sets lie: beside the project, or where ``TL_SHARED_DATA`` says; never in it."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def real_set(name: str, part: str = "train") -> Path:
    """Return one file of a real labelled set.

    Raises
    ------
    SystemExit
        If it is not there.
    """
    folder = Path(os.environ.get("TL_SHARED_DATA") or ROOT.parent / "shared" / "data")
    path = folder / name / f"{part}.csv"
    if not path.exists():
        raise SystemExit(f"The labelled set {name} is not on this machine: set TL_SHARED_DATA to its folder.")
    return path
