"""Draw the sample of pictures: ``python -m samples.draw`` writes ``samples/drawn_things.zip``.

Leaves, keys, cups and scissors as a hand might draw them: outlines that tremble, any size, place and turn,
any colour of thing and ground, light from one side, scribbles and blots around. Nothing but the form tells
them apart.
"""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

TARGET = Path(__file__).with_name("drawn_things.zip")
EACH, SIZE_PX, LARGER = 64, 112, 3
"""Pictures of each class, their side, and how many times as large they are drawn."""
_QUALITY = 82
_DATE = (2026, 1, 1, 0, 0, 0)

Points = NDArray[np.float64]
Colour = tuple[int, int, int]


class Pen:
    """Draws on one picture, in units of half the thing's size around its middle, turned and trembling."""

    def __init__(self, rng: np.random.Generator, ink: Colour, fill: Colour | None) -> None:
        side = SIZE_PX * LARGER
        self.rng, self.ink, self.fill = rng, ink, fill
        self.layer = Image.new("RGBA", (side, side), (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self.layer)
        scale = rng.uniform(0.24, 0.42) * side
        angle, lean = rng.uniform(0, 2 * np.pi), rng.uniform(-0.25, 0.25)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        self._matrix = scale * turn @ np.array([[1, lean], [0, rng.uniform(0.8, 1.1)]])
        room = 0.5 * side - 0.8 * scale
        self._middle = side / 2 + rng.uniform(-room, room, 2)
        self._tremble, self.width = 0.012 * scale, int(rng.uniform(0.03, 0.06) * scale) + 2

    def line(self, points: Points, *, closed: bool = False) -> None:
        """Draw a smooth stroke through points ``(n, 2)``, filled if it is closed and there is a colour."""
        placed = points @ self._matrix.T + self._middle
        wave = self.rng.normal(0, self._tremble, placed.shape)
        for _ in range(3):
            wave = (wave + np.roll(wave, 1, axis=0) + np.roll(wave, -1, axis=0)) / 1.7
        path = [tuple(one) for one in placed + wave]
        if closed:
            if self.fill is not None:
                self._draw.polygon(path, fill=(*self.fill, 255))
            path = [*path, path[0], path[1]]
        self._draw.line(path, fill=(*self.ink, 255), width=self.width, joint="curve")

    def cut(self, points: Points) -> None:
        """Take what lies within points out again, and draw its edge."""
        placed = [tuple(one) for one in points @ self._matrix.T + self._middle]
        self._draw.polygon(placed, fill=(0, 0, 0, 0))
        self._draw.line([*placed, placed[0], placed[1]], fill=(*self.ink, 255), width=self.width)


def _arc(start: float, end: float, radius: tuple[float, float], middle: tuple[float, float]) -> Points:
    turn = np.linspace(start, end, 40)
    return np.column_stack([np.cos(turn) * radius[0] + middle[0], np.sin(turn) * radius[1] + middle[1]])


def _ring(radius: tuple[float, float], middle: tuple[float, float]) -> Points:
    return _arc(0, 2 * np.pi, radius, middle)[:-1]


def _straight(*corners: tuple[float, float]) -> Points:
    """Put points between corners, so that long lines tremble too."""
    parts = [np.linspace(one, other, 12)[:-1] for one, other in zip(corners, corners[1:], strict=False)]
    return np.concatenate([*parts, [corners[-1]]])


def leaf(pen: Pen) -> None:
    """Draw a blade that is pointed at both ends, its midrib, side veins and a stalk."""
    along = np.linspace(-1, 1, 40)
    wide = pen.rng.uniform(0.35, 0.6) * np.cos(along * np.pi / 2) ** pen.rng.uniform(0.6, 1.1)
    teeth = pen.rng.choice([0.0, 0.03]) * np.abs(np.sin(along * 14))
    pen.line(
        np.concatenate(
            [np.column_stack([along, wide + teeth]), np.column_stack([along, -wide - teeth])[::-1]]
        ),
        closed=True,
    )
    pen.line(_straight((-1.35, pen.rng.uniform(-0.1, 0.1)), (-1, 0), (0.85, 0)))
    for place in np.linspace(-0.6, 0.45, int(pen.rng.integers(3, 6))):
        for side in (-1, 1):
            pen.line(_straight((place, 0), (place + 0.25, side * 0.6 * np.interp(place, along, wide))))


def key(pen: Pen) -> None:
    """Draw a bow with a hole, a shank, and teeth at its end."""
    bow, thick = pen.rng.uniform(0.3, 0.42), pen.rng.uniform(0.07, 0.11)
    depth = pen.rng.uniform(0.14, 0.26)
    pen.line(_straight((-0.4, thick), (1, thick), (1, -thick), (-0.4, -thick)), closed=True)
    for place in pen.rng.choice([0.5, 0.62, 0.74, 0.86], int(pen.rng.integers(2, 4)), replace=False):
        tooth = depth * pen.rng.uniform(0.7, 1.2)
        pen.line(
            _straight(
                (place, thick), (place, thick + tooth), (place + 0.1, thick + tooth), (place + 0.1, thick)
            ),
            closed=True,
        )
    pen.line(_ring((bow, bow * pen.rng.uniform(0.85, 1.15)), (-0.65, 0)), closed=True)
    pen.cut(_ring((bow * 0.45, bow * 0.45), (-0.65 - 0.1 * bow, 0)))


def cup(pen: Pen) -> None:
    """Draw a body that narrows, an open rim, a handle, and perhaps a saucer or steam."""
    top, bottom, high = pen.rng.uniform(0.55, 0.7), pen.rng.uniform(0.35, 0.55), pen.rng.uniform(0.5, 0.75)
    rim = 0.14
    pen.line(_arc(-1.3, 1.3, (0.32, 0.3), (top - 0.08, 0.0)))
    body = np.concatenate(
        [
            _straight((-top, -high), (-bottom, high)),
            _arc(np.pi, 0, (bottom, 0.12), (0, high)),
            _straight((bottom, high), (top, -high)),
            _arc(0, np.pi, (top, rim), (0, -high)),
        ]
    )
    pen.line(body, closed=True)
    pen.line(_ring((top, rim), (0, -high)), closed=True)
    extra = pen.rng.integers(3)
    if extra == 1:
        pen.line(_arc(0.1, np.pi - 0.1, (0.95, 0.2), (0, high)))
    elif extra == 2:
        for place in (-0.2, 0.15):
            up = np.linspace(-high - 0.25, -high - 0.7, 20)
            pen.line(np.column_stack([place + 0.07 * np.sin(up * 12), up]))


def scissors(pen: Pen) -> None:
    """Draw two blades that cross at a screw, and a ring at the other end of each."""
    open_by, ring = pen.rng.uniform(0.18, 0.45), pen.rng.uniform(0.2, 0.28)
    for side in (-1, 1):
        turn = np.array(
            [
                [np.cos(side * open_by), -np.sin(side * open_by)],
                [np.sin(side * open_by), np.cos(side * open_by)],
            ]
        )
        blade = _straight((-0.55, 0.05), (0.1, 0.1), (1.05, 0.0), (0.1, -0.06), (-0.55, -0.05))
        pen.line(blade @ turn.T, closed=True)
        hole = _ring((ring * 1.25, ring), (-0.55 - ring, side * 0.05)) @ turn.T
        pen.line(hole, closed=True)
        pen.cut(_ring((ring * 0.75, ring * 0.55), (-0.55 - ring, side * 0.05)) @ turn.T)
    pen.line(_ring((0.05, 0.05), (0, 0)), closed=True)


THINGS: dict[str, Callable[[Pen], None]] = {"cup": cup, "key": key, "leaf": leaf, "scissors": scissors}


def _ground(rng: np.random.Generator, light: bool) -> Image.Image:
    """Paint paper, wood or cloth: one shade with soft spots, a grain, and light from one side."""
    side = SIZE_PX * LARGER
    base = rng.uniform(150, 245, 3) if light else rng.uniform(20, 110, 3)
    spots = rng.normal(0, rng.uniform(4, 18), (int(rng.integers(3, 9)),) * 2 + (3,)).astype(np.float32)
    soft = np.stack(
        [
            np.asarray(Image.fromarray(spots[..., one]).resize((side, side), Image.Resampling.BICUBIC))
            for one in range(3)
        ],
        2,
    )
    grain = rng.normal(0, rng.uniform(1, 6), (side // 2, 1 if rng.random() < 0.4 else side // 2)).astype(
        np.float32
    )
    grain = np.asarray(Image.fromarray(grain).resize((side, side), Image.Resampling.BILINEAR))
    return Image.fromarray((base + soft + grain[..., None]).clip(0, 255).astype(np.uint8)).convert("RGBA")


def _clutter(rng: np.random.Generator, picture: Image.Image) -> None:
    """Scribble, dot and blot around."""
    side, draw = SIZE_PX * LARGER, ImageDraw.Draw(picture, "RGBA")
    for _ in range(int(rng.integers(0, 9))):
        colour = (*(int(one) for one in rng.integers(0, 255, 3)), int(rng.integers(60, 170)))
        where, size = rng.uniform(0, side, 2), rng.uniform(0.03, 0.16) * side
        kind = rng.integers(3)
        if kind == 0:
            steps = np.cumsum(rng.normal(0, size / 3, (7, 2)), axis=0) + where
            draw.line([tuple(one) for one in steps], fill=colour, width=int(rng.integers(2, 9)))
        elif kind == 1:
            draw.ellipse((*(where - size / 2), *(where + size / 2)), fill=colour)
        else:
            draw.rectangle((*(where - size / 2), *(where + size * rng.uniform(0.2, 0.6))), fill=colour)


def _lit(rng: np.random.Generator, picture: Image.Image) -> Image.Image:
    """Light the picture from one side, and look at it through a lens that is not quite sharp."""
    side = picture.width
    down, right = np.mgrid[0:side, 0:side] / side - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    light = rng.uniform(0.8, 1.15) + rng.uniform(0, 0.7) * (np.cos(angle) * right + np.sin(angle) * down)
    pixels = np.asarray(picture.convert("RGB"), dtype=np.float64) * light[..., None]
    lit = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    lit = lit.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 3)))
    small = np.asarray(lit.resize((SIZE_PX, SIZE_PX), Image.Resampling.LANCZOS), dtype=np.float64)
    return Image.fromarray(
        (small + rng.normal(0, rng.uniform(0, 6), small.shape)).clip(0, 255).astype(np.uint8)
    )


def draw(thing: str, number: int) -> Image.Image:
    """Draw one picture, which its class and number decide."""
    rng = np.random.Generator(np.random.PCG64([list(THINGS).index(thing), number]))
    is_light = bool(rng.random() < 0.6)
    picture = _ground(rng, is_light)
    _clutter(rng, picture)
    ink = rng.integers(0, 90, 3) if is_light else rng.integers(170, 255, 3)
    fill = rng.integers(60, 255, 3) if rng.random() < 0.6 else None
    pen = Pen(rng, tuple(map(int, ink)), None if fill is None else tuple(map(int, fill)))
    THINGS[thing](pen)
    picture.alpha_composite(pen.layer)
    return _lit(rng, picture)


def main() -> None:
    """Write the archive: a folder for each class."""
    with zipfile.ZipFile(TARGET, "w") as archive:
        for thing in THINGS:
            for number in range(EACH):
                file = io.BytesIO()
                draw(thing, number).save(file, "JPEG", quality=_QUALITY)
                entry = zipfile.ZipInfo(f"drawn_things/{thing}/{thing}_{number:02}.jpg", _DATE)
                archive.writestr(entry, file.getvalue())
    print(f"{TARGET.name}: {len(THINGS) * EACH} pictures, {TARGET.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
