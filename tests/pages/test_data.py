import re

import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Radio

from pages.cards.data.columns import COUNTED_ALIKE
from pages.cards.data.dataset_view import BESIDE_OWN_TEST, METHODS
from pages.ui.errors import FAULT
from tests.bad_files import BAD
from tests.files.tables import CHOICE, table
from tests.pages.fixtures import add_experiment, store_sample_dataset
from tests.pages.reading import links_of, open_page, page_of, plain, targets_of, text_of
from tests.pages.texts import TEXTS
from tl_core.datasets.dataset import build_dataset
from tl_core.errors import DataError
from tl_core.experiments.on_data import carry_out_on_data
from tl_core.intake.bundled import NOT_EVIDENCE
from tl_core.intake.intake import read_intake, store_dataset
from tl_core.intake.uploads import find_upload, keep_upload
from tl_core.jobs.queue import Queue
from tl_core.schema import SplitMethod, State
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace

HOSTILE = "![x](http://evil.example/p.png) <img src=x> $x$ :material/home:"


def csv(rows: list[tuple[str, str]] | None = None, header: str = "text,label") -> bytes:
    rows = rows or [(text, label) for label, texts in TEXTS.items() for text in texts]
    return "\n".join([header, *(f'"{text}","{label}"' for text, label in rows)]).encode()


def test_the_empty_page_asks_for_a_file_or_a_sample(app: AppTest) -> None:
    open_page(app, "data")
    assert page_of(app) == "data"
    assert len(app.get("file_uploader")) == 2, "a file, and pictures class by class"
    assert "From this server" not in {one.label for one in app.expander}
    assert NOT_EVIDENCE in text_of(app)


def test_an_uploaded_file_is_copied_shown_and_taken_in(app: AppTest, workspace: Workspace) -> None:
    open_page(app, "data")
    app.file_uploader[0].set_value(("../../reviews.csv", csv(), "text/csv")).run()
    (stored,) = (workspace.root / "uploads").iterdir()
    assert stored.read_bytes() == csv()
    assert app.query_params["upload"] == stored.name
    assert not app.get("file_uploader")[0].proto.disabled
    assert "60 rows, 2 columns; utf-8" in text_of(app)
    assert [metric.value for metric in app.metric] == ["33", "9", "18"]
    assert workspace.database.list_datasets() == []

    press(app, "Use this dataset")
    (info,) = workspace.database.list_datasets()
    assert (info.name, info.num_examples) == ("reviews", 60)
    assert page_of(app) == "setup"
    assert app.query_params["dataset"] == info.fingerprint


def press(app: AppTest, label: str) -> None:
    (button,) = [one for one in app.button if one.label == label]
    button.click().run()
    assert FAULT not in text_of(app)


def test_a_reloaded_upload_is_the_same_in_a_new_session(app: AppTest, workspace: Workspace) -> None:
    upload = keep_upload(workspace, csv(), "mine.csv")
    open_page(app, "data", upload=upload.upload_id)
    assert "mine.csv" in text_of(app)
    assert [box.value for box in app.selectbox[:2]] == ["text", "label"]


def test_other_columns_are_kept_over_a_reload(app: AppTest, workspace: Workspace) -> None:
    rows = [(text, label) for label, texts in TEXTS.items() for text in texts]
    lines = [f'"{text}","{label}","{label[:3]}"' for text, label in rows]
    upload = keep_upload(workspace, "\n".join(["text,label,short", *lines]).encode(), "mine.csv")
    open_page(app, "data", upload=upload.upload_id)
    app.selectbox[1].set_value("short").run()
    again = AppTest.from_file(app._script_path, default_timeout=20)
    open_page(again, "data", upload=upload.upload_id)
    assert again.selectbox[1].value == "short"
    assert "neg" in again.get("plotly_chart")[0].proto.spec


def test_unusable_columns_say_so_in_place_and_lose_nothing(app: AppTest, workspace: Workspace) -> None:
    upload = keep_upload(workspace, csv(), "mine.csv")
    open_page(app, "data", upload=upload.upload_id)
    app.selectbox[1].set_value("text").run()
    assert len(app.error) == 1
    assert not [button for button in app.button if button.label == "Use this dataset"]
    app.selectbox[1].set_value("label").run()
    assert not app.error
    assert [metric.value for metric in app.metric] == ["33", "9", "18"]


