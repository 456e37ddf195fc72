import os
import shutil
from pathlib import Path

import pytest

from tests.intruders import INTRUDERS, Intruder
from tests.patience import at_once
from tl_core import outside
from tl_core.errors import OutsideError
from tl_core.outside import copy_folder, look_through, open_file, parse_json, read_bytes, read_json


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    (made / "sub" / "deeper").mkdir(parents=True)
    (made / "run.json").write_text("{}")
    (made / "sub" / "deeper" / "file").write_bytes(b"x" * 3_000_000)
    return made


def copied(source: Path) -> Path:
    copy_folder(source, source.with_name("copy"))
    return source.with_name("copy")


def test_plain_files_are_listed_and_copied_byte_by_byte(folder: Path) -> None:
    assert [(str(one.path), one.num_bytes) for one in look_through(folder)] == [
        ("run.json", 2),
        ("sub/deeper/file", 3_000_000),
    ]
    copy = copied(folder)
    assert (copy / "run.json").read_text() == "{}"
    assert (copy / "sub" / "deeper" / "file").read_bytes() == b"x" * 3_000_000


def test_the_folder_itself_may_be_reached_through_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert look_through(tmp_path / "link") == look_through(folder)


@pytest.mark.parametrize("place", ["intruder", "sub/intruder", "sub/deeper/intruder"])
@pytest.mark.parametrize("intruder", INTRUDERS, ids=str)
def test_what_is_no_plain_file_is_refused_by_its_path_and_nothing_is_copied(
    folder: Path, intruder: Intruder, place: str
) -> None:
    intruder.put(folder / place)
    for look in (look_through, copied):
        with pytest.raises(OutsideError, match=f"“folder” is refused: “{place}” in it {intruder.said}"):
            at_once(lambda look=look: look(folder))  # type: ignore[misc]
    assert not folder.with_name("copy").exists()


def test_a_folder_that_is_a_link_on_the_way_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (folder / "model").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(OutsideError, match="“model” in it is a link"):
        look_through(folder)


def test_a_file_that_is_exchanged_for_a_link_meanwhile_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("secret")
    real = os.mkdir

    def exchange(*arguments: object, **options: object) -> None:
        real(*arguments, **options)  # type: ignore[arg-type]
        (folder / "run.json").unlink(missing_ok=True)
        os.mkfifo(folder / "run.json")

    monkeypatch.setattr(os, "mkdir", exchange)
    with pytest.raises(OutsideError, match="“run.json” in it is a pipe"):
        at_once(lambda: copied(folder))


def test_a_file_that_grows_meanwhile_has_an_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = outside._copy

    def grow(file: object, copy: object, num_bytes: int) -> None:
        with (folder / "run.json").open("a") as written:
            written.write("more")
        counted(file, copy, num_bytes)  # type: ignore[arg-type]

    monkeypatch.setattr(outside, "_copy", grow)
    assert (copied(folder) / "run.json").read_text() == "{}"


def test_a_sparse_file_of_a_terabyte_is_not_copied(folder: Path) -> None:
    with (folder / "sub" / "weights").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(OutsideError, match="“folder” is refused: it has 1,024 GiB, more than the 16 GiB"):
        copied(folder)
    assert not folder.with_name("copy").exists()


