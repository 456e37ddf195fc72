"""Local model folders from anywhere are looked at before anything is loaded, hashed or queued."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.catalogue.test_locating import put_into_cache
from tests.intruders import INTRUDERS, Intruder
from tests.patience import at_once
from tests.store.damage import DAMAGES, Damage
from tests.tiny_models import tiny_model_folder
from tl_core import outside
from tl_core.catalogue.inspecting import require_sound
from tl_core.catalogue.local_folders import LocalModel
from tl_core.catalogue.locating import describe, find_on_disk, obtain, settle
from tl_core.errors import ModelError

pytestmark = pytest.mark.usefixtures("cache", "workspace")

READ = ("config.json", "tokenizer.json", "model.safetensors", "classifier.json", "1_Pooling/config.json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tiny_model_folder(tmp_path / "models", "bert").rename(tmp_path / "models" / "mine")
    (made / "1_Pooling").mkdir()
    (made / "1_Pooling" / "config.json").write_text('{"pooling_mode": "cls"}')
    (made / "classifier.json").write_text('{"pooling": "mean"}')
    return made


def refused(ask: Callable[[], object], match: str) -> str:
    with pytest.raises(ModelError, match=match) as raised:
        at_once(ask)
    return str(raised.value)


def test_a_whole_folder_is_sound(folder: Path) -> None:
    require_sound(folder, "mine")
    (folder / "config.json").write_text("{")
    refused(lambda: require_sound(folder, "mine"), "config.json")


@pytest.mark.parametrize("place", [*READ, "vocab.txt", "added_tokens.json", "sub/deeper"])
@pytest.mark.parametrize("intruder", INTRUDERS, ids=str)
def test_a_link_or_a_pipe_in_a_model_folder_is_refused_without_waiting(
    folder: Path, intruder: Intruder, place: str
) -> None:
    (folder / "sub").mkdir()
    (folder / place).unlink(missing_ok=True)
    intruder.put(folder / place)
    said = refused(
        lambda: settle(str(folder)), f"“{place}” in it {intruder.said}|has no|it has no config.json"
    )
    assert str(folder.parent) not in said or "it has no config.json" in said


@pytest.mark.parametrize("place", ["tokenizer.json", "vocab.txt"])
def test_a_pipe_that_comes_later_is_not_hashed_or_waited_for(folder: Path, place: str) -> None:
    name = settle(str(folder))
    (folder / place).unlink(missing_ok=True)
    os.mkfifo(folder / place)
    for ask in (obtain, settle):
        said = refused(lambda ask=ask: ask(name), f"“{place}” in it is a pipe")  # type: ignore[misc]
        assert str(folder.parent) not in said
    at_once(lambda: describe(name))


def test_a_typed_path_may_be_a_link_to_the_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "typed").symlink_to(folder)
    assert settle(str(tmp_path / "typed")) == settle(str(folder))


def as_links(snapshot: Path) -> Path:
    """Make a snapshot what the hub's client makes: links into the blobs beside it."""
    blobs = snapshot.parent.parent / "blobs"
    for number, path in enumerate(sorted(path for path in snapshot.rglob("*") if path.is_file())):
        path.rename(blobs / str(number))
        path.symlink_to(os.path.relpath(blobs / str(number), path.parent))
    return snapshot


def test_a_snapshot_of_the_hubs_cache_can_be_typed_and_had_by_its_id(folder: Path, cache: Path) -> None:
    snapshot = as_links(put_into_cache(cache, "someone/model", folder))
    name = settle(str(snapshot))
    assert obtain(name) == obtain("someone/model") == snapshot
    (snapshot / "vocab.txt").symlink_to("/etc/passwd")
    for ask in (lambda: settle(str(snapshot)), lambda: obtain("someone/model"), lambda: obtain(name)):
        refused(ask, "“vocab.txt” in it is a link")


@pytest.mark.parametrize(
    "change",
    [
        {"num_hidden_layers": 1_000_000},
        {"num_hidden_layers": 900},
        {"hidden_size": 10**9},
        {"vocab_size": 400_000_000},
        {"vocab_size": 3_999_999},
        {"hidden_size": "32"},
        {"hidden_size": 32.5},
        {"max_position_embeddings": -1},
        {"num_attention_heads": None},
        {"intermediate_size": float("nan")},
        {"text_config": {"n_layers": 10**6}},
    ],
)
def test_a_configuration_that_describes_no_model_is_refused_before_anything_is_queued(
    folder: Path, change: dict[str, object]
) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | change))
    for ask in (settle, obtain):
        said = refused(
            lambda ask=ask: ask(str(folder)),  # type: ignore[misc]
            "The configuration of “mine” is refused",
        )
        assert str(folder.parent) not in said


@pytest.mark.parametrize("damage", DAMAGES, ids=str)
@pytest.mark.parametrize("file", READ)
def test_a_damaged_file_of_a_model_folder_is_named(folder: Path, file: str, damage: Damage) -> None:
    damage(folder / file)
    is_unseen = {
        "missing": file in READ[3:],
        "NULs inside": file == "model.safetensors",
        "a field missing": file in READ[3:],
    }
    if is_unseen.get(damage.name):
        settle(str(folder))
        describe(str(folder))
    else:
        no_model = "has no safetensors|The configuration of “mine” is refused"
        said = refused(lambda: settle(str(folder)), f"{file}|{no_model}")
        assert said.count("\n") == 0
        at_once(lambda: describe(str(folder)))


def test_a_configuration_of_absurd_size_is_refused(folder: Path) -> None:
    with (folder / "config.json").open("ab") as file:
        file.truncate(100 << 20)
    refused(lambda: settle(str(folder)), "config.json of “mine” is damaged: .*it has more than 1 MiB")


def test_sparse_weights_of_a_terabyte_are_not_hashed(folder: Path) -> None:
    with (folder / "model-2.safetensors").open("wb") as file:
        file.truncate(1 << 40)
    refused(lambda: settle(str(folder)), "it has 1,024 GiB, more than the 16 GiB")


def test_files_that_are_not_read_may_be_large(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "MOST_BYTES", 10_000_000)
    before = settle(str(folder))
    with (folder / "optimizer.pt").open("wb") as file:
        file.truncate(1 << 40)
    assert settle(str(folder)) == before


def test_a_workspace_that_was_restored_without_links_knows_its_models_by_their_copies(
    folder: Path, workspace: Path
) -> None:
    name = settle(str(folder))
    model = LocalModel.parse(name)
    assert model is not None
    link = workspace / "base_models" / model.content
    link.unlink()
    shutil.copytree(folder, link)
    assert find_on_disk(name) == obtain(name) == link
    assert describe(name).title == "mine"
    assert settle(str(folder)) == name
    assert obtain(name) == folder
    assert link.is_symlink()
