import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from tests.store.damage import DAMAGES, Damage
from tl_core.models.facts import find_damage
from tl_core.text.tfidf import Tfidf

UNSEEN = {
    "missing": ("",),
    "a link to nowhere": (),
    "NULs inside": ("model.safetensors", "sub/large.json"),
    "another JSON type": (".json",),
    "a field missing": (".json",),
    "not UTF-8": ("sub/large.json",),
}
"""What cannot be seen without loading the model, by the files in which it cannot."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    texts, targets = ["good film", "bad film", "good day", "bad day"], np.array([1, 0, 1, 0])
    Tfidf.fit(texts, targets, texts, targets, 2).save(tmp_path, ("no", "yes"))
    save_file({"a": np.ones((40, 40), np.float32)}, tmp_path / "model.safetensors")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "large.json").write_text(json.dumps({"words": ["word"] * 200_000}))
    (tmp_path / "README.md").write_text("words")
    return tmp_path


def test_a_whole_folder_has_no_damage(folder: Path) -> None:
    assert list(find_damage(folder)) == []


@pytest.mark.parametrize("damage", DAMAGES, ids=str)
@pytest.mark.parametrize(
    "file", ["classifier.json", "vocabulary.json", "tfidf.npz", "model.safetensors", "sub/large.json"]
)
def test_a_damaged_file_is_named(folder: Path, file: str, damage: Damage) -> None:
    damage(folder / file)
    found = list(find_damage(folder))
    if not file.endswith(UNSEEN.get(damage.name, ("nothing",))):
        [(name, what)] = found
        assert name == file
        assert what


def test_every_damaged_file_is_named(folder: Path) -> None:
    for file in ("vocabulary.json", "model.safetensors"):
        (folder / file).write_bytes(b"torn")
    assert [name for name, _ in find_damage(folder)] == ["model.safetensors", "vocabulary.json"]


def test_weights_that_lack_bytes_say_how_many(folder: Path) -> None:
    path = folder / "model.safetensors"
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:1000])
    [(_, what)] = find_damage(folder)
    assert what == f"it has 1,000 bytes, but the header says {size:,}"
