"""What the data doctor sees in pictures: nothing, hardly anything, too few pixels."""

from collections.abc import Iterator

import numpy as np

from tl_core.datasets.findings import found, marked, severity_of
from tl_core.doctor.examine import Seen
from tl_core.images.pictures import pixels_of
from tl_core.schema import Finding

FLAT = 3.0
"""Standard deviation of brightness, of 255, below which a picture shows nothing."""
BLURRED = 12.0
"""Variance of the Laplacian of brightness below which a picture has no sharp edge (Pech-Pacheco et al. 2000,
ICPR)."""
FEWEST_SHARP_PX = 64
"""Side below which sharpness says nothing."""
SMALL_PX = 32
PLAIN_SHARE, NEAR = 0.4, 8
"""Share of pixels within so many steps of one brightness from which on a picture is drawn on plain ground: it
holds for all of scikit-learn's digits, and for 7 and 14% of two sets of photos."""
MOSTLY = 0.5
_TICK = 64


def looked_at(seen: Seen) -> Iterator[Finding]:
    """Yield what is wrong with single pictures."""
    dataset = seen.dataset
    is_flat, is_blurred, is_small, is_drawn = (np.zeros(dataset.num_examples, dtype=bool) for _ in range(4))
    for place, cell in enumerate(dataset.whole_texts()):
        picture = pixels_of(cell).convert("L")
        grey = np.asarray(picture, dtype=np.float32)
        is_flat[place] = grey.std() < FLAT
        is_small[place] = min(grey.shape) < SMALL_PX
        shades = np.bincount(grey.astype(np.uint8).ravel(), minlength=256)
        most = np.convolve(shades, np.ones(2 * NEAR + 1)).max()
        is_drawn[place] = not is_flat[place] and most > PLAIN_SHARE * grey.size
        if min(grey.shape) >= FEWEST_SHARP_PX and not is_flat[place]:
            inner = grey[1:-1, 1:-1]
            edges = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
            is_blurred[place] = edges.var() < BLURRED
        if seen.tick is not None and place % _TICK == 0:
            seen.tick(place, dataset.num_examples)
    if is_flat.any():
        yield found(
            dataset,
            is_flat,
            code="blank_pictures",
            severity="warning",
            message=f"{marked(dataset, is_flat, 'shows', 'show')} nothing but one shade.",
            remedy="Leave them out: nothing can be learned from them.",
        )
    if is_blurred.any():
        yield found(
            dataset,
            is_blurred,
            code="blurred_pictures",
            severity=severity_of(float(is_blurred.mean())),
            message=f"{marked(dataset, is_blurred, 'is', 'are')} blurred: without a sharp edge.",
            remedy="Check that people could still tell the classes apart.",
        )
    if is_small.any():
        yield found(
            dataset,
            is_small,
            code="small_pictures",
            severity=severity_of(float(is_small.mean())),
            message=f"{marked(dataset, is_small, 'has', 'have')} fewer than {SMALL_PX} pixels a side.",
            remedy="Use larger pictures if there are any: networks scale them up and see little.",
        )
    if is_drawn.mean() > MOSTLY:
        yield found(
            dataset,
            is_drawn,
            code="drawings",
            severity="info",
            message=f"{marked(dataset, is_drawn, 'stands', 'stand')} on plain ground, as characters do.",
            remedy="Choose no augmentation in the advanced settings if a mirrored one means something else.",
        )
