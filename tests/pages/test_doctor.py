"""*Data*: what the doctor finds and mends, further columns, other splits, rows that are pasted."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.cards.data.dataset_view import METHODS
from pages.ui.errors import FAULT
from tests.pages.reading import open_page, plain, text_of
from tl_core.intake.intake import read_intake, take_in
from tl_core.intake.uploads import find_upload, keep_upload
from tl_core.schema import SplitMethod
from tl_core.splits.split_csv import split_csv
from tl_core.store.workspace import Workspace

WORDS = ("kettle", "book", "train", "hotel", "phone", "garden", "lamp", "jacket", "soup", "film")


def rows() -> list[str]:
    """Eighty rows of two classes that share few words, with a title, an author and a day each."""
    written = ["title,body,label,author,day"]
    for i in range(80):
        words = " ".join(f"{word}{i}" for word in WORDS[i % 5 : i % 5 + 6])
        mail = f" joe{i}@example.org" if i < 3 else ""
        day = f"2026-{1 + i // 20:02d}-{1 + i % 20:02d}"
        written.append(f"t{i},{words}{mail},{'good' if i % 2 else 'bad'},author {i % 16},{day}")
    return written


def csv() -> bytes:
    return "\n".join(rows()).encode()


@pytest.fixture
def upload(app: AppTest, workspace: Workspace) -> str:
    made = keep_upload(workspace, csv(), "mine.csv")
    open_page(app, "data", upload=made.upload_id)
    return made.upload_id


def press(app: AppTest, label: str) -> None:
    next(one for one in app.button if one.label == label).click().run()
    assert not app.exception, app.exception
    assert FAULT not in text_of(app)


def box(app: AppTest, label: str):
    return next(one for one in app.selectbox if one.label == label)


def test_a_stored_dataset_is_mended_in_a_next_version(
    app: AppTest, workspace: Workspace, upload: str
) -> None:
    press(app, "Use this dataset")
    (old,) = workspace.database.list_datasets()
    open_page(app, "data", dataset=old.fingerprint)
    press(app, "Mask them")
    (new,) = [one for one in workspace.database.list_datasets() if one.fingerprint != old.fingerprint]
    assert new.parent == old.fingerprint
    assert [change.fix for change in new.changes] == ["mask_personal_data"]
    assert new.changes[0].message in text_of(app)
    texts = read_intake(workspace, new.fingerprint).dataset.texts()
    assert sum("<email>" in text for text in texts) == 3
    assert "joe0@example.org" in "".join(read_intake(workspace, old.fingerprint).dataset.texts())


def test_a_group_column_is_recognised_and_respected(app: AppTest, workspace: Workspace, upload: str) -> None:
    assert box(app, "Group column").value == "author"
    assert METHODS[SplitMethod.GROUPED][1] in text_of(app)
    press(app, "Use this dataset")
    (info,) = workspace.database.list_datasets()
    intake = read_intake(workspace, info.fingerprint)
    groups = intake.dataset.table["group"].to_pylist()
    parts = [{groups[row] for row in rows} for rows in (intake.split.train, intake.split.test)]
    assert not parts[0] & parts[1]


def test_the_newest_rows_can_be_the_test_part(app: AppTest, workspace: Workspace, upload: str) -> None:
    box(app, "Date column").set_value("day").run()
    method = next(one for one in app.segmented_control if one.label == "How it is split")
    method.set_value(SplitMethod.BY_TIME).run()
    assert METHODS[SplitMethod.BY_TIME][1] in text_of(app)
    assert find_upload(workspace, upload).rule.method is SplitMethod.BY_TIME
    box(app, "Date column").set_value("").run()  # the rule needs it; the usual one takes its place
    assert METHODS[SplitMethod.GROUPED][1] in text_of(app)


def test_columns_can_be_joined(app: AppTest, workspace: Workspace, upload: str) -> None:
    joined = next(one for one in app.multiselect if one.label == "Further columns of texts")
    joined.set_value(["title"]).run()
    press(app, "Use this dataset")
    (info,) = workspace.database.list_datasets()
    assert info.columns.text_columns == ("body", "title")
    assert read_intake(workspace, info.fingerprint).dataset.texts()[0].endswith("\nt0")


def test_numbers_are_cut_into_classes_and_nonsense_is_told_in_place(
    app: AppTest, workspace: Workspace
) -> None:
    lines = ["text,stars", *(f"words number{i} {WORDS[i % 10]}{i},{1 + i % 5}" for i in range(60))]
    open_page(app, "data", upload=keep_upload(workspace, "\n".join(lines).encode(), "s.csv").upload_id)
    limits = next(one for one in app.text_input if one.label.startswith("Cut points"))
    limits.set_value("2.5; 3").run()
    assert "“2.5; 3”" in plain(app.error[0].value)
    limits = next(one for one in app.text_input if one.label.startswith("Cut points"))
    limits.set_value("2.5, 3.5").run()
    press(app, "Use this dataset")
    (info,) = workspace.database.list_datasets()
    assert set(info.columns.labels) == {"below 2.5", "2.5 to below 3.5", "3.5 and more"}


def test_a_label_map_can_be_brought_and_renames_and_sets_aside(
    app: AppTest, workspace: Workspace, upload: str
) -> None:
    maps = [one for one in app.file_uploader if one.label.startswith("Rename by a file")]
    maps[0].set_value(("map.csv", b"label,name\ngood,fine\nbad,awful\n", "text/csv")).run()
    assert find_upload(workspace, upload).choice.label_map == {"good": "fine", "bad": "awful"}
    press(app, "Use this dataset")
    (info,) = workspace.database.list_datasets()
    assert info.columns.labels == ("awful", "fine")


def test_what_is_no_label_map_is_told_in_place(app: AppTest, workspace: Workspace, upload: str) -> None:
    maps = [one for one in app.file_uploader if one.label.startswith("Rename by a file")]
    maps[0].set_value(("map.csv", b"a,b,c\n1,2,3\n4,5,6\n", "text/csv")).run()
    assert "“map.csv”" in plain(app.error[0].value)
    assert "Use this dataset" in [one.label for one in app.button]


def test_several_labels_a_row_are_refused_with_a_remedy(app: AppTest, workspace: Workspace) -> None:
    lines = ["text,label", *(f"words{i},{['a|b', 'a', 'b', 'b|c', 'c'][i % 5]}" for i in range(40))]
    open_page(app, "data", upload=keep_upload(workspace, "\n".join(lines).encode(), "m.csv").upload_id)
    (told,) = [plain(one.value) for one in app.error]
    assert "“label”" in told
    assert "16 rows" in told
    assert "Use this dataset" not in [one.label for one in app.button]


def test_a_file_can_be_read_in_another_way(app: AppTest, workspace: Workspace, upload: str) -> None:
    box(app, "First line").set_value(False).run()
    assert "81 rows, 5 columns" in text_of(app)
    next(one for one in app.text_input if one.label == "Encoding").set_value("no such").run()
    assert "no such" in text_of(app)


def test_pasted_rows_are_taken_like_a_file(app: AppTest, workspace: Workspace) -> None:
    open_page(app, "data")
    app.text_area(key="pasted").set_value(csv().decode()).run()
    press(app, "Use these rows")
    assert "80 rows, 5 columns" in text_of(app)
    assert "pasted.csv" in text_of(app)


def test_a_split_that_was_kept_can_be_used_again(app: AppTest, workspace: Workspace, tmp_path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(csv())
    first = take_in(workspace, path, name="mine", should_guess_roles=False)
    other = take_in(workspace, path, name="mine", group="author")
    assert first.dataset.info.fingerprint != other.dataset.info.fingerprint
    kept = split_csv(first.dataset, first.split)
    open_page(app, "data", dataset=first.dataset.info.fingerprint)
    app.file_uploader[0].set_value(("split.csv", kept, "text/csv")).run()
    assert not app.error
    assert read_intake(workspace, first.dataset.info.fingerprint).split.info.hash == first.split.info.hash

    app.file_uploader[0].set_value(("split.csv", kept[: len(kept) // 2], "text/csv")).run()
    assert app.error
