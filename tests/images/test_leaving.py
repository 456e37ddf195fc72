"""A model for pictures that leaves: with the files beside it, as a graph, and where it refuses."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.images.drawing import packed, scene
from tests.images.tiny import CONFIGS, save_tiny
from tl_core.arms import ArmKind
from tl_core.catalogue.base_models import Pooling
from tl_core.images.network import NETWORKS
from tl_core.images.pictures import read_picture
from tl_core.inference.predictor import load_predictor
from tl_core.schema import TextSource

LABELS, LIMIT = ("disc", "square", "star"), 64
SOURCE = TextSource(columns=("image",), modality="image")
ASKS = """\
import json, sys
sys.path.insert(0, sys.argv[1])
from predict import load
print(json.dumps([list(one.values()) for one in load()(sys.argv[2:])]))
assert "tl_core" not in sys.modules
"""


def files(folder):
    """Write a photo, one that was taken turned, one with see-through parts, and one in 16 bits."""
    exif = Image.Exif()
    exif[0x0112] = 6
    grey = Image.fromarray((np.arange(90 * 70, dtype=np.uint16) * 9).reshape(70, 90))
    found = {
        "photo.jpg": packed(scene(1, (500, 400))),
        "turned.jpg": packed(scene(2, (120, 90)), exif=exif),
        "clear.png": packed(scene(3, (90, 120)).convert("RGBA").rotate(30), "PNG"),
        "deep.png": packed(grey, "PNG"),
    }
    for name, data in found.items():
        (folder / name).write_bytes(data)
    return [str(folder / name) for name in found]


@pytest.fixture(scope="module", params=CONFIGS)
def saved(request, tmp_path_factory):
    """Save a network as it leaves; give its folder, files, their cells, and the engine's answers."""
    place = tmp_path_factory.mktemp(request.param)
    base = save_tiny(place / "base", request.param)
    model = NETWORKS.build(ArmKind.FINE_TUNED, base, Pooling.OWN, LABELS, init_seed=1)
    NETWORKS.save(
        model, place / "out", base_folder=base, labels=LABELS, limit=LIMIT, source=SOURCE, is_leaving=True
    )
    paths = files(place)
    cells = [read_picture(Path(path).read_bytes(), path).cell for path in paths]
    return place / "out", paths, cells, load_predictor(place / "out").predict(cells)


def test_the_files_beside_it_answer_as_the_engine_does(saved, tmp_path):
    folder, paths, cells, ours = saved
    command = [sys.executable, "-c", ASKS, str(folder), *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(json.loads(done.stdout), ours, atol=1e-5)
    np.testing.assert_allclose(NETWORKS.answers(folder)(cells), ours, atol=1e-5)
    if not folder.parent.name.startswith("mobilevit"):  # at random so many layers let nothing through
        assert np.abs(ours - ours.mean(0)).max() > 1e-4, "the pictures are not all the same to it"


def test_a_pipeline_refuses_because_it_would_prepare_pictures_otherwise(saved, tmp_path):
    folder, paths, *_ = saved
    asks = (
        "import sys; from transformers import pipeline;"
        "print(pipeline('image-classification', model=sys.argv[1])(sys.argv[2]))"
    )
    command = [sys.executable, "-c", asks, str(folder), paths[0]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode != 0, done.stdout
    assert re.search("image processor|efficientnet_lite", done.stderr), "and for no other reason"


def test_the_graph_answers_as_the_engine_does(saved, tmp_path):
    folder, paths, cells, ours = saved
    NETWORKS.write_onnx(folder, tmp_path / "graph")
    np.testing.assert_allclose(NETWORKS.answers(tmp_path / "graph")(cells), ours, atol=1e-5)
    lines = (tmp_path / "graph" / "README.md").read_text().split("\n\n    ", 1)[1]
    code = "\n".join(line.removeprefix("    ") for line in ("    " + lines).splitlines())
    code = code.replace("photo.jpg", paths[0])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path / "graph"
    )
    assert done.returncode == 0, done.stderr
    label, _, numbers = done.stdout.partition(" ")
    np.testing.assert_allclose(json.loads(numbers), ours[:1], atol=1e-5)
    assert label == LABELS[ours[0].argmax()]