def test_a_file_that_is_no_table_says_so_and_offers_another(app: AppTest, workspace: Workspace) -> None:
    open_page(app, "data", upload=keep_upload(workspace, b"one\ncolumn\n", "one.csv").upload_id)
    assert "“one.csv”" in plain(app.error[0].value)
    press(app, "Choose another file")
    assert "upload" not in app.query_params
    assert app.get("file_uploader")


def test_a_class_too_small_to_split_names_the_remedy(app: AppTest, workspace: Workspace) -> None:
    rows = [(f"text number {i}", "a" if i else "b") for i in range(20)]
    open_page(app, "data", upload=keep_upload(workspace, csv(rows), "small.csv").upload_id)
    (told,) = app.error
    assert "“b”" in plain(told.value)
    assert not [button for button in app.button if button.label == "Use this dataset"]


def test_what_was_set_aside_is_told_and_listed(app: AppTest, workspace: Workspace) -> None:
    lines = csv().decode().splitlines()
    lines += ['"twice","positive"', '"twice","negative"', lines[1], "broken,line,here"]
    open_page(app, "data", upload=keep_upload(workspace, "\n".join(lines).encode(), "mine.csv").upload_id)
    text = text_of(app)
    assert re.search(r"1 row removed: exact copy", text)
    assert "2 rows removed: same text, conflicting labels" in text
    assert re.search(r"1 line was left out as unreadable; the first is line 65\b", text)
    assert "1 line left out" in [one.label for one in app.expander]
    tables = [frame.value for frame in app.dataframe]
    assert any(list(table.get("line", [])) == [65] for table in tables)
    assert any("twice" in list(table.get("text", [])) and "labels" in table for table in tables)


def test_an_own_test_file_becomes_the_test_part_and_can_be_taken_back(
    app: AppTest, workspace: Workspace
) -> None:
    open_page(app, "data", upload=keep_upload(workspace, csv(), "mine.csv").upload_id)
    test = csv([("a new text", "positive"), ("another new text", "negative"), ("a third", "neutral")])
    own = next(one for one in app.file_uploader if one.label.startswith("Test file"))
    own.set_value(("held out.csv", test, "text/csv")).run()
    assert app.metric[2].value == "3"
    assert BESIDE_OWN_TEST[SplitMethod.STRATIFIED] in text_of(app)
    assert METHODS[SplitMethod.STRATIFIED][1] not in text_of(app)
    press(app, "Test on part of the data instead")
    assert app.metric[2].value == "18"


def test_hostile_names_and_labels_are_shown_literally(app: AppTest, workspace: Workspace) -> None:
    rows = [(f"{HOSTILE} {i}", HOSTILE if i % 2 else "plain") for i in range(40)]
    name = f"{HOSTILE}.csv".replace("/", "-")
    upload = keep_upload(workspace, csv(rows, f'text,"{HOSTILE}"'), name)
    open_page(app, "data", upload=upload.upload_id)
    assert app.metric
    for element in [*app.markdown, *app.caption]:
        assert not re.search(r"(?<!\\)(!\[|<img|\$x|:material-home)", element.value)


def test_a_stored_dataset_is_shown_by_its_fingerprint(app: AppTest, workspace: Workspace) -> None:
    fingerprint = store_sample_dataset(workspace).dataset.info.fingerprint
    open_page(app, "data", dataset=fingerprint)
    assert "60 texts, 3 classes" in text_of(app)
    assert list(app.dataframe[0].value["label"][:1]) == ["negative"]
    assert [metric.value for metric in app.metric] == ["33", "9", "18"]
    press(app, "Choose another file")
    assert ("data", f"dataset={fingerprint}") in targets_of(app)


def test_a_stored_dataset_leads_to_its_design(app: AppTest, workspace: Workspace) -> None:
    fingerprint = store_sample_dataset(workspace).dataset.info.fingerprint
    open_page(app, "data", dataset=fingerprint)
    press(app, "New experiment")
    assert page_of(app) == "setup"
    assert app.query_params["dataset"] == fingerprint