def test_a_disk_without_room_is_told_before_anything_is_copied(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(folder)._replace(free=1 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(OutsideError, match="has 2.86 MiB, but the workspace's disk has room for only 1 MiB"):
        copied(folder)


@pytest.mark.parametrize("name", ["big.json", "events.jsonl"])
def test_a_file_that_would_be_read_as_a_whole_has_a_bound(folder: Path, name: str) -> None:
    with (folder / name).open("wb") as file:
        file.truncate(outside.MOST_TEXT_BYTES + 1)
    with pytest.raises(OutsideError, match=f"“{name}” in it has more than 256 MiB"):
        look_through(folder)


def test_folders_within_folders_have_an_end(folder: Path) -> None:
    deep = folder
    for _ in range(outside.MOST_DEPTH):
        deep /= "d"
    deep.mkdir(parents=True)
    look_through(folder)
    (deep / "d").mkdir()
    with pytest.raises(OutsideError, match="lies more than 8 folders deep"):
        look_through(folder)


def test_too_many_files_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "MOST_ENTRIES", 5)
    look_through(folder)
    for number in range(3):
        (folder / "sub" / str(number)).touch()
    with pytest.raises(OutsideError, match="holds more than 5 files and folders"):
        look_through(folder)


@pytest.mark.parametrize("name", [b"two\nlines", b"\x1b[31m", b"\xff\xfe", "\u202egpj.exe".encode()])
def test_a_name_that_is_no_plain_text_is_refused_and_not_printed(folder: Path, name: bytes) -> None:
    with open(os.fsencode(folder) + b"/" + name, "wb"):
        pass
    with pytest.raises(OutsideError, match="has a name that is no plain text") as raised:
        look_through(folder)
    assert str(raised.value).isprintable()


@pytest.mark.parametrize("make", [Path.touch, lambda path: None])
def test_what_is_no_folder_is_told(tmp_path: Path, make: object) -> None:
    make(tmp_path / "place")  # type: ignore[operator]
    with pytest.raises(OutsideError, match="The folder “place” cannot be opened"):
        look_through(tmp_path / "place")


def test_a_snapshot_of_the_hubs_cache_consists_of_links_into_its_blobs(tmp_path: Path) -> None:
    repo = tmp_path / "models--someone--model"
    snapshot = repo / "snapshots" / ("c" * 40)
    (snapshot / "1_Pooling").mkdir(parents=True)
    (repo / "blobs").mkdir()
    (repo / "blobs" / "abc").write_text("{}")
    (snapshot / "config.json").symlink_to("../../blobs/abc")
    (snapshot / "1_Pooling" / "config.json").symlink_to("../../../blobs/abc")
    assert {str(one.path): one.num_bytes for one in look_through(snapshot)} == {
        "config.json": 2,
        "1_Pooling/config.json": 2,
    }
    (tmp_path / "typed").symlink_to(snapshot)
    assert len(look_through(tmp_path / "typed")) == 2


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "../../../outside", "../../refs", "../../blobs/link", "nowhere"]
)
def test_a_snapshots_links_lead_nowhere_else(tmp_path: Path, target: str) -> None:
    repo = tmp_path / "models--someone--model"
    snapshot = repo / "snapshots" / ("c" * 40)
    snapshot.mkdir(parents=True)
    (repo / "blobs").mkdir()
    (repo / "refs").write_text("")
    (tmp_path / "outside").write_text("")
    (repo / "blobs" / "link").symlink_to("/etc/passwd")
    (snapshot / "config.json").symlink_to(target)
    with pytest.raises(OutsideError, match="“config.json” in it is a link"):
        look_through(snapshot)


def test_opening_never_waits_and_takes_plain_files_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text("words")
    (tmp_path / "link").symlink_to("file")
    for name in ("pipe", "."):
        with pytest.raises(OSError, match="it is"):
            at_once(lambda name=name: open_file(tmp_path / name))  # type: ignore[misc]
    with open_file(tmp_path / "link") as file:
        assert file.read() == b"words"
    with pytest.raises(OSError, match="symbolic links"):
        open_file(tmp_path / "link", follows_links=False)


def test_no_more_is_read_than_may_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert read_bytes(tmp_path / "file", 5) == b"12345"
    with pytest.raises(OSError, match="it has more than 4 bytes"):
        read_bytes(tmp_path / "file", 4)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"{", "it is no JSON"),
        (b"\xff", "it is no UTF-8"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"a":' * 100_000, "it is nested too deeply"),
    ],
)
def test_what_is_no_json_is_told(written: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_json(written)


def test_an_object_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[]")
    with pytest.raises(ValueError, match="it is no JSON object"):
        read_json(tmp_path / "a.json")
