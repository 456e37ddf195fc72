"""Where a model looks: what its answer loses when a part of the picture is covered.

Zeiler and Fergus 2014 (ECCV), section 4.2. It asks of a model nothing but answers, so that every model is
asked alike, those without a network too.
"""

import base64
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tl_core.images.pictures import KEPT_PX, MOST_BYTES, pixels_of, squared, to_cell

SIZE_PX = KEPT_PX
"""Side that a picture is scaled to before a part is covered: no network reads more."""
STEPS, WINDOW = 8, 2
"""Parts of each side; a cover is two of them wide and high, and moves by one."""
_PLACES = STEPS - WINDOW + 1
_DARK = 0.8
"""By how much what may be covered is darkened."""


def hide_parts(cell: str) -> list[str]:
    """Write a picture uncovered, then with one square after the other in its mean colour: 1 + 49 cells."""
    pixels = squared(pixels_of(cell), SIZE_PX)
    mean, part = pixels.mean((0, 1)).round().astype(np.uint8), SIZE_PX // STEPS
    found = [_cell(pixels, "whole")]
    for top in range(_PLACES):
        for left in range(_PLACES):
            covered = pixels.copy()
            covered[top * part : (top + WINDOW) * part, left * part : (left + WINDOW) * part] = mean
            found.append(_cell(covered, f"{top} {left}"))
    return found


def _cell(pixels: NDArray[np.uint8], name: str) -> str:
    return to_cell(Image.fromarray(pixels), name.encode(), name, is_lossless=True, most_bytes=MOST_BYTES)


def importance(drops: Sequence[float]) -> NDArray[np.float64]:
    """Average over the covers of each part how much they lower a probability: ``(STEPS, STEPS)``.

    Parameters
    ----------
    drops
        By how much each cover of `hide_parts` lowers it; what raises it counts as nothing.
    """
    lowered = np.maximum(np.asarray(drops, dtype=np.float64), 0).reshape(_PLACES, _PLACES)
    total, count = np.zeros((STEPS, STEPS)), np.zeros((STEPS, STEPS))
    for down in range(WINDOW):
        for right in range(WINDOW):
            total[down : down + _PLACES, right : right + _PLACES] += lowered
            count[down : down + _PLACES, right : right + _PLACES] += 1
    return total / count


def show_parts(cell: str, drops: Sequence[float]) -> str:
    """Darken a picture where covers change nothing; give the address of the picture."""
    found = importance(drops)
    light = found / found.max() if found.max() > 0 else np.ones_like(found)
    spot = Image.fromarray((255 * light).round().astype(np.uint8)).resize(
        (SIZE_PX, SIZE_PX), Image.Resampling.BICUBIC
    )
    bright = 1 - _DARK + _DARK * np.asarray(spot, dtype=np.float64)[..., None] / 255
    shown = (squared(pixels_of(cell), SIZE_PX) * bright).round().clip(0, 255).astype(np.uint8)
    packed = io.BytesIO()
    Image.fromarray(shown).save(packed, "JPEG", quality=90)
    return f"data:image/jpeg;base64,{base64.b64encode(packed.getvalue()).decode()}"
