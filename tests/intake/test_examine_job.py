from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.on_data import carry_out_next
from tests.store.opening import open_workspace
from tl_core.errors import NotFoundError
from tl_core.intake import doctor_jobs
from tl_core.intake.doctor_jobs import examine_slowly, find_examination, is_done_at_once, submit_examination
from tl_core.intake.intake import Intake, StoredFindings, read_findings, store_intake
from tl_core.intake.large_files import make_or_find_intake
from tl_core.intake.uploads import Upload, keep_upload, save_upload
from tl_core.jobs.queue import Queue
from tl_core.schema import SplitMethod, SplitRule, State
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace

WORDS = ["kettle", "book", "train", "hotel", "phone", "garden", "lamp", "jacket", "soup", "film"]
LINES = [f"{' '.join(f'{word}{i}' for word in WORDS)},{'good' if i % 2 else 'bad'}" for i in range(40)]
LINES += [f"{' '.join(f'{word}{i}' for word in WORDS)} more,{'good' if i % 2 else 'bad'}" for i in range(3)]
CSV = "\n".join(["text,label", *LINES]).encode()


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_workspace(tmp_path / "workspace")
    yield opened
    opened.close()


@pytest.fixture
def upload(workspace: Workspace) -> Upload:
    return keep_upload(workspace, CSV, "mine.csv")


@pytest.fixture
def intake(workspace: Workspace, upload: Upload) -> Intake:
    return make_or_find_intake(workspace, upload)


def found_in(workspace: Workspace, intake: Intake) -> StoredFindings | None:
    return read_findings(workspace, intake.dataset.info.fingerprint, intake.split.info.hash, "slow")


def test_near_duplicates_and_their_number_are_found(intake: Intake) -> None:
    found = examine_slowly(intake)
    (near,) = [one for one in found.findings if one.code == "near_duplicates"]
    assert (near.count, near.fix, found.num_seen) == (3, "keep_one_of_near_duplicates", 43)


def test_a_large_dataset_is_seen_in_a_stated_sample(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tl_core.doctor.examine.draw_sample.__defaults__", (30,))
    found = examine_slowly(intake)
    assert found.num_seen == 30
    assert found.lengths is not None
    assert sum(texts for _, texts in found.lengths) == 30
    said = "In a random sample of 30 of 43 examples: "
    assert all(one.message.startswith(said) for one in found.findings)
    assert not any(one.fix for one in found.findings)


def test_phases_are_told_in_order(intake: Intake) -> None:
    told: list[str] = []
    examine_slowly(intake, lambda phase, done, total: told.append(phase))
    assert list(dict.fromkeys(told)) == [doctor_jobs.NEAR, doctor_jobs.TOKENS, doctor_jobs.LANGUAGES]


@pytest.mark.parametrize("is_stored", [False, True])
def test_the_job_finds_the_same_in_an_upload_and_in_a_stored_dataset(
    workspace: Workspace, upload: Upload, intake: Intake, is_stored: bool
) -> None:
    if is_stored:
        store_intake(workspace, intake)
    job = submit_examination(workspace, intake, None if is_stored else upload.upload_id)
    assert found_in(workspace, intake) is None
    assert carry_out_next(workspace, JobKind.EXAMINE).id == job.id
    assert found_in(workspace, intake) == examine_slowly(intake)


def test_it_goes_on_when_the_upload_is_used_meanwhile(
    workspace: Workspace, upload: Upload, intake: Intake
) -> None:
    submit_examination(workspace, intake, upload.upload_id)
    store_intake(workspace, intake)
    workspace.upload_path(upload.upload_id).unlink()
    carry_out_next(workspace, JobKind.EXAMINE)
    assert found_in(workspace, intake) is not None


def test_texts_that_changed_since_are_told(workspace: Workspace, upload: Upload, intake: Intake) -> None:
    submit_examination(workspace, intake, upload.upload_id)
    save_upload(workspace, upload.model_copy(update={"rule": SplitRule(test=0.2)}))
    with pytest.raises(NotFoundError, match="have changed since"):
        carry_out_next(workspace, JobKind.EXAMINE)


def test_one_job_is_enough_and_older_choices_are_cancelled(
    workspace: Workspace, upload: Upload, intake: Intake
) -> None:
    first = submit_examination(workspace, intake, upload.upload_id)
    assert submit_examination(workspace, intake, upload.upload_id).id == first.id
    rule = SplitRule(method=SplitMethod.STRATIFIED, test=0.2)
    other = make_or_find_intake(workspace, upload.model_copy(update={"rule": rule}))
    second = submit_examination(workspace, other, upload.upload_id)
    assert second.id != first.id
    assert Queue(workspace.database).get(first.id).state is State.CANCELLED
    assert find_examination(workspace, intake) is None
    assert find_examination(workspace, other) == second


def test_few_examples_are_examined_at_once(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_jobs, "MOST_AT_ONCE", 43)
    assert is_done_at_once(intake.dataset)
    monkeypatch.setattr(doctor_jobs, "MOST_AT_ONCE", 42)
    assert not is_done_at_once(intake.dataset)
