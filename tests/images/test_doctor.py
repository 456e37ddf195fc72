"""What the data doctor sees in pictures, and the baseline that looks at them without a network."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tests.images.drawing import archive, packed, scene, two_classes
from tl_core.files.reading import read_table
from tl_core.images.histogram import Histogram
from tl_core.intake.doctor_jobs import examine_slowly
from tl_core.intake.intake import choose_columns, make_intake
from tl_core.schema import Metric


def intake_of(tmp_path, files):
    table = read_table(archive(tmp_path / "x.zip", files))
    return make_intake(table, name="x", choice=choose_columns(table).choice)


def test_blank_blurred_and_small_pictures_are_told(tmp_path):
    files = two_classes(6, (200, 150)) | {
        "shapes/disc/blank.png": packed(Image.new("RGB", (200, 150), "grey"), "PNG"),
        "shapes/disc/blurred.png": packed(scene(50, (200, 150)).filter(ImageFilter.GaussianBlur(12)), "PNG"),
        "shapes/square/small.png": packed(scene(60, (24, 20)), "PNG"),
    }
    found = {one.code: one for one in examine_slowly(intake_of(tmp_path, files)).findings}
    assert found["blank_pictures"].examples == ("shapes/disc/blank.png",)
    assert found["blurred_pictures"].examples == ("shapes/disc/blurred.png",)
    assert found["small_pictures"].examples == ("shapes/square/small.png",)
    assert "near_duplicates" not in found


def test_near_duplicates_stay_in_one_part(tmp_path):
    files = two_classes(20, (200, 150))
    for place in range(8):
        picture = scene(place, (200, 150), "disc")
        files[f"shapes/disc/again_{place}.jpg"] = packed(picture.resize((160, 120)))
    intake = intake_of(tmp_path, files)
    assert intake.split.info.num_groups == 8
    names = [intake.dataset.content.preview([cell]) for cell in intake.dataset.whole_texts()]
    part = {names[row]: at for at in ("train", "validation", "test") for row in getattr(intake.split, at)}
    for place in range(8):
        assert part[f"shapes/disc/again_{place}.jpg"] == part[f"shapes/disc/disc_{place:02}.jpg"]


def test_colours_and_edges_tell_classes_apart(tmp_path):
    rng = np.random.default_rng(0)

    def stripes(seed, turned):
        shade = rng.integers(60, 200)
        lines = np.where(np.arange(96) // 8 % 2, shade, 255 - shade).astype(np.uint8)
        pixels = np.tile(lines, (96, 1))
        return Image.fromarray(pixels.T if turned else pixels)

    files = {f"{('up', 'down')[turned]}/{place}.png": packed(stripes(place, turned), "PNG")
             for turned in (0, 1) for place in range(30)}  # fmt: skip
    table = read_table(archive(tmp_path / "x.zip", files))
    cells, labels = table.columns["image"].to_pylist(), table.columns["label"].to_pylist()
    targets = np.array([label == "up" for label in labels]).astype(int)
    rows = rng.permutation(len(cells))
    train, judged = rows[:30], rows[30:]
    read, looked_at = ([cells[row] for row in part] for part in (train, judged))
    model = Histogram.fit(read, targets[train], looked_at, targets[judged], 2, None, Metric.ACCURACY)
    logits = model.logits(looked_at)
    assert (logits.argmax(1) == targets[judged]).all()
    assert np.allclose(np.exp(logits).sum(1), 1, atol=1e-5)
    model.save(tmp_path / "model", ("down", "up"))
    again = Histogram.load(tmp_path / "model", 2)
    assert np.array_equal(again.logits([cells[0]]), model.logits([cells[0]]))
    assert model.num_parameters == model.weight.size + 2


def test_drawings_on_plain_ground_are_advised_against_mirrors(tmp_path):
    def character(seed):
        paper = Image.new("L", (48, 48), 250)
        box = (10 + seed % 7, 8, 20 + seed % 7, 40)
        ImageDraw.Draw(paper).rectangle(box, fill=20 + 10 * seed)
        return packed(paper, "PNG")

    files = {f"{'ab'[seed % 2]}/{seed}.png": character(seed) for seed in range(20)}
    found = {one.code: one for one in examine_slowly(intake_of(tmp_path, files)).findings}
    assert found["drawings"].count == 20
    assert "augmentation" in found["drawings"].remedy
    photos = examine_slowly(intake_of(tmp_path, two_classes(10))).findings
    assert "drawings" not in {one.code for one in photos}
