import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.intruders import INTRUDERS, Intruder
from tests.patience import at_once
from tests.store.makers import FINGERPRINT, make_event, make_experiment, make_record, make_run
from tests.store.marking import mark_run
from tests.store.opening import open_workspace
from tl_core.errors import NotFoundError, OutsideError, UserError
from tl_core.jobs.queue import Queue
from tl_core.outside import copy_folder
from tl_core.schema import State
from tl_core.store.run_folder import RunFolder
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace

RUN_ID, EXPERIMENT_ID = "run_01m85p48gs1vjn6prh", "exp_01m85p48gs4s4pe579"


@pytest.fixture
def foreign_folder(tmp_path: Path) -> Path:
    folder = RunFolder(tmp_path / "from elsewhere")
    folder.write_record(make_record(make_run(RUN_ID, experiment_id=EXPERIMENT_ID)))
    folder.write_experiment(make_experiment(EXPERIMENT_ID))
    folder.append_event(make_event(0))
    return folder.path


@pytest.mark.parametrize(
    "lead",
    [
        lambda workspace, key: workspace.dataset_folder(key),
        lambda workspace, key: workspace.run_folder(key),
        lambda workspace, key: workspace.upload_path(key),
        lambda workspace, key: workspace.rate_answer(key, "k"),
        lambda workspace, key: workspace.rate_answer(FINGERPRINT, key),
    ],
)
@pytest.mark.parametrize("key", ["..", "../x", "/etc/passwd", "", "a/b"])
def test_no_id_leads_out_of_the_workspace(
    workspace: Workspace, lead: Callable[[Workspace, str], object], key: str
) -> None:
    with pytest.raises(NotFoundError):
        lead(workspace, key)


def test_everything_lies_below_the_root(workspace: Workspace) -> None:
    paths = [
        workspace.dataset_folder(FINGERPRINT),
        workspace.run_folder("run_1").path,
        workspace.upload_path("upload_1"),
        workspace.output_folder(7),
        workspace.scratch_folder(7),
        workspace.rate_answer(FINGERPRINT, "key"),
    ]
    assert all(path.is_relative_to(workspace.root) for path in paths)
    assert len(set(paths)) == len(paths)
    assert workspace.rate_answer(FINGERPRINT, "key").is_relative_to(workspace.dataset_folder(FINGERPRINT))


def test_removing_a_run_removes_its_folder_and_what_was_made_of_it(workspace: Workspace) -> None:
    database = workspace.database
    database.add_experiment(make_experiment(), [make_run()])
    mark_run(database, "run_1", State.FINISHED)
    workspace.run_folder("run_1").write_record(make_record())
    job_id = Queue(database).submit(JobKind.EXPORT, "run_1", {})
    workspace.output_folder(job_id).mkdir()
    workspace.delete_run("run_1")
    assert not workspace.run_folder("run_1").path.exists()
    assert not workspace.output_folder(job_id).exists()


def test_removing_an_experiment_removes_its_run_folders(workspace: Workspace) -> None:
    workspace.database.add_experiment(make_experiment(), [make_run()])
    workspace.run_folder("run_1").write_record(make_record())
    workspace.delete_experiment("exp_1")
    assert not workspace.run_folder("run_1").path.exists()


def test_a_run_in_use_keeps_its_folder(workspace: Workspace) -> None:
    workspace.database.add_experiment(make_experiment(), [make_run()])
    mark_run(workspace.database, "run_1", State.RUNNING)
    workspace.run_folder("run_1").write_record(make_record())
    with pytest.raises(UserError, match="running or in use"):
        workspace.delete_run("run_1")
    assert workspace.run_folder("run_1").has_record()


def test_importing_copies_the_folder_and_leaves_the_original(
    workspace: Workspace, foreign_folder: Path
) -> None:
    assert workspace.import_run(foreign_folder) == RUN_ID
    assert workspace.run_folder(RUN_ID).read_events() == [make_event(0)]
    assert workspace.database.get_run(RUN_ID).state is State.FINISHED
    assert (foreign_folder / "run.json").exists()


