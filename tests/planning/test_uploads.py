from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.data.tables import table
from tests.pages.fixtures import make_workspace
from tl_core.errors import DataError, NotFoundError, SplitError
from tl_core.planning.uploads import (
    Upload,
    find_upload,
    keep_sample,
    keep_upload,
    make_intake,
    propose,
    read_upload,
    save_upload,
)
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
    save_upload(workspace, upload.model_copy(update={"label": "mood"}))
    assert find_upload(workspace, upload.upload_id).label == "mood"


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


def test_the_guess_stands_until_another_column_is_chosen() -> None:
    upload = Upload(upload_id="upload_1", name="a.csv")
    proposal = propose(TABLE, upload)
    assert (proposal.text, proposal.label) == ("text", "label")
    assert proposal.guess is not None
    chosen = propose(TABLE, upload.model_copy(update={"text": "note"}))
    assert (chosen.text, chosen.label) == ("note", "label")


def test_where_nothing_can_be_guessed_there_are_still_columns_to_choose_from() -> None:
    numbers = table(a=["1", "2", "3"], b=["4", "5", "6"])
    proposal = propose(numbers, Upload(upload_id="upload_1", name="a.csv"))
    assert proposal.guess is None
    assert (proposal.text, proposal.label) == ("a", "b")


def test_a_chosen_column_that_the_file_lacks_is_forgotten() -> None:
    proposal = propose(TABLE, Upload(upload_id="upload_1", name="a.csv", text="gone"))
    assert proposal.text == "text"


def test_the_intake_takes_the_files_name(workspace: Workspace) -> None:
    upload = Upload(upload_id="upload_1", name="my reviews.v2.csv")
    rows = [f"text number {i}" for i in range(10)]
    good = table(text=rows, label=["x", "y"] * 5)
    intake = make_intake(upload, propose(good, upload), None)
    assert intake.dataset.info.name == "my reviews.v2"
    assert intake.split.info.train + intake.split.info.validation + intake.split.info.test == 10
    assert workspace.database.list_datasets() == []


def test_classes_too_small_to_split_are_refused() -> None:
    upload = Upload(upload_id="upload_1", name="a.csv")
    with pytest.raises(SplitError):
        make_intake(upload, propose(TABLE, upload), None)


def test_an_unreadable_file_is_named_as_the_person_names_it(workspace: Workspace) -> None:
    upload = keep_upload(workspace, b"only one column\nand nothing else\n", "mine.csv")
    with pytest.raises(DataError, match=r"'mine\.csv' has one"):
        read_upload(workspace, upload.upload_id, upload.name)
