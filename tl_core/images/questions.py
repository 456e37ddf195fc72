"""Pictures to ask any model about: shapes and shades that are drawn from formulas, alike everywhere."""

from functools import cache

import numpy as np
from PIL import Image

from tl_core.images.pictures import to_cell

SIZE_PX = 96


@cache
def questions() -> tuple[str, ...]:
    """Return eight cells: shades, stripes, a disc, a square, a chessboard, rings and noise."""
    down, right = np.mgrid[0:SIZE_PX, 0:SIZE_PX] / (SIZE_PX - 1)
    far = np.hypot(down - 0.5, right - 0.5)
    noise = np.random.Generator(np.random.PCG64(0)).random((SIZE_PX, SIZE_PX))
    one = np.ones_like(down)
    drawn = (
        (right, right, right),
        (down, 1 - right, 0.5 * one),
        ((right * 8 % 1 < 0.5) * one, 0.2 * one, 0.6 * one),
        ((far < 0.3) * one, (far < 0.3) * 0.5, 0.3 * one),
        (0.8 * one, np.maximum(abs(down - 0.5), abs(right - 0.5)) < 0.25, 0.1 * one),
        ((np.floor(down * 6) + np.floor(right * 6)) % 2, 0.5 * one, right),
        (0.5 + 0.5 * np.sin(40 * far), 0.5 * one, 1 - far),
        (noise, noise[::-1], noise.T),
    )
    cells = []
    for place, channels in enumerate(drawn):
        pixels = (255 * np.stack([np.asarray(one, dtype=np.float64) for one in channels], 2)).round()
        picture = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
        cells.append(to_cell(picture, f"question {place}".encode(), f"question {place}", is_lossless=True))
    return tuple(cells)
