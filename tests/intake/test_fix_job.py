from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.intake.test_examine_job import CSV
from tests.jobs.on_data import carry_out_next
from tests.store.opening import open_workspace
from tl_core.doctor.fixes import NEEDS_GROUPS
from tl_core.intake.doctor_jobs import find_fix_job, fix_dataset, next_versions, submit_fix
from tl_core.intake.intake import Intake, read_findings, read_intake, store_intake
from tl_core.intake.large_files import make_or_find_intake
from tl_core.intake.uploads import keep_upload
from tl_core.jobs.queue import PHASES
from tl_core.schema import SplitMethod, SplitRule
from tl_core.splits.splitting import make_split
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_workspace(tmp_path / "workspace")
    yield opened
    opened.close()


@pytest.fixture
def intake(workspace: Workspace) -> Intake:
    content = CSV + b"\na <b>bold</b> word at joe@example.org,good\n"
    return store_intake(workspace, make_or_find_intake(workspace, keep_upload(workspace, content, "m.csv")))


def test_the_job_makes_the_version_that_a_page_would_make(workspace: Workspace, intake: Intake) -> None:
    old = intake.dataset.info.fingerprint
    submit_fix(workspace, old, "strip_html")
    job = carry_out_next(workspace, JobKind.FIX)
    assert find_fix_job(workspace, old) == job
    (new,) = next_versions(workspace, old)
    stored = read_intake(workspace, new.fingerprint)
    assert "a bold word at joe@example.org" in stored.dataset.texts()
    assert read_findings(workspace, new.fingerprint, stored.split.info.hash, "fast") is not None
    assert fix_dataset(workspace, intake, "strip_html").dataset.info == new
    assert read_intake(workspace, old).dataset.info == intake.dataset.info


def test_near_duplicates_are_found_anew_for_the_fix_that_needs_them(
    workspace: Workspace, intake: Intake
) -> None:
    told: list[str] = []
    fixed = fix_dataset(workspace, intake, NEEDS_GROUPS, lambda phase, done, total: told.append(phase))
    assert fixed.dataset.num_examples == intake.dataset.num_examples - 3
    assert tuple(dict.fromkeys(told)) == PHASES[JobKind.FIX][1:]


def test_a_rule_that_was_chosen_for_the_split_holds_for_the_next_version(
    workspace: Workspace, intake: Intake
) -> None:
    rule = SplitRule(method=SplitMethod.STRATIFIED, keep_together=0.6, test=0.4, seed=7)
    chosen = Intake(dataset=intake.dataset, split=make_split(intake.dataset, rule))
    assert fix_dataset(workspace, chosen, "strip_html").split.info.rule == rule
    assert fix_dataset(workspace, intake, "strip_html").split.info.rule == intake.split.info.rule
