"""Where a model looks: a planted patch is found, by a model of formulas and by one that was trained."""

import base64
import io

import numpy as np
from PIL import Image

from tests.images.drawing import scene
from tl_core.images.histogram import Histogram
from tl_core.images.occlusion import SIZE_PX, STEPS, hide_parts, importance, show_parts
from tl_core.images.pictures import pixels_of, to_cell

PATCH = SIZE_PX // 8
PLACE = (5, 2)
"""Row and column of the planted patch among the parts."""


def cell_of(pixels, name="planted"):
    return to_cell(Image.fromarray(pixels), name.encode(), name, is_lossless=True)


def planted(seed, place=PLACE, colour=(255, 0, 255)):
    pixels = np.asarray(scene(seed, (SIZE_PX, SIZE_PX))).copy()
    top, left = (PATCH * one for one in place)
    pixels[top : top + PATCH, left : left + PATCH] = colour
    return cell_of(pixels, f"planted {seed}")


def redness(cell):
    """Answer by how much of the picture is as the patch is."""
    pixels = np.asarray(pixels_of(cell), dtype=np.float64)
    is_patch = (np.abs(pixels - (255, 0, 255)) < 40).all(2)
    return float(np.clip(is_patch.mean() * 64, 0, 1))


def peak(drops):
    found = importance(drops)
    return tuple(int(one) for one in np.unravel_index(found.argmax(), found.shape))


def test_what_counts_is_where_the_patch_was_planted():
    for place in ((5, 2), (0, 0), (7, 7), (3, 6)):
        whole, *hidden = (redness(cell) for cell in hide_parts(planted(1, place)))
        assert whole > 0.9
        assert peak([whole - one for one in hidden]) == place


def test_a_trained_model_is_found_to_look_at_what_was_planted():
    cells = [
        planted(seed) if seed % 2 else cell_of(np.asarray(scene(seed, (160, 160)))) for seed in range(60)
    ]
    targets = np.arange(60) % 2
    model = Histogram.fit(cells[:40], targets[:40], cells[40:], targets[40:], 2)
    shares = np.exp(model.logits(hide_parts(planted(101))))[:, 1]
    row, column = peak(shares[0] - shares[1:])
    assert abs(row - PLACE[0]) <= 1
    assert abs(column - PLACE[1]) <= 1


def test_what_is_shown_is_bright_where_it_counts():
    whole, *hidden = (redness(cell) for cell in hide_parts(planted(1)))
    address = show_parts(planted(1), [whole - one for one in hidden])
    kind, _, packed = address.partition(",")
    assert kind == "data:image/jpeg;base64"
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(packed))).convert("L"), dtype=float)
    before = np.asarray(pixels_of(planted(1)).convert("L"), dtype=float)
    kept = (shown / np.maximum(before, 1)).reshape(STEPS, PATCH, STEPS, PATCH).mean((1, 3))
    assert kept[PLACE] > 0.8
    assert kept[0, 7] < 0.4


def test_a_model_that_does_not_care_shows_the_picture_as_it_is():
    cell = planted(3)
    address = show_parts(cell, [0.0] * (len(hide_parts(cell)) - 1))
    shown = Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))
    assert np.abs(np.asarray(shown, dtype=float) - np.asarray(pixels_of(cell), dtype=float)).mean() < 4
