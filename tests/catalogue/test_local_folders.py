import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from tests.tiny_models import tiny_model_folder
from tl_core.catalogue.base_models import Pooling
from tl_core.catalogue.local_folders import LocalModel, content_of, num_weights
from tl_core.catalogue.locating import describe, find_on_disk, obtain, settle
from tl_core.errors import ModelError

pytestmark = pytest.mark.usefixtures("cache", "workspace")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_model_folder(tmp_path / "models", "bert").rename(tmp_path / "models" / "mine")


def change(path: Path) -> None:
    """Change a file's content, and leave it one of its kind."""
    content = path.read_bytes()
    is_weights = path.suffix == ".safetensors"
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]) if is_weights else content + b" ")


def test_a_folder_is_recorded_by_its_name_and_content_and_found_again(folder: Path) -> None:
    name = settle(str(folder))
    assert name == f"local:mine@{content_of(folder)}"
    assert find_on_disk(name) == obtain(name) == folder
    assert describe(name).title == "mine"
    assert settle(name) == name


def test_every_way_of_typing_a_path_gives_the_same_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = settle(str(folder))
    monkeypatch.chdir(folder.parent)
    assert settle("./mine") == name
    monkeypatch.chdir(folder)
    assert settle("./") == name
    monkeypatch.setenv("HOME", str(folder.parent))
    assert settle("~/mine") == name


def test_a_folder_is_pooled_as_it_states(folder: Path) -> None:
    (folder / "classifier.json").write_text('{"pooling": "mean"}')
    assert describe(settle(str(folder))).pooling is Pooling.MEAN


@pytest.mark.parametrize("changed", ["config.json", "tokenizer.json", "model.safetensors"])
def test_other_content_has_another_name_and_the_old_one_is_refused(folder: Path, changed: str) -> None:
    name = settle(str(folder))
    change(folder / changed)
    assert settle(str(folder)) != name
    with pytest.raises(ModelError, match=r"“mine” has changed since it was chosen.*Put the old files back"):
        obtain(name)


def test_a_file_that_the_engine_does_not_read_changes_nothing(folder: Path) -> None:
    name = settle(str(folder))
    (folder / "README.md").write_text("Notes.")
    (folder / "optimizer.bin").write_bytes(b"state")
    assert settle(str(folder)) == name
    assert obtain(name) == folder


def test_a_pooling_that_is_stated_later_is_another_content(folder: Path) -> None:
    name = settle(str(folder))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode": "cls"}')
    assert settle(str(folder)) != name


def test_a_folder_that_has_moved_says_so_until_its_new_place_is_named(folder: Path) -> None:
    name = settle(str(folder))
    moved = folder.rename(folder.with_name("moved"))
    assert find_on_disk(name) is None
    assert describe(name).title == "mine"
    with pytest.raises(ModelError, match=r"“mine” .* is no longer where it was\. Choose the folder again"):
        obtain(name)
    assert LocalModel.parse(settle(str(moved))) == LocalModel(title="moved", content=content_of(moved))
    assert obtain(name) == moved


def test_no_message_says_where_the_folder_lay(folder: Path) -> None:
    name = settle(str(folder))
    change(folder / "config.json")
    with pytest.raises(ModelError) as changed:
        obtain(name)
    shutil.rmtree(folder)
    with pytest.raises(ModelError) as gone:
        obtain(name)
    assert str(folder.parent) not in f"{changed.value} {gone.value}"


def test_a_name_from_another_workspace_is_not_known_here(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = settle(str(folder))
    monkeypatch.setenv("TL_WORKSPACE", str(tmp_path / "other"))
    assert find_on_disk(name) is None
    assert describe(name).title == "mine"
    for ask in (obtain, settle):
        with pytest.raises(ModelError, match="not known in this workspace"):
            ask(name)


def test_two_folders_of_one_content_are_one_model(folder: Path) -> None:
    shutil.copytree(folder, folder.with_name("copy"))
    name, copy = settle(str(folder)), settle(str(folder.with_name("copy")))
    assert name.partition("@")[2] == copy.partition("@")[2]
    shutil.rmtree(folder)
    assert obtain(name) == obtain(copy) == folder.with_name("copy")


@pytest.mark.parametrize(
    "bad", ["local:mine", "local:mine@12345678901g", "local:@123456789012", "local:mine@../../etc"]
)
def test_what_only_resembles_a_name_is_refused(bad: str) -> None:
    assert LocalModel.parse(bad) is None
    with pytest.raises(ModelError, match="is not a base model's name"):
        find_on_disk(bad)


@pytest.mark.parametrize("title", ["a@b", "two words", "a:b", "ünï\ncode", "…" * 60])
def test_any_folders_name_is_read_as_it_was_written(folder: Path, title: str) -> None:
    name = settle(str(folder.rename(folder.with_name(title))))
    model = LocalModel.parse(name)
    assert model is not None
    assert (model.title, str(model)) == (title, name)
    assert obtain(name).name == title


def test_a_folder_without_safe_weights_has_no_name(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="has no safetensors weights"):
        settle(str(folder))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("./nothing", r"is not a model folder: it has no config.json.*on disk: builtin"),
        ("/" + "x" * 300, "cannot be a folder's path"),
        ("~nobody-of-this-name/model", "cannot be a folder's path"),
    ],
)
def test_a_path_that_leads_to_no_model_is_told(typed: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        settle(typed)


def test_bytes_are_read_once_until_a_file_changes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = content_of(folder)
    monkeypatch.setattr("hashlib.file_digest", lambda *_: pytest.fail("read again"))
    assert content_of(folder) == first
    monkeypatch.undo()
    change(folder / "config.json")
    assert content_of(folder) != first


def test_files_that_cannot_be_read_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("hashlib.file_digest", refuse)
    with pytest.raises(ModelError, match="“mine” cannot be read: Permission denied"):
        settle(str(folder))


def test_weights_are_counted_from_the_header_without_buffers(tmp_path: Path) -> None:
    tensors = {
        "a": np.zeros((3, 4), np.float32),
        "b": np.zeros(5, np.float16),
        "ids": np.zeros(512, np.int64),
    }
    save_file(tensors, tmp_path / "model.safetensors", {"format": "pt"})
    assert num_weights(tmp_path) == 17


def test_weights_of_a_broken_or_missing_file_are_not_known(tmp_path: Path) -> None:
    assert num_weights(tmp_path) is None
    (tmp_path / "model.safetensors").write_bytes(b"\xff" * 20)
    assert num_weights(tmp_path) is None
