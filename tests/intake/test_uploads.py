import os
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.files.tables import table
from tests.pages.fixtures import make_workspace
from tl_core.errors import DataError, NotFoundError, SplitError
from tl_core.files.reading import ReadChoices
from tl_core.intake.intake import make_intake
from tl_core.intake.uploads import (
    Upload,
    add_to_archive,
    find_upload,
    keep_from_server,
    keep_sample,
    keep_upload,
    list_on_server,
    propose,
    read_upload,
    save_upload,
)
from tl_core.schema import ColumnChoice, SplitMethod, SplitRule
from tl_core.store.workspace import Workspace

TABLE = table(
    note=["first", "second", "third", "fourth"],
    text=["a longer text that says something", "another one", "and a third", "and a fourth one"],
    label=["x", "y", "x", "y"],
)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = make_workspace(tmp_path)
    yield opened
    opened.close()


def test_an_upload_and_what_was_decided_about_it_survive(workspace: Workspace) -> None:
    upload = keep_upload(workspace, b"text,label\n", "reviews.csv")
    assert workspace.upload_path(upload.upload_id).read_bytes() == b"text,label\n"
    decided = upload.model_copy(
        update={
            "choice": ColumnChoice.of("text", "mood"),
            "rule": SplitRule(method=SplitMethod.GROUPED, keep_together=0.9),
            "reading": ReadChoices(encoding="utf-16"),
        }
    )
    save_upload(workspace, decided)
    assert find_upload(workspace, upload.upload_id) == decided


@pytest.mark.parametrize(
    ("raw", "shown"),
    [("../../etc/passwd", "passwd"), ("C:\\texts\\mine.csv", "mine.csv"), ("..", ".."), ("a/", "upload.csv")],
)
def test_a_raw_name_is_shown_without_its_path_and_never_used_as_one(
    workspace: Workspace, raw: str, shown: str
) -> None:
    upload = keep_upload(workspace, b"x", raw)
    assert upload.name == shown
    assert workspace.upload_path(upload.upload_id).parent == workspace.root / "uploads"


def test_a_long_name_keeps_its_end(workspace: Workspace) -> None:
    assert keep_upload(workspace, b"x", "n" * 500 + ".csv").name.endswith("n.csv")
    assert len(keep_upload(workspace, b"x", "n" * 500).name) == 120


@pytest.mark.parametrize("upload_id", ["upload_unknown", "../../secret"])
def test_an_unknown_upload_is_refused(workspace: Workspace, upload_id: str) -> None:
    with pytest.raises(NotFoundError):
        find_upload(workspace, upload_id)


def test_an_upload_whose_file_was_cleared_away_is_refused(workspace: Workspace) -> None:
    upload = keep_upload(workspace, b"x", "a.csv")
    workspace.upload_path(upload.upload_id).unlink()
    with pytest.raises(NotFoundError, match="Upload the file again"):
        find_upload(workspace, upload.upload_id)


def test_a_sample_has_one_id(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "some.csv").write_text("text,label\n")
    assert keep_sample(workspace, tmp_path / "some.csv") == keep_sample(workspace, tmp_path / "some.csv")


def test_the_guess_stands_until_other_columns_are_chosen() -> None:
    upload = Upload(upload_id="upload_1", name="a.csv")
    proposal = propose(TABLE, upload)
    assert proposal.choice == ColumnChoice.of("text", "label")
    assert set(proposal.reasons) == {"text", "label"}
    chosen = ColumnChoice(text=("note", "text"), label=("label",), joined_with="\n")
    own = propose(TABLE, upload.model_copy(update={"choice": chosen}))
    assert own.choice == chosen
    assert own.reasons["label"] == proposal.reasons["label"]
    assert "note" in own.reasons["text"] != proposal.reasons["text"]


def test_reasons_speak_of_the_columns_that_stand() -> None:
    columns = table(
        text=[f"text {i}" for i in range(12)], label=["x", "y"] * 6, row=[str(i) for i in range(12)]
    )
    upload = Upload(upload_id="upload_1", name="a.csv", choice=ColumnChoice.of("text", "row"))
    proposal = propose(columns, upload)
    assert "different in every row" in proposal.reasons["label"]
    assert "Detected" in proposal.reasons["text"]


def test_where_nothing_can_be_guessed_there_are_still_columns_to_choose_from() -> None:
    numbers = table(a=["1", "2", "3"], b=["4", "5", "6"])
    proposal = propose(numbers, Upload(upload_id="upload_1", name="a.csv"))
    assert proposal.reasons == {}
    assert proposal.choice == ColumnChoice.of("a", "b")


def test_a_chosen_column_that_the_file_lacks_is_forgotten() -> None:
    gone = ColumnChoice.of("gone", "label")
    proposal = propose(TABLE, Upload(upload_id="upload_1", name="a.csv", choice=gone))
    assert proposal.choice.text == ("text",)


