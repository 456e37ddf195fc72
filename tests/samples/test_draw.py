"""The drawn sample: what its script draws is what lies in the archive, and what its description says."""

import io
import zipfile
from collections import Counter
from pathlib import PurePosixPath

import numpy as np
import pytest
from PIL import Image

from samples.draw import EACH, SIZE_PX, TARGET, THINGS, draw


@pytest.mark.parametrize("thing", THINGS)
def test_the_archive_holds_what_the_script_draws(thing: str) -> None:
    with zipfile.ZipFile(TARGET) as archive:
        packed = archive.read(f"drawn_things/{thing}/{thing}_07.jpg")
    stored = np.asarray(Image.open(io.BytesIO(packed)).convert("RGB"), dtype=float)
    assert np.abs(stored - np.asarray(draw(thing, 7), dtype=float)).mean() < 6, "but for what JPEG loses"


def test_it_has_as_many_of_each_and_is_small() -> None:
    with zipfile.ZipFile(TARGET) as archive:
        counts = Counter(PurePosixPath(one).parts[1] for one in archive.namelist())
        assert Image.open(io.BytesIO(archive.read(archive.namelist()[0]))).size == (SIZE_PX, SIZE_PX)
    assert counts == dict.fromkeys(THINGS, EACH)
    assert TARGET.stat().st_size < 1_000_000
