"""*Data* where a job does the work: a large upload, the slow checks, a fix; every state of each."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from tests.jobs.on_data import carry_out_next
from tests.pages.reading import figures_of, open_page, query_of, targets_of, text_of
from tests.pages.test_doctor import csv, press
from tl_core.errors import TlError
from tl_core.intake.intake import read_intake, take_in
from tl_core.intake.large_files import submit_intake
from tl_core.intake.uploads import find_upload, keep_upload
from tl_core.jobs.queue import Queue
from tl_core.schema import State
from tl_core.store.rows import Job
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tl_core.intake.large_files.LARGE_BYTES", 1_000)
    monkeypatch.setattr("tl_core.intake.doctor_jobs.MOST_AT_ONCE", 10)


@pytest.fixture
def queue(workspace: Workspace) -> Queue:
    return Queue(workspace.database)


@pytest.fixture
def upload(app: AppTest, workspace: Workspace) -> str:
    made = keep_upload(workspace, csv(), "mine.csv")
    open_page(app, "data", upload=made.upload_id)
    return made.upload_id


@pytest.fixture
def dataset(workspace: Workspace, tmp_path) -> str:
    path = tmp_path / "mine.csv"
    path.write_bytes(csv())
    return take_in(workspace, path, name="mine", text=["body"], label=["label"]).dataset.info.fingerprint


def pending(queue: Queue, kind: JobKind) -> Job:
    (job,) = queue.list_pending(kind)
    return job


def labels(app: AppTest) -> list[str]:
    return [one.label for one in app.button]


def shares_of_progress(app: AppTest) -> list[int]:
    return [one.proto.value for one in app.get("progress")]


def words_of_progress(app: AppTest) -> list[str]:
    return [one.proto.text for one in app.get("progress")]


def test_a_large_upload_is_taken_in_by_a_job_and_used(
    app: AppTest, workspace: Workspace, queue: Queue, upload: str
) -> None:
    assert shares_of_progress(app) == [0]
    assert "Use this dataset" not in labels(app)
    assert not app.selectbox
    app.run()
    job = carry_out_next(workspace, JobKind.TAKE_IN)  # one, though the page was drawn twice
    assert job.ref_id == upload
    open_page(app, "data")
    assert "80 rows, 5 columns" in text_of(app)
    assert "contain personal data" in text_of(app)
    assert workspace.database.list_datasets() == []
    press(app, "Use this dataset")
    (info,) = workspace.database.list_datasets()
    assert app.query_params["dataset"] == info.fingerprint
    assert read_intake(workspace, info.fingerprint).dataset.info == info


def test_columns_can_be_changed_while_a_job_goes_on(
    app: AppTest, workspace: Workspace, queue: Queue, upload: str
) -> None:
    carry_out_next(workspace, JobKind.TAKE_IN)
    open_page(app, "data")
    next(one for one in app.selectbox if one.label == "Group column").set_value("").run()
    assert find_upload(workspace, upload).choice.group is None
    job = pending(queue, JobKind.TAKE_IN)
    assert job.payload["upload"]["choice"]["group"] is None
    queue.claim([JobKind.TAKE_IN])
    queue.record_progress(job.id, 250, 500)
    open_page(app, "data")
    assert "80 rows, 5 columns" in text_of(app)
    assert any(words.endswith("step 3 of 5") for words in words_of_progress(app))
    assert next(one for one in app.selectbox if one.label == "Group column").value == ""


def test_taking_in_can_be_cancelled_and_tried_again(app: AppTest, queue: Queue, upload: str) -> None:
    press(app, "Cancel")
    assert queue.list_pending(JobKind.TAKE_IN) == []
    open_page(app, "data")
    assert len(app.info) == 1
    assert not app.error
    press(app, "Try again")
    assert pending(queue, JobKind.TAKE_IN).ref_id == upload
    assert shares_of_progress(app) == [0]


def test_a_cancel_that_is_on_its_way_is_told(app: AppTest, queue: Queue, upload: str) -> None:
    queue.claim([JobKind.TAKE_IN])
    open_page(app, "data")
    press(app, "Cancel")
    assert words_of_progress(app) == ["Stopping …"]
    assert next(one for one in app.button if one.label == "Cancel").disabled


def test_a_process_that_died_is_told_in_place(app: AppTest, queue: Queue, upload: str) -> None:
    job = queue.claim([JobKind.TAKE_IN])
    queue.finish(job.id, State.FAILED, "killed by SIGKILL")
    open_page(app, "data")
    assert app.error[0].value.endswith("killed by SIGKILL")
    assert {"Try again", "Choose another file"} <= set(labels(app))


def test_two_spellings_in_a_large_upload_are_merged_by_one_click(
    app: AppTest, workspace: Workspace, queue: Queue
) -> None:
    content = csv().replace(b",good,", b",Good,", 1)
    upload = keep_upload(workspace, content, "mine.csv").upload_id
    open_page(app, "data", upload=upload)
    queue.finish(queue.claim([JobKind.TAKE_IN]).id, State.FAILED, "“Good” has only 1 example")
    open_page(app, "data")
    assert not [one for one in labels(app) if one == "Merge it"], "the file was not read"
    carry_out_or_fail(workspace, queue, upload)
    open_page(app, "data")
    press(app, "Merge it")
    assert find_upload(workspace, upload).choice.label_map == {"Good": "good"}
    carry_out_next(workspace, JobKind.TAKE_IN)
    open_page(app, "data")
    press(app, "Use this dataset")
    assert workspace.database.list_datasets()[0].columns.labels == ("bad", "good")


def carry_out_or_fail(workspace: Workspace, queue: Queue, upload: str) -> None:
    """Let the job read the file and fail at its labels."""
    job = submit_intake(workspace, find_upload(workspace, upload))
    with pytest.raises(TlError) as refused:
        carry_out_next(workspace, JobKind.TAKE_IN)
    queue.finish(job.id, State.FAILED, str(refused.value))


def test_a_split_that_takes_too_long_can_be_left_for_the_usual_one(
    app: AppTest, workspace: Workspace, queue: Queue, upload: str
) -> None:
    carry_out_next(workspace, JobKind.TAKE_IN)
    open_page(app, "data")
    app.toggle[0].set_value(False).run()
    assert find_upload(workspace, upload).rule is not None
    press(app, "Cancel")
    open_page(app, "data")
    press(app, "Split as usual instead")
    assert find_upload(workspace, upload).rule is None
    assert app.toggle


def test_fast_findings_stand_there_while_the_slow_ones_are_looked_for(
    app: AppTest, workspace: Workspace, queue: Queue, dataset: str
) -> None:
    open_page(app, "data", dataset=dataset)
    assert "contain personal data" in text_of(app)
    assert "all 80 texts" in text_of(app)
    job = queue.claim([JobKind.EXAMINE])
    queue.record_progress(job.id, 150, 400)
    app.run()
    (words,) = words_of_progress(app)
    assert words.endswith("step 2 of 4")
    queue.requeue(job.id, job.payload)
    carry_out_next(workspace, JobKind.EXAMINE)
    open_page(app, "data")
    assert words_of_progress(app) == []
    assert "all 80 texts" in text_of(app)
    assert queue.list_pending(JobKind.EXAMINE) == []


def test_slow_checks_can_be_cancelled_and_are_not_begun_again_by_themselves(
    app: AppTest, queue: Queue, dataset: str
) -> None:
    open_page(app, "data", dataset=dataset)
    press(app, "Cancel")
    open_page(app, "data")
    assert len(app.info) == 1
    assert words_of_progress(app) == []
    assert "contain personal data" in text_of(app)
    assert queue.list_pending(JobKind.EXAMINE) == []
    press(app, "Try again")
    assert pending(queue, JobKind.EXAMINE).ref_id == dataset


def test_slow_checks_of_an_upload_are_those_of_its_dataset(
    app: AppTest, workspace: Workspace, upload: str
) -> None:
    carry_out_next(workspace, JobKind.TAKE_IN)
    open_page(app, "data")
    press(app, "Use this dataset")
    (info,) = workspace.database.list_datasets()
    carry_out_next(workspace, JobKind.EXAMINE)
    open_page(app, "data", dataset=info.fingerprint)
    assert "all 80 texts" in text_of(app)
    assert words_of_progress(app) == []


def test_a_fix_is_made_by_a_job_and_its_version_is_linked(
    app: AppTest, workspace: Workspace, queue: Queue, dataset: str
) -> None:
    open_page(app, "data", dataset=dataset)
    press(app, "Mask them")
    assert pending(queue, JobKind.FIX).ref_id == dataset
    assert next(one for one in app.button if one.label == "Mask them").disabled
    assert len(workspace.database.list_datasets()) == 1
    carry_out_next(workspace, JobKind.FIX)
    open_page(app, "data")
    (new,) = [one for one in workspace.database.list_datasets() if one.parent == dataset]
    assert query_of(app, "dataset") == dataset
    assert ("data", f"dataset={new.fingerprint}") in targets_of(app)
    assert not next(one for one in app.button if one.label == "Mask them").disabled


def test_a_fix_that_fails_or_is_cancelled_changes_nothing(
    app: AppTest, workspace: Workspace, queue: Queue, dataset: str
) -> None:
    open_page(app, "data", dataset=dataset)
    press(app, "Mask them")
    queue.request_cancel(pending(queue, JobKind.FIX).id)
    open_page(app, "data")
    assert len(app.info) == 1
    assert len(workspace.database.list_datasets()) == 1
    press(app, "Try again")
    job = queue.claim([JobKind.FIX])
    queue.finish(job.id, State.FAILED, "out of memory")
    open_page(app, "data")
    assert app.error[0].value.endswith("out of memory")
    assert len(workspace.database.list_datasets()) == 1


def test_the_lengths_never_contradict_what_the_doctor_counted(
    app: AppTest, workspace: Workspace, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.ui.readers.MAX_MEASURED", 20)
    lines = csv().decode().splitlines()
    lines[2] = (
        f"t1,{' '.join(f'kettle{i}' for i in range(90))},good,author 1,2026-01-02"  # between measured ones
    )
    path = tmp_path / "long.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    made = take_in(workspace, path, name="long", text=["body"], label=["label"]).dataset.info
    open_page(app, "data", dataset=made.fingerprint)
    assert re.search(r"none of 20 .*\b80\b.* 128 tokens", "".join(figures_of(app)))
    assert "20 of 80 texts" in text_of(app)
    carry_out_next(workspace, JobKind.EXAMINE)
    open_page(app, "data", dataset=made.fingerprint)
    assert "1 text (1.2%) is longer than 128 tokens" in text_of(app)
    assert re.search(r"of 80 texts .*128 tokens", "".join(figures_of(app)))
    assert "1 text is cut at 128 tokens (1.2%)" in text_of(app)
    assert "none" not in "".join(figures_of(app))