@pytest.mark.parametrize(("subject", "value"), [("upload", "upload_gone"), ("dataset", "f" * 64)])
def test_an_unknown_id_is_told_once_under_the_title(app: AppTest, subject: str, value: str) -> None:
    open_page(app, "data", **{subject: value})
    assert app.title[0].value == "Data"
    assert len(app.error) == 1
    assert ("data", "") in targets_of(app)
    assert subject not in app.query_params
    open_page(app, "data")
    assert not app.error
    assert len(app.get("file_uploader")) == 2


def test_an_id_that_was_good_and_is_gone_does_not_stay_in_the_session(
    app: AppTest, workspace: Workspace
) -> None:
    upload = keep_upload(workspace, csv(), "mine.csv")
    open_page(app, "data", upload=upload.upload_id)
    workspace.upload_path(upload.upload_id).unlink()
    app.query_params.clear()
    open_page(app, "data")
    assert len(app.error) == 1
    open_page(app, "data")
    assert not app.error


def test_the_web_server_lets_go_of_an_uploaded_file(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[dict[str, object]] = []
    original = MemoryUploadedFileManager.remove_file

    def remove(self: MemoryUploadedFileManager, session_id: str, file_id: str) -> None:
        assert file_id in self.file_storage[session_id]
        original(self, session_id, file_id)
        left.append(dict(self.file_storage[session_id]))

    monkeypatch.setattr(MemoryUploadedFileManager, "remove_file", remove)
    open_page(app, "data")
    app.file_uploader[0].set_value(("mine.csv", csv(), "text/csv")).run()
    assert left == [{}]
    assert "mine.csv" in text_of(app)


def test_datasets_of_one_name_and_size_are_told_apart(app: AppTest, workspace: Workspace) -> None:
    store_twins(workspace)
    open_page(app, "data")
    shown = [label for label in links_of(app) if label.startswith("twins")]
    assert len(set(shown)) == 2


def store_twins(workspace: Workspace) -> list[str]:
    """Store two datasets of equal name and size, as after mending a label; return their fingerprints."""
    texts = [f"text number {i}" for i in range(40)]
    found = []
    for labels in (["a", "b"] * 20, ["b", "a"] * 20):
        built = build_dataset(table(text=texts, label=labels), name="twins", choice=CHOICE)
        found.append(store_dataset(workspace, built).dataset.info.fingerprint)
    return found


def sidebar_of(app: AppTest) -> str:
    """Return the words of the path in the sidebar."""
    return " ".join(one.value for one in app.sidebar.markdown)


@pytest.mark.parametrize("page", ["runs", "results", "try_it"])
def test_a_page_of_an_experiment_names_its_dataset_whatever_was_chosen(
    app: AppTest, workspace: Workspace, page: str
) -> None:
    fingerprints = store_twins(workspace)
    open_page(app, "data", dataset=fingerprints[0])
    app.query_params.clear()
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("majority",))
    open_page(app, page, experiment=experiment.experiment_id)
    assert app.get("page_link")[0].proto.query_string
    assert f"dataset={experiment.dataset_fingerprint}" in app.get("page_link")[0].proto.query_string


def test_there_is_one_way_to_another_file(app: AppTest, workspace: Workspace) -> None:
    open_page(app, "data", upload=keep_upload(workspace, csv(), "mine.csv").upload_id)
    assert [one.label for one in app.button].count("Choose another file") == 1
    press(app, "Choose another file")
    assert len(app.get("file_uploader")) == 2


def upload_with(app: AppTest, workspace: Workspace, *more: tuple[str, str]) -> str:
    """Open the page of a file with some more rows than usual; return the upload's id."""
    rows = [(text, label) for label, texts in TEXTS.items() for text in texts]
    upload = keep_upload(workspace, csv([*rows, *more]), "mine.csv")
    open_page(app, "data", upload=upload.upload_id)
    return upload.upload_id


def labels_of(app: AppTest) -> list[str]:
    return [one.label for one in app.button]


