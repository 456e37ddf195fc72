"""One picture: from any file to turned RGB of a decent size, and the cell of a table that holds it.

A cell is a data URL: ``data:image/jpeg;sha256=...;name=...;base64,...``. A browser shows it as it is. The
hash is that of the file as it came, so that who is who depends on no library; what is kept is smaller and has
no metadata: no place, no camera, no date.
"""

import base64
import hashlib
import io
import re
import struct
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

KEPT_PX = 320
"""Length that the shorter side is kept at: networks read 128 to 288 pixels."""
LONGEST_RATIO = 8
"""How many times the shorter side the longer one may be."""
FEWEST_PX = 4
MOST_PIXELS = 100_000_000
"""Largest picture that is decoded: more than any camera's, and 400 MiB of memory."""
MOST_BYTES = 64 << 20
"""Largest file of a picture."""
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "MPO", "PPM", "ICO", "AVIF")
ENDINGS = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm",
    ".avif", ".heic", ".heif", ".jp2", ".ico",
)  # fmt: skip
"""How the names of pictures end; a few of them cannot be read, and are told of."""

_QUALITY = 92
_LOSSLESS_BYTES = 48_000
"""Up to which size what came without loss is kept without loss."""
_LOSSLESS = ("PNG", "GIF", "BMP", "TIFF", "PPM", "ICO")
_ORIENTATION, _GPS = 0x0112, 0x8825
_XMP_GPS = b"GPSLatitude"
CELL_BEGINS: Final = r"^data:image/(jpeg|png);sha256=([0-9a-f]{64});name=([^;,]*);base64,"
_CELL: Final = re.compile(CELL_BEGINS)
_WHITE = (255, 255, 255)


class NotAPicture(Exception):
    """Says in a few words why a file is no picture that can be used."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture as it is kept.

    Attributes
    ----------
    pixels
        RGB, turned as it was taken; the shorter side is at most `KEPT_PX`.
    cell
        The same as the cell of a table.
    size
        Width and height as they came, turned.
    has_location
        Whether the file says where it was taken.
    """

    pixels: Image.Image
    cell: str
    size: tuple[int, int]
    has_location: bool