def test_importing_twice_is_refused_and_leaves_nothing_half_done(
    workspace: Workspace, foreign_folder: Path
) -> None:
    workspace.import_run(foreign_folder)
    with pytest.raises(UserError, match="in this workspace already"):
        workspace.import_run(foreign_folder)
    assert [path.name for path in (workspace.root / "runs").iterdir()] == [RUN_ID]


def test_a_folder_that_is_in_the_way_keeps_a_run_from_being_imported(
    workspace: Workspace, foreign_folder: Path
) -> None:
    workspace.run_folder(RUN_ID).append_event(make_event(7))
    with pytest.raises(UserError, match="in this workspace already"):
        workspace.import_run(foreign_folder)
    assert workspace.database.list_runs() == []
    assert workspace.run_folder(RUN_ID).read_events() == [make_event(7)]


def test_a_run_that_cannot_be_copied_gets_no_row(
    workspace: Workspace, foreign_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no space left"):
        workspace.import_run(foreign_folder)
    assert workspace.database.list_runs() == []
    assert list((workspace.root / "runs").iterdir()) == []


def test_a_run_whose_row_is_known_leaves_no_folder(workspace: Workspace, foreign_folder: Path) -> None:
    workspace.database.add_experiment(
        make_experiment(EXPERIMENT_ID), [make_run(RUN_ID, experiment_id=EXPERIMENT_ID)]
    )
    with pytest.raises(UserError, match="in this workspace already"):
        workspace.import_run(foreign_folder)
    assert list((workspace.root / "runs").iterdir()) == []


def test_run_rows_can_be_rebuilt_from_the_folders(workspace: Workspace, foreign_folder: Path) -> None:
    workspace.import_run(foreign_folder)
    before = workspace.database.get_run(RUN_ID)
    workspace.close()
    for path in workspace.root.glob("workspace.db*"):
        path.unlink()
    again = open_workspace(workspace.root)
    again.import_run(again.run_folder(RUN_ID).path)
    assert again.database.get_run(RUN_ID) == before
    again.close()


def test_a_folder_that_is_no_run_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"run\.json"):
        workspace.import_run(tmp_path)


# --- what comes from elsewhere ------------------------------------------------------------------------------


def is_untouched(workspace: Workspace) -> bool:
    return workspace.database.list_runs() == [] and list((workspace.root / "runs").iterdir()) == []


@pytest.mark.parametrize("place", ["secret", "model/leak.json", "tokenizer.json"])
@pytest.mark.parametrize("intruder", INTRUDERS, ids=str)
def test_a_run_folder_with_a_link_or_a_pipe_is_refused_and_nothing_is_copied(
    workspace: Workspace, foreign_folder: Path, intruder: Intruder, place: str
) -> None:
    (foreign_folder / "model").mkdir()
    intruder.put(foreign_folder / place)
    with pytest.raises(OutsideError, match=f"“from elsewhere” is refused: “{place}” in it {intruder.said}"):
        at_once(lambda: workspace.import_run(foreign_folder))
    assert is_untouched(workspace)


@pytest.mark.parametrize("file", ["run.json", "experiment.json"])
@pytest.mark.parametrize("intruder", INTRUDERS, ids=str)
def test_a_record_that_is_a_link_or_a_pipe_is_refused(
    workspace: Workspace, foreign_folder: Path, intruder: Intruder, file: str
) -> None:
    (foreign_folder / file).rename(foreign_folder / "kept")
    intruder.put(foreign_folder / file)
    with pytest.raises(OutsideError, match=f"“{file}” in it {intruder.said}"):
        at_once(lambda: workspace.import_run(foreign_folder))
    assert is_untouched(workspace)


def test_a_folder_that_was_put_into_the_workspace_by_hand_is_looked_through_too(
    workspace: Workspace, foreign_folder: Path
) -> None:
    (foreign_folder / "leak").symlink_to("/etc/passwd")
    foreign_folder.rename(workspace.root / "runs" / RUN_ID)
    with pytest.raises(OutsideError, match="“leak” in it is a link"):
        workspace.import_run(workspace.root / "runs" / RUN_ID)
    assert workspace.database.list_runs() == []


