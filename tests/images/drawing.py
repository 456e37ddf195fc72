"""Pictures drawn for tests."""

import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw


def scene(seed: int, size: tuple[int, int] = (160, 120), shape: str = "disc") -> Image.Image:
    """Draw a shape on soft spots, at a place, in a size and in colours that the seed decides."""
    rng = np.random.default_rng(seed)
    spots = Image.fromarray(rng.integers(0, 255, (9, 12, 3), dtype=np.uint8))
    picture = spots.resize(size, Image.Resampling.BICUBIC)
    side = int(min(size) * rng.uniform(0.4, 0.6))
    left, top = (int(rng.uniform(0, most - side)) for most in size)
    color = tuple(int(one) for one in rng.integers(0, 255, 3))
    draw = ImageDraw.Draw(picture)
    box = (left, top, left + side, top + side)
    draw.ellipse(box, fill=color) if shape == "disc" else draw.rectangle(box, fill=color)
    return picture


def packed(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """Save a picture as a file's bytes."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def archive(path: Path, files: dict[str, bytes]) -> Path:
    """Zip files; a name that ends with a slash is a folder."""
    with zipfile.ZipFile(path, "w") as target:
        for name, data in files.items():
            target.writestr(name, data)
    return path


def two_classes(each: int = 12, size: tuple[int, int] = (64, 48)) -> dict[str, bytes]:
    """Draw discs and squares, by file name."""
    return {
        f"shapes/{shape}/{shape}_{place:02}.jpg": packed(
            scene(place + 1000 * (shape == "square"), size, shape)
        )
        for shape in ("disc", "square")
        for place in range(each)
    }
