"""Copies, mirrored pictures and crops belong together, and others do not."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from tests.images.drawing import scene
from tl_core.images import near_duplicates
from tl_core.images.content import CONTENT
from tl_core.images.near_duplicates import find_groups
from tl_core.images.pictures import to_cell

NUM = 12


def cells(pictures):
    return [
        to_cell(one, repr(place).encode(), f"{place}", is_lossless=False)
        for place, one in enumerate(pictures)
    ]


def cropped(picture, share, at=(0.3, 0.6)):
    width, height = (int(share * side) for side in picture.size)
    left, top = (
        (side - kept) * place for side, kept, place in zip(picture.size, (width, height), at, strict=True)
    )
    return picture.crop((int(left), int(top), int(left) + width, int(top) + height))


CHANGES = {
    "smaller": lambda one: one.resize((90, 68), Image.Resampling.BICUBIC),
    "mirrored": ImageOps.mirror,
    "brighter": lambda one: ImageEnhance.Brightness(one).enhance(1.2),
    "cropped": lambda one: cropped(one, 0.85),
    "mirrored and cropped": lambda one: ImageOps.mirror(cropped(one, 0.9)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_belongs_to_its_picture(change):
    originals = [scene(seed, (320, 240)) for seed in range(NUM)]
    group = find_groups(cells([*originals, *map(CHANGES[change], originals)])).group
    assert (group[:NUM] == group[NUM:]).sum() >= NUM - 1
    assert len(np.unique(group[:NUM])) == NUM, "different pictures stay apart"


def test_crops_are_looked_for_and_spoken_of_up_to_a_number_of_pictures(monkeypatch):
    picture = scene(3, (320, 240))
    three = cells([picture, cropped(picture, 0.8), scene(4, (320, 240))])
    assert len(np.unique(find_groups(three).group)) == 2
    assert "crops)" in CONTENT.near_words(0.8, 3)
    monkeypatch.setattr(near_duplicates, "MOST_WITH_CROPS", 2)
    assert len(np.unique(find_groups(three).group)) == 3
    assert "no crops" in CONTENT.near_words(0.8, 3)


def test_where_all_pictures_have_one_layout_hashes_have_to_be_closer(monkeypatch):
    layout, rng = np.asarray(scene(3, (320, 240))).astype(int), np.random.default_rng(0)
    apart = [
        layout + np.kron(rng.integers(-70, 70, (24, 32, 3)), np.ones((10, 10, 1), int)) for _ in range(12)
    ]
    pictures = [Image.fromarray(one.clip(0, 255).astype(np.uint8)) for one in apart]
    twelve = cells([*pictures, pictures[0].resize((90, 68), Image.Resampling.BICUBIC)])
    monkeypatch.setattr(near_duplicates, "MOST_CLOSE", 3)
    group = find_groups(twelve).group
    assert group[0] == group[12]
    assert len(np.unique(group)) == 12


def test_pictures_of_nothing_are_not_alike():
    flat = [Image.new("RGB", (64, 64), (shade,) * 3) for shade in (10, 10, 200)]
    assert len(np.unique(find_groups(cells(flat)).group)) == 3


def drawn(seed):
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (96, 96), tuple(int(one) for one in rng.integers(150, 255, 3)))
    side = int(rng.uniform(30, 60))
    left, top = (int(rng.uniform(0, 96 - side)) for _ in range(2))
    color = tuple(int(one) for one in rng.integers(0, 140, 3))
    ImageDraw.Draw(picture).ellipse((left, top, left + side, top + side), fill=color)
    return picture


def test_simple_drawings_are_not_each_other_and_their_copies_are():
    originals = [drawn(seed) for seed in range(30)]
    assert len(np.unique(find_groups(cells(originals)).group)) >= 29
    copies = [one.resize((64, 64), Image.Resampling.BICUBIC) for one in originals]
    group = find_groups(cells([*originals, *copies])).group
    assert (group[:30] == group[30:]).all()


def test_few_pictures_and_none():
    assert find_groups([]).group.tolist() == []
    assert find_groups(cells([scene(1)])).group.tolist() == [0]


def test_pairs_name_what_is_alike_and_how_much():
    picture = scene(3, (200, 200))
    found = find_groups(cells([scene(1, (200, 200)), picture, picture.resize((150, 150))]))
    ((one, other, how),) = found.pairs
    assert (one, other) == (1, 2)
    assert how > 0.98