def test_two_spellings_of_a_label_are_merged_by_one_click_before_anything_is_saved(
    app: AppTest, workspace: Workspace
) -> None:
    upload = upload_with(app, workspace, ("one more of these", "Positive"))
    assert "Use this dataset" not in labels_of(app)
    assert "“Positive” (1) → “positive”" in text_of(app)
    press(app, "Merge it")
    assert find_upload(workspace, upload).choice.label_map == {"Positive": "positive"}
    press(app, "Use this dataset")
    (info,) = workspace.database.list_datasets()
    assert info.columns.labels == ("negative", "neutral", "positive")
    assert info.num_examples == 61


def test_merging_can_be_undone(app: AppTest, workspace: Workspace) -> None:
    upload = upload_with(app, workspace, ("one more of these", "Positive"))
    press(app, "Merge it")
    press(app, "Undo")
    assert find_upload(workspace, upload).choice.label_map == {}
    assert "Merge it" in labels_of(app)


def test_labels_that_are_too_rare_are_left_out_by_one_click(app: AppTest, workspace: Workspace) -> None:
    upload_with(app, workspace, ("what is this", "unclear"), ("nobody knows", "unclear"))
    assert "“unclear” (2)" in text_of(app)
    press(app, "Leave it out")
    press(app, "Use this dataset")
    (info,) = workspace.database.list_datasets()
    assert info.columns.labels == ("negative", "neutral", "positive")
    assert info.num_examples == 60


def test_a_finding_is_mended_before_the_dataset_is_saved_and_the_version_says_so(
    app: AppTest, workspace: Workspace
) -> None:
    upload = upload_with(app, workspace, ("write to joe@example.org about it", "positive"))
    press(app, "Mask them")
    assert find_upload(workspace, upload).fixes == ("mask_personal_data",)
    assert "Mask them" not in labels_of(app)
    press(app, "Use this dataset")
    (info,) = workspace.database.list_datasets()
    assert [change.fix for change in info.changes] == ["mask_personal_data"]
    texts = read_intake(workspace, info.fingerprint).dataset.texts()
    assert sum("<email>" in text for text in texts) == 1
    assert not any("joe@example.org" in text for text in texts)
    open_page(app, "data", dataset=info.fingerprint)
    assert not [link for link in links_of(app) if "before" in link], "that version was never saved"


def test_what_was_said_of_a_column_follows_the_column(app: AppTest, workspace: Workspace) -> None:
    rows = [(text, label) for label, texts in TEXTS.items() for text in texts]
    lines = [f'"{text}","{label}",{number}' for number, (text, label) in enumerate(rows)]
    upload = keep_upload(workspace, "\n".join(["text,label,row", *lines]).encode(), "mine.csv")
    open_page(app, "data", upload=upload.upload_id)
    assert "Detected as the label: 3 repeated values." in text_of(app)
    app.selectbox[1].set_value("row").run()
    assert "Your choice: different in every row." in text_of(app)
    assert "Detected as the label" not in text_of(app)


def test_a_column_becomes_the_label_by_its_header(app: AppTest, workspace: Workspace) -> None:
    rows = [(text, label) for label, texts in TEXTS.items() for text in texts]
    lines = [f'"{text}","{label}","{label[:3]}"' for text, label in rows]
    upload = keep_upload(workspace, "\n".join(["text,label,short", *lines]).encode(), "mine.csv")
    open_page(app, "data", upload=upload.upload_id)
    key = app.dataframe[0].proto.id.split("-", 2)[2]
    app.session_state[key] = {"selection": {"rows": [], "columns": ["short"], "cells": []}}
    app.run()
    press(app, "Use as label")
    assert find_upload(workspace, upload.upload_id).choice.label == ("short",)
    assert app.selectbox[1].value == "short"
    app.session_state[app.dataframe[0].proto.id.split("-", 2)[2]] = {
        "selection": {"rows": [], "columns": ["text"], "cells": []}
    }
    app.run()
    press(app, "Use as label")
    choice = find_upload(workspace, upload.upload_id).choice
    assert (choice.text, choice.label) == (("short",), ("text",)), "they change places"


def test_a_sample_says_that_it_is_no_evidence(app: AppTest) -> None:
    open_page(app, "data")
    press(app, "Open reviews")
    assert app.query_params["upload"] == "sample_reviews_sentiment"
    assert NOT_EVIDENCE in text_of(app)
    assert [metric.value for metric in app.metric] == ["330", "90", "180"]


