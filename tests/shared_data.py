"""Where the real labelled sets lie that are not part of the project."""

import os
from pathlib import Path

import pytest

_DEFAULT = Path(__file__).parents[2] / "shared" / "data"


def shared_data(*parts: str) -> Path:
    """Return a path below the folder of real data (TL_SHARED_DATA); skip the test where it is absent."""
    path = Path(os.environ.get("TL_SHARED_DATA", _DEFAULT)).joinpath(*parts)
    if not path.exists():
        pytest.skip(f"needs the real data sets ('{'/'.join(parts)}'): set TL_SHARED_DATA to their folder")
    return path