def test_a_split_a_group_and_a_weight_column_are_taken_and_a_date_only_told() -> None:
    rows = [f"a text with the number {i} in it" for i in range(40)]
    columns = table(
        text=rows,
        label=["x", "y"] * 20,
        split=["train"] * 20 + ["test"] * 20,
        author=[f"author {i % 8}" for i in range(40)],
        date=[f"2026-01-{1 + i % 28:02d}" for i in range(40)],
        weight=["1.5"] * 40,
    )
    proposal = propose(columns, Upload(upload_id="upload_1", name="a.csv"))
    choice = proposal.choice
    assert (choice.split, choice.group, choice.time, choice.weight) == ("split", "author", None, "weight")
    assert {"split", "group", "time", "weight"} <= set(proposal.reasons)


def test_columns_of_ones_and_zeros_are_guessed_as_one_label() -> None:
    rows = [f"a text with the number {i} in it" for i in range(12)]
    columns = table(text=rows, joy=["1", "0", "0"] * 4, fear=["0", "1", "0"] * 4, calm=["0", "0", "1"] * 4)
    proposal = propose(columns, Upload(upload_id="upload_1", name="a.csv"))
    assert proposal.choice.label == ("joy", "fear", "calm")
    assert "a one in just one" in proposal.reasons["label"]


def test_the_intake_takes_the_files_name(workspace: Workspace) -> None:
    upload = Upload(upload_id="upload_1", name="my reviews.v2.csv")
    rows = [f"text number {i}" for i in range(10)]
    good = table(text=rows, label=["x", "y"] * 5)
    intake = make_intake(good, name=upload.title, choice=propose(good, upload).choice)
    assert intake.dataset.info.name == "my reviews.v2"
    assert intake.split.info.train + intake.split.info.validation + intake.split.info.test == 10
    assert workspace.database.list_datasets() == []


def test_classes_too_small_to_split_are_refused() -> None:
    upload = Upload(upload_id="upload_1", name="a.csv")
    with pytest.raises(SplitError):
        make_intake(TABLE, name=upload.title, choice=propose(TABLE, upload).choice)


def test_an_unreadable_file_is_named_as_the_person_names_it(workspace: Workspace) -> None:
    upload = keep_upload(workspace, b"only one column\nand nothing else\n", "mine.csv")
    with pytest.raises(DataError, match=r"“mine\.csv” has only one column"):
        read_upload(workspace, upload.upload_id, upload.name)


def test_pictures_are_dropped_into_classes(workspace: Workspace) -> None:
    dropped = (("ant", ["a.jpg", "a.jpg"]), ("../bee: 10:30", ["C:\\b.jpg"]), ("ant", ["c.png"]))
    for label, files in dropped:
        add_to_archive(workspace, "upload_1", label, [(name, name.encode()) for name in files])
    with zipfile.ZipFile(workspace.upload_path("upload_1")) as archive:
        names = [name for name in archive.namelist() if not name.endswith("labels.csv")]
        assert names == ["class_1/a.jpg", "class_1/2_a.jpg", "class_2/b.jpg", "class_3/c.png"]
        assert archive.read("class_2/b.jpg") == b"C:\\b.jpg"
        assert archive.read("class_2/labels.csv").split() == [b"file_name,label", b"b.jpg,../bee:", b"10:30"]


def test_what_lies_in_the_servers_folder_of_data_is_taken_from_it_alone(
    workspace: Workspace, tmp_path: Path
) -> None:
    assert list_on_server(workspace) == []
    folder, outside = tmp_path / "data", tmp_path / "outside"
    (folder / "pictures" / "ant").mkdir(parents=True)
    outside.mkdir()
    (folder / "pictures" / "ant" / "1.jpg").write_bytes(b"picture")
    os.utime(folder / "pictures" / "ant" / "1.jpg", (0, 0))  # as in the layers of a container
    (folder / "rows.csv").write_bytes(b"text,label\n")
    (folder / ".hidden").write_bytes(b"")
    (outside / "secret.jpg").write_bytes(b"secret")
    (folder / "link").symlink_to(outside)
    (folder / "pictures" / "link").symlink_to(outside)
    (folder / "pictures" / "ant" / "2.jpg").symlink_to(outside / "secret.jpg")
    settings = replace(workspace.settings, data_folder=folder)
    here = replace(workspace, settings=settings)
    assert list_on_server(here) == ["pictures", "rows.csv"]
    assert here.upload_path(keep_from_server(here, "rows.csv").upload_id).read_bytes() == b"text,label\n"
    upload = keep_from_server(here, "pictures")
    assert upload.name == "pictures.zip"
    with zipfile.ZipFile(here.upload_path(upload.upload_id)) as archive:
        assert archive.namelist() == ["pictures/ant/1.jpg"]
    for name in ("link", ".hidden", "../outside", "", str(outside)):
        with pytest.raises(NotFoundError, match="on this server"):
            keep_from_server(here, name)
