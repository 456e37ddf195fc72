"""Pictures that nearly repeat each other: copies in another size or quality, mirrored, or cropped.

Each picture gets perceptual hashes, the signs of its lowest frequencies, of the whole and of its crops. Pairs
whose hashes are close are then compared themselves, at the crop that matched: a hash of 63 bits alone takes
any two skies for the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.fft import dctn

from tl_core.images.pictures import pixels_of
from tl_core.modality import NearGroups, Tick

HASH_PX, KEPT_PX = 32, 64
LOW = 8
"""Frequencies of each direction that a hash is of; the mean brightness is left out."""
CLOSE_BITS = 16
"""Bits of 63 in which two hashes of the same picture may differ; those of others differ in about 31."""
FEWER_BITS, MOST_CLOSE = (10, 6, 3), 40
"""Fewer bits may differ where a picture is close to more others than this on average: hashes tell little."""
ALIKE = 0.93
"""Correlation of two pictures, at the crop that fits best, from which on they nearly repeat."""
MOST_APART = 18.0
"""Mean difference of their pixels, of 255 and at the same mean brightness, up to which they do: two discs of
other colours correlate perfectly."""
DRAWN_SHARE, ALIKE_DRAWN = 0.5, 0.985
"""Share of neighbouring pixels without a difference from which on a picture is a drawing, and how alike two
of them have to be as they are: a disc on paper is every other disc on paper once one may crop."""
PROMISING = 0.6
"""Correlation from which on the crop that fits best is looked for."""
MOST_FITS = 5_000
"""Pairs for which it is looked for, the most alike first: some milliseconds each."""
WHOLE = (0.0, 0.0, 1.0)
CROPS = (
    WHOLE,
    *(
        (left * (1 - side) / 2, top * (1 - side) / 2, side)
        for side in (0.95, 0.9, 0.85, 0.8, 0.75, 0.7)
        for left in range(3)
        for top in range(3)
    ),
)
"""Left, top and side of what a crop may have kept, as shares."""
MOST_WITH_CROPS = 5_000
"""Pictures up to which crops are looked for: there are 55 of each."""
_STEPS = (0.05, 0.025, 0.0125)
MAX_PAIRS = 100
_BLOCK = 2048
_NO_STEP = 1.5
_FLAT = 4.0
"""Standard deviation of brightness below which a picture shows nothing that could be told apart."""

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]
Signs = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class _Match:
    """The window of one picture that is most alike another picture."""

    how: float
    one: int
    other: int
    is_mirrored: bool
    window: tuple[float, float, float]


def find_groups(cells: Sequence[str], threshold: float = 0.8, tick: Tick | None = None) -> NearGroups:
    """Group near duplicates.

    Parameters
    ----------
    threshold
        How alike pictures have to be, 0 to 1; the usual 0.8 stands for a correlation of `ALIKE`.
    """
    count = len(cells)
    if count < 2:
        return NearGroups(np.arange(count))
    alike = 1 - (1 - threshold) * (1 - ALIKE) / 0.2
    pictures = _decoded(cells, tick)
    windows = CROPS if count <= MOST_WITH_CROPS else (WHOLE,)
    whole = _seen(pictures, WHOLE)
    is_drawn = _are_drawn(whole)
    sides = [(side, _signs(side)) for side in (whole, whole[:, :, ::-1])]
    bits = _telling_bits(sides[0][1])
    best = dict[tuple[int, int], _Match]()
    for number, window in enumerate(windows):
        view = _seen(pictures, window)
        seen_signs = _signs(view)
        if window != WHOLE:
            seen_signs = np.where(is_drawn, np.uint64(0), seen_signs)
        for is_mirrored, (base, signs) in enumerate(sides):
            for ones, others in _close(signs, seen_signs, bits):
                alikeness = _correlations(base[ones], view[others])
                for place in np.flatnonzero(alikeness >= PROMISING):
                    one, other, how = int(ones[place]), int(others[place]), float(alikeness[place])
                    pair = (min(one, other), max(one, other))
                    if pair not in best or how > best[pair].how:
                        best[pair] = _Match(how, one, other, bool(is_mirrored), window)
        if tick is not None:
            tick(number, len(windows))
    found, group, num_fits = dict[tuple[int, int], float](), _Groups(count), 0
    for pair, match in sorted(best.items(), key=lambda one: -one[1].how):
        are_drawn = bool(is_drawn[match.one] or is_drawn[match.other])
        wanted = max(alike, ALIKE_DRAWN) if are_drawn else alike
        how, window = match.how, match.window
        base = whole[match.one][:, ::-1] if match.is_mirrored else whole[match.one]
        if how < wanted:
            is_hopeless = len(windows) == 1 or are_drawn or num_fits >= MOST_FITS
            if is_hopeless or group.are_one(*pair):
                continue
            num_fits += 1
            how, window = _best_fit(base, pictures[match.other], window, how)
        if how >= wanted and _apart(base, _seen(pictures[match.other][None], window)[0]) <= MOST_APART:
            found[pair] = how
            group.unite(*pair)
    shown = sorted(found.items(), key=lambda pair: -pair[1])[:MAX_PAIRS]
    return NearGroups(group.numbers(), tuple((one, other, how) for (one, other), how in shown))


class _Groups:
    """Pictures that belong together, as more and more pairs are found."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def _top(self, one: int) -> int:
        while self._above[one] != one:
            self._above[one] = self._above[self._above[one]]
            one = self._above[one]
        return one

    def are_one(self, one: int, other: int) -> bool:
        return self._top(one) == self._top(other)

    def unite(self, one: int, other: int) -> None:
        tops = sorted((self._top(one), self._top(other)))
        self._above[tops[1]] = tops[0]

    def numbers(self) -> Indices:
        """Return each picture's group, counted in the order of their first pictures."""
        tops = np.array([self._top(one) for one in range(len(self._above))])
        return np.unique(tops, return_inverse=True)[1].astype(np.int64)


