"""From a zip of pictures to a verdict, answers and a folder to take away, on the command line."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.images.drawing import archive, packed, scene, two_classes

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Make an archive of two classes, and one of pictures without any."""
    folder = tmp_path_factory.mktemp("pictures")
    archive(folder / "shapes.zip", two_classes(16) | {"shapes/disc/broken.jpg": packed(scene(1))[:300]})
    new = {f"new/{place}.jpg": packed(scene(500 + place, (64, 48))) for place in range(5)}
    archive(folder / "new.zip", new | {"new/none.jpg": b"nothing"})
    yield folder
    subprocess.run([sys.executable, "-m", "tl_core.jobs.stop"], env=environment(folder), check=True, cwd=ROOT)


def environment(place):
    return os.environ | {"TL_WORKSPACE": str(place / "workspace"), "PYTHONPATH": str(ROOT)}


def tl_core(place, *arguments, status=0):
    done = subprocess.run(
        [sys.executable, "-m", "tl_core", *arguments],
        cwd=place,
        env=environment(place),
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == status, done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def compared(place):
    tl_core(
        place, "compare", "shapes.zip", "--arms", "majority,histogram,frozen,fine_tuned", "--seeds", "2",
        "--budget", "equal_steps", "--epochs", "0.5", "--set", "min_steps=15", "--max-length", "48",
        "--json", "out.json",
    )  # fmt: skip
    return json.loads((place / "out.json").read_text())


def test_pictures_are_compared_like_texts(compared):
    assert compared["dataset"]["num_examples"] == 32
    arms = {one["arm"]: one for one in compared["arms"]}
    assert arms.keys() == {"majority", "histogram", "frozen", "fine_tuned"}
    assert arms["fine_tuned"]["base_model"] == "builtin-image"
    assert all(run["status"] == "finished" for arm in arms.values() for run in arm["runs"])
    assert "EfficientNet-Lite0 has seen ImageNet, so pictures like those flatter it." in json.dumps(compared)


def test_a_zip_is_predicted_by_name(place, compared):
    runs = {arm["arm"]: arm["runs"][0]["run_id"] for arm in compared["arms"]}
    for arm in ("fine_tuned", "histogram"):
        tl_core(place, "predict", runs[arm], "new.zip", f"{arm}.csv")
        with (place / f"{arm}.csv").open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
        assert [row["file"] for row in rows] == [*(f"new/{place}.jpg" for place in range(5)), "new/none.jpg"]
        *answered, broken = rows
        assert {row["image"] for row in answered} == {row["file"] for row in answered}, "names, no pictures"
        assert {row["predicted_label"] for row in answered} <= {"disc", "square"}
        assert (broken["image"], broken["predicted_label"]) == ("", "")
        assert broken["prediction_note"] == "no picture"


def test_a_model_that_leaves_answers_as_it_does_here(place, compared):
    run = next(arm for arm in compared["arms"] if arm["arm"] == "fine_tuned")["runs"][0]["run_id"]
    tl_core(place, "export", run, "taken")
    assert (place / "taken" / "preprocessor_config.json").exists()
    said = [
        tl_core(place, "predict", one, "new.zip", "x.csv") and (place / "x.csv").read_text()
        for one in (run, "taken")
    ]
    assert said[0] == said[1]
    elsewhere = "import sys; from transformers import AutoModel; AutoModel.from_pretrained(sys.argv[1])"
    command = [sys.executable, "-c", elsewhere, str(place / "taken")]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode != 0, "elsewhere it refuses, and draws no random head"
    assert "efficientnet_lite" in refused.stderr
    card = (place / "taken" / "README.md").read_text()
    assert "image-classification" in card
    assert "# Picture classifier" in card
    assert "texts" not in card
    tl_core(place, "export", run, "graph", "--format", "onnx")
    assert "answers as is expected" in tl_core(place, "verify", "graph")


def test_the_doctor_says_what_it_sees_of_pictures(place):
    said = tl_core(place, "profile", "shapes.zip")
    assert "32 rows, 3 columns; a file for each example" in said
    assert "1 file was set aside: no picture that can be read." in said
    assert "tokens" not in said
    assert "data:image" not in said


def test_what_reads_texts_is_refused_for_pictures(place):
    said = tl_core(place, "compare", "shapes.zip", "--arms", "majority,tfidf", status=2)
    assert "TF-IDF cannot learn from pictures" in said
    said = tl_core(place, "compare", "shapes.zip", "--base-model", "distilbert-base-uncased", status=2)
    assert "Traceback" not in said
