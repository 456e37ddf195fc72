"""From any file to turned RGB of a decent size, and back out of a cell."""

import base64
import hashlib
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.images.drawing import packed, scene
from tl_core.images import pictures
from tl_core.images.pictures import (
    KEPT_PX,
    NotAPicture,
    digest_of,
    is_cell,
    name_of,
    pixels_of,
    read_picture,
    squared,
)

RED_LEFT = Image.new("RGB", (40, 20), "white")
RED_LEFT.paste((255, 0, 0), (0, 0, 20, 20))
GPS = 0x8825
BACK = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""What undoes each orientation of EXIF."""


def mean(pixels):
    return np.asarray(pixels, dtype=float).mean((0, 1))


def test_a_cell_keeps_name_pixels_and_the_hash_of_the_file():
    data = packed(scene(1), "PNG")
    cell = read_picture(data, "a folder/ants, one;two.png").cell
    assert is_cell(cell)
    assert not is_cell("data:text/html,x")
    assert not is_cell("")
    assert digest_of(cell) == hashlib.sha256(data).hexdigest()
    assert name_of(cell) == "a folder/ants, one;two.png"
    assert np.abs(np.asarray(pixels_of(cell), int) - np.asarray(scene(1), int)).mean() < 3


@pytest.mark.parametrize("turn", range(2, 9))
def test_pictures_are_turned_as_they_were_taken(turn):
    exif = Image.Exif()
    exif[0x0112] = turn
    stored = RED_LEFT.transpose(BACK[turn])
    found = read_picture(packed(stored, "PNG", exif=exif), "x")
    assert found.size == RED_LEFT.size
    left = mean(found.pixels.crop((0, 0, 18, 20)))
    assert tuple(left > 128) == (True, False, False), "the red half is on the left again"


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("RGBA", "PNG"), ("L", "JPEG"), ("CMYK", "JPEG"), ("P", "GIF"), ("P", "PNG"), ("1", "PNG"),
     ("LA", "PNG"), ("RGB", "WEBP"), ("RGB", "BMP"), ("RGB", "TIFF")],
)  # fmt: skip
def test_every_mode_becomes_rgb(mode, kind):
    found = read_picture(packed(scene(2).convert(mode), kind), "x").pixels
    assert found.mode == "RGB"
    wanted = scene(2).convert("L" if mode in ("L", "LA", "1") else "RGB").convert("RGB")
    assert np.abs(mean(found) - mean(wanted)).max() < 12


def test_sixteen_bits_keep_their_highest_eight():
    deep = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    found = np.asarray(read_picture(packed(Image.fromarray(deep), "PNG"), "x").pixels)[..., 0]
    assert np.abs(found - deep / 257).max() <= 1


@pytest.mark.parametrize("most", [100, 255, 300, 4095, 65535])
def test_sixteen_bits_mean_the_same_however_dark_a_picture_is(most):
    deep = np.linspace(0, most, 64 * 64).reshape(64, 64).astype(np.uint16)
    found = np.asarray(read_picture(packed(Image.fromarray(deep), "PNG"), "deep.png").pixels)[..., 0]
    assert np.array_equal(found, np.round(deep / 257).astype(np.uint8))


def test_fractions_are_shares_of_white():
    shares = np.linspace(0, 1, 64 * 64, dtype=np.float32).reshape(64, 64)
    found = np.asarray(read_picture(packed(Image.fromarray(shares), "TIFF"), "f.tif").pixels)[..., 0]
    assert (found.min(), found.max()) == (0, 255)


@pytest.mark.parametrize("kind", ["JPEG", "GIF"])
def test_what_people_wrote_into_a_file_is_not_kept(kind):
    kept = read_picture(packed(scene(1), kind, comment=b"SECRET 52.5163N 13.3777E"), "a").cell
    assert b"SECRET" not in base64.b64decode(kept.partition("base64,")[2])


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_place_in_xmp_is_told(kind):
    told = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a exif:GPSLatitude="52,31N"/></x:xmpmeta>'
    assert read_picture(packed(scene(1), kind, xmp=told), "a").has_location
    assert not read_picture(packed(scene(1), kind, xmp=told.replace(b"GPS", b"")), "a").has_location


def test_a_malformed_note_of_a_camera_leaves_the_picture_as_it_is():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = packed(scene(1), "JPEG", exif=exif).replace(b"\x01\x12\x00\x03", b"\x01\x12\x00\x02")
    assert read_picture(data, "a").pixels.size[0] > 0


def test_what_is_transparent_is_white():
    clear = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    assert mean(read_picture(packed(clear, "PNG"), "x").pixels).tolist() == [255, 255, 255]


def test_of_a_moving_picture_the_first_frame_counts():
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "blue")]
    for kind in ("GIF", "WEBP"):
        data = packed(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
        assert mean(read_picture(data, "x").pixels)[0] > 200, kind


def test_large_pictures_are_kept_smaller_and_places_not_at_all():
    exif = Image.Exif()
    exif.get_ifd(GPS)[1] = "N"
    exif[0x010F] = "a camera"
    found = read_picture(packed(scene(3, (1200, 900)), "JPEG", exif=exif), "x")
    assert found.has_location
    assert found.size == (1200, 900)
    assert min(found.pixels.size) == KEPT_PX
    assert not pixels_of(found.cell).getexif()
    assert not read_picture(packed(scene(3)), "x").has_location


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"this is a text", "not a picture"),
        (b"%PDF-1.4 and so on", "not a picture"),
        (packed(scene(4))[:900], "damaged or cut off"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (packed(Image.new("RGB", (2, 2))), "only 2 by 2"),
        (packed(Image.new("RGB", (900, 20))), "strip"),
        (packed(Image.new("1", (20_000, 20_000)), "PNG"), "too many"),
    ],
)
def test_what_is_no_picture_says_why(data, why):
    with pytest.raises(NotAPicture, match=why):
        read_picture(data, "x")


def test_a_file_that_is_too_large_is_not_decoded(monkeypatch):
    monkeypatch.setattr(pictures, "MOST_BYTES", 100)
    with pytest.raises(NotAPicture, match="larger"):
        read_picture(packed(scene(1)), "x")


def test_a_square_is_the_middle():
    wide = Image.new("RGB", (90, 30), "white")
    wide.paste((0, 0, 0), (30, 0, 60, 30))
    assert squared(wide, 16).shape == (16, 16, 3)
    assert squared(wide, 16)[2:-2, 2:-2].max() < 10


def test_formats_are_known_in_a_fresh_process(tmp_path):
    (tmp_path / "x.tiff").write_bytes(packed(scene(6), "TIFF"))
    code = (
        "import sys; from pathlib import Path; from tl_core.images.pictures import read_picture;"
        "print(read_picture(Path(sys.argv[1]).read_bytes(), 'x').size)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "x.tiff")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "(160, 120)"
