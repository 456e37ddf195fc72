import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.on_data import carry_out_next
from tests.store.opening import open_workspace
from tl_core.errors import DataError
from tl_core.intake import large_files as preparing
from tl_core.intake.intake import read_findings, read_intake
from tl_core.intake.large_files import (
    find_intake_job,
    find_prepared,
    find_proposal,
    is_large,
    is_prepared,
    is_read,
    make_or_find_intake,
    submit_intake,
    use_prepared,
)
from tl_core.intake.uploads import Upload, keep_upload, save_upload
from tl_core.jobs.queue import Queue
from tl_core.schema import ColumnChoice, SplitRule, State
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace

ROWS = [f"row number {i} tells of thing {i * 7},{'good' if i % 2 else 'bad'},{i % 3}" for i in range(40)]
CSV = "\n".join(["text,label,third", *ROWS]).encode()


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_workspace(tmp_path / "workspace")
    yield opened
    opened.close()


@pytest.fixture
def upload(workspace: Workspace) -> Upload:
    return keep_upload(workspace, CSV, "mine.csv")


def prepare(workspace: Workspace, upload: Upload) -> None:
    submit_intake(workspace, upload)
    carry_out_next(workspace, JobKind.TAKE_IN)


def made_of(workspace: Workspace, upload: Upload) -> list[str]:
    return sorted(path.name[:5] for path in workspace.intake_folder(upload.upload_id).iterdir())


def test_what_is_prepared_is_what_a_page_would_have_made_itself(workspace: Workspace, upload: Upload) -> None:
    at_once = make_or_find_intake(workspace, upload)
    assert not is_read(workspace, upload)
    assert find_proposal(workspace, upload) is None
    assert find_prepared(workspace, upload) is None
    prepare(workspace, upload)
    prepared = find_prepared(workspace, upload)
    assert prepared is not None
    assert prepared.dataset.info == at_once.dataset.info
    assert prepared.dataset.table.equals(at_once.dataset.table)
    assert prepared.split.info == at_once.split.info
    proposal = find_proposal(workspace, upload)
    assert proposal is not None
    assert proposal.choice == ColumnChoice.of("text", "label")
    assert set(proposal.reasons) >= {"text", "label"}
    found = read_findings(workspace, prepared.dataset.info.fingerprint, prepared.split.info.hash, "fast")
    assert found is not None
    assert found.num_seen == 40


def test_using_what_is_prepared_stores_it_and_leaves_nothing_behind(
    workspace: Workspace, upload: Upload
) -> None:
    prepare(workspace, upload)
    prepared = find_prepared(workspace, upload)
    assert prepared is not None
    assert workspace.database.list_datasets() == []
    use_prepared(workspace, upload, prepared)
    stored = read_intake(workspace, prepared.dataset.info.fingerprint)
    assert stored.split.info == prepared.split.info
    assert stored.dataset.table.equals(prepared.dataset.table)
    assert [info.name for info in workspace.database.list_datasets()] == ["mine"]
    assert not workspace.intake_folder(upload.upload_id).exists()


def test_other_choices_keep_the_file_that_was_read_and_nothing_else(
    workspace: Workspace, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(workspace, upload)
    changed = upload.model_copy(update={"choice": ColumnChoice.of("text", "third"), "rule": SplitRule()})
    save_upload(workspace, changed)
    assert is_read(workspace, changed)
    assert not is_prepared(workspace, changed)
    monkeypatch.setattr(preparing, "read_upload", None)  # it must not be read again
    prepare(workspace, changed)
    prepared = find_prepared(workspace, changed)
    assert prepared is not None
    assert prepared.dataset.info.columns.label_column == "third"
    assert made_of(workspace, upload) == ["datas", "table"]


def test_an_own_test_file_is_prepared_with_it(workspace: Workspace, upload: Upload) -> None:
    test = keep_upload(workspace, b"text,label\na new text,good\nanother new text,bad\n", "test.csv")
    upload = upload.model_copy(update={"test_id": test.upload_id, "test_name": test.name})
    prepare(workspace, upload)
    prepared = find_prepared(workspace, upload)
    assert prepared is not None
    assert prepared.split.info.test == 2
    assert prepared.dataset.info == make_or_find_intake(workspace, upload).dataset.info


def test_columns_that_cannot_be_used_leave_the_file_to_choose_others(
    workspace: Workspace, upload: Upload
) -> None:
    upload = upload.model_copy(update={"choice": ColumnChoice.of("label", "text")})
    submit_intake(workspace, upload)
    with pytest.raises(DataError, match="None of 40 rows can be used"):
        carry_out_next(workspace, JobKind.TAKE_IN)
    assert is_read(workspace, upload)
    assert not is_prepared(workspace, upload)


def test_a_new_choice_cancels_what_was_begun_for_the_old_one(workspace: Workspace, upload: Upload) -> None:
    first = submit_intake(workspace, upload)
    changed = upload.model_copy(update={"rule": SplitRule()})
    second = submit_intake(workspace, changed)
    assert Queue(workspace.database).get(first.id).state is State.CANCELLED
    assert find_intake_job(workspace, upload) is None
    assert find_intake_job(workspace, changed) == second


def test_size_decides_and_packed_files_and_test_files_count(
    workspace: Workspace, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "LARGE_BYTES", len(CSV))
    assert not is_large(workspace, upload)
    assert is_large(workspace, keep_upload(workspace, CSV + b"\n", "longer.csv"))
    assert is_large(workspace, upload.model_copy(update={"test_id": upload.upload_id}))
    packed = gzip.compress(CSV)
    assert len(CSV) / preparing.PACKED_FACTOR < len(packed) < len(CSV)
    assert is_large(workspace, keep_upload(workspace, packed, "mine.csv.gz"))