def read_picture(data: bytes, name: str) -> Picture:
    """Decode a file's bytes. Raises NotAPicture, whatever a library raises."""
    if not data:
        raise NotAPicture("empty")
    if len(data) > MOST_BYTES:
        raise NotAPicture(f"larger than {MOST_BYTES >> 20} MiB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pixels, size, kind, has_location = _decode(data)
    except NotAPicture:
        raise
    except Exception as error:  # decoders raise whatever they stumble on
        raise NotAPicture(_why(error, data)) from error
    return Picture(
        pixels=pixels,
        cell=to_cell(pixels, data, name, is_lossless=kind in _LOSSLESS),
        size=size,
        has_location=has_location,
    )


def _decode(data: bytes) -> tuple[Image.Image, tuple[int, int], str, bool]:
    Image.init()  # it knows some formats alone before
    with Image.open(io.BytesIO(data), formats=[one for one in FORMATS if one in Image.OPEN]) as file:
        width, height = file.size
        if width * height > MOST_PIXELS:
            raise NotAPicture(f"{width:,} by {height:,} pixels are too many")
        if min(width, height) < FEWEST_PX:
            raise NotAPicture(f"only {width:,} by {height:,} pixels")
        if max(width, height) > LONGEST_RATIO * min(width, height):
            raise NotAPicture(f"{width:,} by {height:,} pixels are a strip")
        kind, exif = file.format or "", _exif(file)
        has_location = bool(exif.get_ifd(_GPS)) or _locates(file)
        turned = exif.get(_ORIENTATION, 1) in (5, 6, 7, 8)
        scale = max(1.0, min(width, height) / KEPT_PX)
        if kind in ("JPEG", "MPO"):
            file.draft("RGB", (round(width / scale), round(height / scale)))  # decodes large ones smaller
        pixels = to_rgb(_upright(file))
        if kind not in ("JPEG", "MPO"):
            width, height = pixels.size
        elif turned:
            width, height = height, width
    if min(pixels.size) > KEPT_PX:
        scale = min(pixels.size) / KEPT_PX
        target = round(pixels.width / scale), round(pixels.height / scale)
        pixels = pixels.resize(target, Image.Resampling.BICUBIC, reducing_gap=3.0)
    return pixels, (width, height), kind, has_location


def _exif(file: Image.Image) -> Image.Exif:
    """Read what a camera wrote; nothing where that is malformed, which leaves the picture as it is."""
    with suppress(Exception):  # a parser of what anybody may have written
        exif = file.getexif()
        exif.get_ifd(_GPS), exif.get(_ORIENTATION)
        return exif
    return Image.Exif()


def _upright(file: Image.Image) -> Image.Image:
    with suppress(TypeError, ValueError, KeyError, struct.error, OverflowError, SyntaxError):
        return ImageOps.exif_transpose(file)
    return file


def _locates(file: Image.Image) -> bool:
    """Whether XMP says where a picture was taken."""
    told = (file.info.get(key) for key in ("xmp", "XML:com.adobe.xmp"))
    return any(_XMP_GPS in (one.encode() if isinstance(one, str) else bytes(one)) for one in told if one)


def to_rgb(file: Image.Image) -> Image.Image:
    """Turn any mode into 8-bit RGB; what is transparent becomes white.

    Numbers mean the same in every picture, however dark: 16 bits keep their highest 8. Fractions up to 1 are
    shares of white; larger whole numbers and fractions are scaled to the largest.
    """
    if file.mode in ("I;16", "I;16L", "I;16B", "I;16N", "I", "F"):
        values = np.asarray(file, dtype=np.float64)
        most = values.max(initial=0)
        if file.mode.startswith("I;16") or 255 < most <= 65535:
            values = values / 257
        elif most > 65535:
            values = 255 * values / most
        elif file.mode == "F" and most <= 1:
            values = 255 * values
        return Image.fromarray(values.clip(0, 255).round().astype(np.uint8)).convert("RGB")
    if file.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in file.info:
        above = file.convert("RGBA")
        paper = Image.new("RGBA", above.size, (*_WHITE, 255))
        return Image.alpha_composite(paper, above).convert("RGB")
    return file.convert("RGB")


def to_cell(
    pixels: Image.Image, data: bytes, name: str, *, is_lossless: bool, most_bytes: int = _LOSSLESS_BYTES
) -> str:
    """Write a picture as a table's cell, under the hash of the file that it came from.

    Parameters
    ----------
    most_bytes
        Up to which size it is kept without loss where that is asked for.
    """
    kind, packed = "png", io.BytesIO()
    pixels = pixels.copy()
    pixels.info.clear()  # comments and profiles would be written too
    if is_lossless:
        pixels.save(packed, "PNG")
    if not is_lossless or packed.tell() > most_bytes:
        kind, packed = "jpeg", io.BytesIO()
        pixels.save(packed, "JPEG", quality=_QUALITY, subsampling=0)
    digest = hashlib.sha256(data).hexdigest()
    coded = base64.b64encode(packed.getvalue()).decode()
    return f"data:image/{kind};sha256={digest};name={quote(name, safe='/')};base64,{coded}"


def digest_of(cell: str) -> str:
    """Return the hash of the file that a cell came from. Raises ValueError if it holds no picture."""
    return _matched(cell)[2]


def name_of(cell: str) -> str:
    """Return what the file of a cell was called. Raises ValueError if it holds no picture."""
    return unquote(_matched(cell)[3])


def pixels_of(cell: str) -> Image.Image:
    """Decode a cell: RGB. Raises ValueError if it holds no picture."""
    packed = base64.b64decode(cell[_matched(cell).end() :], validate=True)
    with Image.open(io.BytesIO(packed), formats=("JPEG", "PNG")) as file:
        return file.convert("RGB")


def cell_of(picture: str | bytes | Path) -> str:
    """Read a file, by its path or by what it holds, as a cell. Raises NotAPicture if it is none."""
    data = picture if isinstance(picture, bytes) else Path(picture).read_bytes()
    return read_picture(data, "" if isinstance(picture, bytes) else Path(picture).name).cell


def prepared(picture: str | bytes | Path, size: int) -> NDArray[np.uint8]:
    """Turn a file into what networks read, in every step as the pictures of a dataset: (size, size, 3).

    Parameters
    ----------
    picture
        The path of a file, what it holds, or a cell.

    Raises
    ------
    NotAPicture
        If it is none.
    """
    cell = picture if isinstance(picture, str) and is_cell(picture) else cell_of(picture)
    return squared(pixels_of(cell), size)


def is_cell(cell: str) -> bool:
    """Whether a cell holds a picture."""
    return _CELL.match(cell) is not None


def _matched(cell: str) -> re.Match[str]:
    found = _CELL.match(cell)
    if found is None:
        raise ValueError("the cell holds no picture")
    return found


def squared(pixels: Image.Image, size: int) -> NDArray[np.uint8]:
    """Scale to a square of ``size`` pixels, the middle of what is longer: (size, size, 3)."""
    short = min(pixels.size)
    left, top = (pixels.width - short) // 2, (pixels.height - short) // 2
    box = (left, top, left + short, top + short)
    return np.asarray(pixels.resize((size, size), Image.Resampling.BICUBIC, box=box, reducing_gap=3.0))


def _why(error: Exception, data: bytes) -> str:
    if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc"):
        return "a HEIC photo: save it as JPEG"
    if data[4:8] == b"jP  ":
        return "a JPEG 2000 picture: save it as JPEG"
    if isinstance(error, UnidentifiedImageError):
        return "not a picture"
    if isinstance(error, Image.DecompressionBombError | MemoryError):
        return "too many pixels"
    return "damaged or cut off"
