"""A modality that nothing outside of its folder knows: from a file to a verdict, answers and an export."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import ViTConfig, ViTModel

from tl_core.cli.main import main

FOLDER = Path(__file__).parent / "vectors"
MOST_LINES = 80
COLUMNS = ("--modality", "vectors", "--text", "numbers", "--label", "kind", "--base-model", "./vit")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Make a folder with a base model, a file of two kinds of vectors, and a file without labels."""
    folder = tmp_path_factory.mktemp("vectors")
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    torch.manual_seed(0)
    ViTModel(ViTConfig(image_size=4, patch_size=2, num_channels=1, **sizes)).save_pretrained(folder / "vit")
    (folder / "vit" / "1_Pooling").mkdir()
    (folder / "vit" / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    rng = np.random.default_rng(0)
    vectors = [" ".join(f"{one:.3f}" for one in rng.normal(size=16) + row % 2) for row in range(120)]
    labelled = [[vector, ("low", "high")[row % 2]] for row, vector in enumerate(vectors)]
    for name, rows in {
        "labelled.csv": [["numbers", "kind"], *labelled, ["", "low"], [" ".join(["0.5"] * 16), "high"]],
        "new.csv": [["numbers", "note"], *([vector, "a note"] for vector in vectors[:40])],
    }.items():
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    yield folder
    subprocess.run([sys.executable, "-m", "tl_core.jobs.stop"], env=environment(folder), check=True)


def environment(place):
    """Name the modality's package, as a person does who has one."""
    return os.environ | {
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "TL_WORKSPACE": str(place / "workspace"),
        "TL_MODALITIES": "vectors=tests.modalities.vectors",
    }


def tl_core(place, *arguments):
    """Run a command in the folder; return what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "tl_core", *arguments],
        cwd=place,
        env=environment(place),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def refused(place, monkeypatch, capsys):
    """Give a command in this process, which has torch, where nothing is done but a sentence said."""
    monkeypatch.chdir(place)
    for name in ("TL_WORKSPACE", "TL_MODALITIES"):
        monkeypatch.setenv(name, environment(place)[name])

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["tl_core", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 2
        return capsys.readouterr().err

    return run


@pytest.fixture(scope="module")
def compared(place):
    """Compare three arms on the command line; what is said, and the JSON."""
    arms = ("--arms", "majority,frozen,fine_tuned", "--seeds", "2", "--no-search-rates")
    said = tl_core(place, "compare", "labelled.csv", *COLUMNS, *arms, "--json", "out.json")
    return said, json.loads((place / "out.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def run_id(compared):
    """Return the first run that was fine-tuned."""
    (arm,) = [arm for arm in compared[1]["arms"] if arm["arm"] == "fine_tuned"]
    return arm["runs"][0]["run_id"]


def test_the_modality_is_small():
    assert sum(len(path.read_text().splitlines()) for path in FOLDER.glob("*.py")) <= MOST_LINES


def test_a_file_of_vectors_comes_to_a_verdict(compared):
    said, report = compared
    assert report["verdicts"][0]["sentence"] in said
    assert {arm["arm"]: len(arm["runs"]) for arm in report["arms"]} == {
        "majority": 1,
        "frozen": 2,
        "fine_tuned": 2,
    }
    assert all(run["status"] == "finished" for arm in report["arms"] for run in arm["runs"])
    assert report["verdicts"]


def test_its_messages_use_its_nouns_and_its_own_check(place):
    found = tl_core(place, "profile", "labelled.csv", *COLUMNS)
    assert "1 row removed: no vector." in found
    assert "1 vector (0.83%) repeats one number" in found
    assert "from 0.5 on" in found
    assert "language" not in found.partition("Rows")[2].lower()


def test_a_file_is_predicted(place, run_id):
    tl_core(place, "predict", run_id, "new.csv", "answers.csv")
    with (place / "answers.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 40
    right = [row["predicted_label"] == ("low", "high")[place % 2] for place, row in enumerate(rows)]
    assert np.mean(right) > 0.6


def test_a_model_leaves_and_answers_as_it_did_here(place, run_id):
    said = tl_core(place, "export", run_id, "model")
    assert said.count(f"{run_id} answers as") == 2
    tl_core(place, "verify", "model")
    assert json.loads((place / "model" / "classifier.json").read_text())["texts"]["modality"] == "vectors"


def test_what_it_does_not_bring_is_refused_in_one_sentence(refused, run_id):
    assert "cannot be exported as ONNX" in refused("export", run_id, "graph", "--format", "onnx")
    arms = ("--arms", "majority,tfidf")
    assert "Leave TF-IDF out" in refused("compare", "labelled.csv", *COLUMNS, *arms)


def test_a_base_model_of_vectors_is_no_base_model_of_texts(refused):
    columns = ("--text", "numbers", "--label", "kind", "--base-model", "./vit")
    assert "has no tokenizer.json" in refused("compare", "labelled.csv", *columns)


def test_a_modality_that_was_not_added_is_refused(refused):
    columns = ("--modality", "pictures", "--text", "numbers", "--label", "kind")
    assert "“pictures” is not a known modality" in refused("compare", "labelled.csv", *columns)