def _telling_bits(signs: Signs) -> int:
    """Return in how many bits hashes may differ so that a picture is close to few others.

    Pictures of one layout, as X-rays are, all have nearly the same lowest frequencies.
    """
    for bits in (CLOSE_BITS, *FEWER_BITS):
        num_close = sum(len(ones) for ones, _ in _close(signs, signs, bits))
        if num_close <= MOST_CLOSE * len(signs):
            break
    return bits


def _are_drawn(seen: Floats) -> npt.NDArray[np.bool_]:
    """Say which pictures are plain areas for the most part."""
    steps = np.abs(np.diff(seen.mean(3), axis=1))
    drawn: npt.NDArray[np.bool_] = (steps < _NO_STEP).mean((1, 2)) > DRAWN_SHARE
    return drawn


def _decoded(cells: Sequence[str], tick: Tick | None) -> npt.NDArray[np.uint8]:
    """Decode pictures, whole, into small squares: (num_pictures, KEPT_PX, KEPT_PX, 3)."""
    found = np.empty((len(cells), KEPT_PX, KEPT_PX, 3), dtype=np.uint8)
    for place, cell in enumerate(cells):
        small = pixels_of(cell).resize((KEPT_PX, KEPT_PX), Image.Resampling.BILINEAR, reducing_gap=2.0)
        found[place] = np.asarray(small)
        if tick is not None and place % 64 == 0:
            tick(place, len(cells))
    return found


def _seen(pictures: npt.NDArray[np.uint8], window: tuple[float, float, float]) -> Floats:
    """Scale what a window shows of pictures: ``(n, HASH_PX, HASH_PX, 3)``."""
    left, top, side = window
    places = (np.arange(HASH_PX * 2) + 0.5) / (HASH_PX * 2)
    rows, columns = (
        np.clip(((start + side * places) * KEPT_PX).astype(np.int64), 0, KEPT_PX - 1) for start in (top, left)
    )
    lines = pictures[:, rows[::2]].astype(np.uint16) + pictures[:, rows[1::2]]
    sums = lines[:, :, columns[::2]] + lines[:, :, columns[1::2]]
    seen: Floats = sums.astype(np.float32) / np.float32(4)
    return seen


def _best_fit(
    base: Floats, picture: npt.NDArray[np.uint8], window: tuple[float, float, float], how: float
) -> tuple[float, tuple[float, float, float]]:
    """Move and scale a window as long as it shows what is more alike; return how alike, and the window."""
    for step in _STEPS:
        is_better = True
        while is_better:
            is_better = False
            for move in (
                (step, 0, 0),
                (-step, 0, 0),
                (0, step, 0),
                (0, -step, 0),
                (0, 0, step),
                (0, 0, -step),
            ):
                left, top, side = (a + b for a, b in zip(window, move, strict=True))
                if min(left, top) < -1e-9 or side < 0.5 or max(left, top) + side > 1 + 1e-9:
                    continue
                other = float(_correlations(base[None], _seen(picture[None], (left, top, side)))[0])
                if other > how + 1e-4:
                    window, how, is_better = (left, top, side), other, True
    return how, window


def _apart(one: Floats, other: Floats) -> float:
    """Return the mean difference of two pictures' pixels once both are as bright."""
    bright = float(one.mean() / max(other.mean(), 1.0))
    return float(np.abs(one - other * bright).mean())


def _signs(seen: Floats) -> Signs:
    """Pack into one number which low frequencies lie above their median; 0 for pictures of nothing."""
    grey = seen.mean(3)
    low = dctn(grey, axes=(1, 2))[:, :LOW, :LOW].reshape(len(grey), -1)[:, 1:]
    is_above = low > np.median(low, axis=1, keepdims=True)
    bits = np.packbits(np.pad(is_above, ((0, 0), (1, 0))), axis=1)
    signs: Signs = np.ascontiguousarray(bits).view(np.uint64)[:, 0]
    return np.where(grey.std((1, 2)) < _FLAT, np.uint64(0), signs)


def _close(ones: Signs, others: Signs, bits: int) -> Iterator[tuple[Indices, Indices]]:
    """Yield the places of hashes that differ in few bits, those of a picture with itself left out."""
    for start in range(0, len(ones), _BLOCK):
        block = ones[start : start + _BLOCK]
        for first in range(0, len(others), _BLOCK):
            part = others[first : first + _BLOCK]
            is_close = np.bitwise_count(block[:, None] ^ part[None]) <= bits
            is_close &= (block != 0)[:, None] & (part != 0)[None]
            rows, columns = np.nonzero(is_close)
            rows, columns = rows + start, columns + first
            is_other = rows != columns
            for chunk in range(0, int(is_other.sum()), _BLOCK):
                yield tuple(side[is_other][chunk : chunk + _BLOCK] for side in (rows, columns))


def _correlations(ones: Floats, others: Floats) -> npt.NDArray[np.float64]:
    """Correlate pictures ``(n, HASH_PX, HASH_PX, 3)`` pair by pair, all colours in one: hues count."""
    a, b = (side - side.mean((1, 2, 3), keepdims=True) for side in (ones, others))
    norm = np.sqrt((a * a).sum((1, 2, 3)) * (b * b).sum((1, 2, 3)))
    found = np.zeros(len(a))
    np.divide((a * b).sum((1, 2, 3)), norm, out=found, where=norm > 0)
    return found