def test_a_typed_path_may_itself_be_a_link_to_the_folder(
    workspace: Workspace, foreign_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "typed").symlink_to(foreign_folder)
    assert workspace.import_run(tmp_path / "typed") == RUN_ID


RUN, EXPERIMENT = "config", "experiment"


@pytest.mark.parametrize(
    ("where", "change", "said"),
    [
        (RUN, {"run_id": "../../escaped"}, "“../../escaped” is no run's id"),
        (RUN, {"run_id": "run_1"}, "“run_1” is no run's id"),
        (RUN, {"run_id": "run_01M85P48GS1VJN6PRH"}, "is no run's id"),
        (RUN, {"run_id": EXPERIMENT_ID}, "is no run's id"),
        (EXPERIMENT, {"experiment_id": "exp_1"}, "“exp_1” is no experiment's id"),
        (RUN, {"experiment_id": "exp_01m85p48gsmmhdvpqr"}, "belongs to another experiment"),
        (RUN, {"dataset_fingerprint": "../../etc"}, "the dataset's fingerprint is no SHA-256"),
        (RUN, {"dataset_fingerprint": "e" * 64}, "different datasets or splits"),
        (RUN, {"split_hash": "../x"}, "the split is no SHA-256"),
        (RUN, {"split_hash": "6" * 64}, "different datasets or splits"),
        (RUN, {"labels": ["a", "b"]}, "different datasets or splits"),
        (RUN, {"position": 10**30}, "a number in it is negative or larger"),
        (RUN, {"position": -1}, "a number in it is negative or larger"),
        (RUN, {"train_size": 7}, "the experiment has not planned this run"),
        (RUN, {"seed": 1}, "the experiment has not planned this run"),
        (RUN, {"arm": {"kind": "tfidf"}}, "the experiment has not planned this run"),
        (EXPERIMENT, {"num_seeds": 2**40}, "a number in it is negative or larger"),
        (EXPERIMENT, {"created_at": "soon"}, "a time in it cannot be read"),
        ("", {"created_at": "2026-11-23T10:00:00"}, "a time in it cannot be read"),
        ("", {"finished_at": "\0"}, "a time in it cannot be read"),
    ],
)
def test_a_run_that_is_not_what_this_program_makes_is_refused(
    workspace: Workspace, foreign_folder: Path, where: str, change: dict[str, object], said: str
) -> None:
    path = foreign_folder / ("experiment.json" if where == EXPERIMENT else "run.json")
    written = json.loads(path.read_text())
    (written[RUN] if where == RUN else written).update(change)
    path.write_text(json.dumps(written))
    with pytest.raises(OutsideError, match=f"The run folder “from elsewhere” is refused: .*{said}"):
        workspace.import_run(foreign_folder)
    assert is_untouched(workspace)
    assert not (workspace.root.parent / "escaped").exists()


def test_a_run_of_an_experiment_with_other_settings_does_not_join_the_one_that_is_here(
    workspace: Workspace, foreign_folder: Path
) -> None:
    here = make_experiment(EXPERIMENT_ID)
    workspace.database.add_experiment(here.model_copy(update={"margin": 0.5}), [])
    with pytest.raises(UserError, match="belongs to an experiment .* with other settings"):
        workspace.import_run(foreign_folder)
    assert is_untouched(workspace)


def test_a_folder_that_changes_while_it_is_copied_is_refused(
    workspace: Workspace, foreign_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exchange(source: Path, target: Path) -> None:
        copy_folder(source, target)
        RunFolder(target).write_record(make_record(make_run("run_1")))

    monkeypatch.setattr("tl_core.store.workspace.copy_folder", exchange)
    with pytest.raises(OutsideError, match="changed while it was copied"):
        workspace.import_run(foreign_folder)
    assert is_untouched(workspace)