def test_a_weight_column_is_taken_told_outside_its_drawer_and_can_be_left(
    app: AppTest, workspace: Workspace
) -> None:
    rows = [(text, label) for label, texts in TEXTS.items() for text in texts]
    lines = [f'"{text}","{label}",{1 + i % 3}' for i, (text, label) in enumerate(rows)]
    content = "\n".join(["text,label,sample_weight", *lines]).encode()
    open_page(app, "data", upload=keep_upload(workspace, content, "mine.csv").upload_id)
    assert f"“sample_weight”. {COUNTED_ALIKE}" in text_of(app)
    (weight,) = [one for one in app.selectbox if one.label == "Weight column"]
    assert weight.value == "sample_weight"
    weight.set_value("").run()
    assert COUNTED_ALIKE not in text_of(app)
    press(app, "Use this dataset")
    assert workspace.database.list_datasets()[0].columns.weight_column is None


def together(app: AppTest) -> list[Radio]:
    return [one for one in app.radio if one.label == "The two columns of texts"]


def test_two_columns_of_texts_are_joined_or_a_pair_as_the_person_says(
    app: AppTest, workspace: Workspace
) -> None:
    rows = [(text, label) for label, texts in TEXTS.items() for text in texts]
    lines = [f'"{text}","{text[::-1]}","{label}"' for text, label in rows]
    content = "\n".join(["text,answer,label", *lines]).encode()
    upload = keep_upload(workspace, content, "mine.csv")
    open_page(app, "data", upload=upload.upload_id)
    assert together(app) == []
    next(one for one in app.multiselect if one.label == "Further columns of texts").set_value(["answer"])
    app.run()
    assert [one.value for one in together(app)] == ["Join into one text"]
    together(app)[0].set_value("Keep as a pair").run()
    again = AppTest.from_file(app._script_path, default_timeout=20)
    open_page(again, "data", upload=upload.upload_id)
    assert together(again)[0].value == "Keep as a pair"
    press(again, "Use this dataset")
    columns = workspace.database.list_datasets()[0].columns
    assert columns.text_columns == ("text", "answer")
    assert columns.text_source.is_pair


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_told_in_place_with_a_remedy(app: AppTest, workspace: Workspace, kind: str) -> None:
    content, said = BAD[kind]
    upload = keep_upload(workspace, content if isinstance(content, bytes) else content.encode(), "bad.csv")
    open_page(app, "data", upload=upload.upload_id)
    if (job := Queue(workspace.database).claim([JobKind.TAKE_IN])) is not None:  # a large file
        with pytest.raises(DataError) as refused:
            carry_out_on_data(workspace, job, lambda: False)
        Queue(workspace.database).finish(job.id, State.FAILED, str(refused.value))
        open_page(app, "data", upload=upload.upload_id)
    (error,) = [one.value.replace("\\", "") for one in app.error]
    assert re.search(said, error)
    assert "Choose another file" in [one.label for one in app.button]


def test_half_of_the_test_can_be_sealed_and_no_sealed_example_is_listed(
    app: AppTest, workspace: Workspace
) -> None:
    upload = keep_upload(workspace, csv(), "mine.csv")
    open_page(app, "data", upload=upload.upload_id)
    next(one for one in app.toggle if one.label == "Seal half of the test").set_value(True).run()
    assert [metric.label for metric in app.metric] == ["Train", "Validation", "Test", "Sealed"]
    assert [metric.value for metric in app.metric] == ["33", "9", "9", "9"]
    press(app, "Use this dataset")
    fingerprint = workspace.database.list_datasets()[0].fingerprint
    intake = read_intake(workspace, fingerprint)
    open_page(app, "data", dataset=fingerprint)
    assert "All 51 texts" in text_of(app)
    assert "The sealed ones are left out." in text_of(app)
    sealed = set(intake.dataset.take(intake.split.sealed).texts())
    assert len(sealed) == 9
    listed = next(frame.value for frame in app.dataframe if "label" in frame.value)
    assert len(listed) == 51
    assert not sealed & set(listed["text"])
