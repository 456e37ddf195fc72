from collections.abc import Callable
from pathlib import Path

import pytest

from tests.store.makers import FINGERPRINT, make_event, make_experiment, make_record, make_run
from tests.store.opening import open_workspace
from tl_core.errors import NotFoundError, UserError
from tl_core.jobs.queue import Queue
from tl_core.schema import State
from tl_core.store.run_folder import RunFolder
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace


@pytest.fixture
def foreign_folder(tmp_path: Path) -> Path:
    folder = RunFolder(tmp_path / "from elsewhere")
    folder.write_record(make_record())
    folder.write_experiment(make_experiment())
    folder.append_event(make_event(0))
    return folder.path


@pytest.mark.parametrize(
    "lead",
    [
        lambda workspace, key: workspace.dataset_folder(key),
        lambda workspace, key: workspace.run_folder(key),
        lambda workspace, key: workspace.upload_path(key),
        lambda workspace, key: workspace.token_cache(key, "k"),
        lambda workspace, key: workspace.token_cache(FINGERPRINT, key),
        lambda workspace, key: workspace.feature_cache(FINGERPRINT, key),
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
        workspace.token_cache(FINGERPRINT, "key"),
        workspace.feature_cache(FINGERPRINT, "key"),
    ]
    assert all(path.is_relative_to(workspace.root) for path in paths)
    assert len(set(paths)) == len(paths)
    assert workspace.token_cache(FINGERPRINT, "key").is_relative_to(workspace.dataset_folder(FINGERPRINT))


def test_removing_a_run_removes_its_folder_and_what_was_made_of_it(workspace: Workspace) -> None:
    database = workspace.database
    database.add_experiment(make_experiment(), [make_run()])
    database.mark_run("run_1", State.FINISHED)
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
    workspace.database.mark_run("run_1", State.RUNNING)
    workspace.run_folder("run_1").write_record(make_record())
    with pytest.raises(UserError, match="running or in use"):
        workspace.delete_run("run_1")
    assert workspace.run_folder("run_1").has_record()


def test_importing_copies_the_folder_and_leaves_the_original(
    workspace: Workspace, foreign_folder: Path
) -> None:
    assert workspace.import_run(foreign_folder) == "run_1"
    assert workspace.run_folder("run_1").read_events() == [make_event(0)]
    assert workspace.database.get_run("run_1").state is State.FINISHED
    assert (foreign_folder / "run.json").exists()


def test_importing_twice_is_refused_and_leaves_nothing_half_done(
    workspace: Workspace, foreign_folder: Path
) -> None:
    workspace.import_run(foreign_folder)
    with pytest.raises(UserError, match="here already"):
        workspace.import_run(foreign_folder)
    assert [path.name for path in (workspace.root / "runs").iterdir()] == ["run_1"]


def test_a_folder_that_is_in_the_way_keeps_a_run_from_being_imported(
    workspace: Workspace, foreign_folder: Path
) -> None:
    workspace.run_folder("run_1").append_event(make_event(7))
    with pytest.raises(UserError, match="here already"):
        workspace.import_run(foreign_folder)
    assert workspace.database.list_runs() == []
    assert workspace.run_folder("run_1").read_events() == [make_event(7)]


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
    workspace.database.add_experiment(make_experiment(), [make_run()])
    with pytest.raises(UserError, match="here already"):
        workspace.import_run(foreign_folder)
    assert list((workspace.root / "runs").iterdir()) == []


def test_run_rows_can_be_rebuilt_from_the_folders(workspace: Workspace, foreign_folder: Path) -> None:
    workspace.import_run(foreign_folder)
    before = workspace.database.get_run("run_1")
    workspace.close()
    for path in workspace.root.glob("workspace.db*"):
        path.unlink()
    again = open_workspace(workspace.root)
    again.import_run(again.run_folder("run_1").path)
    assert again.database.get_run("run_1") == before
    again.close()


def test_a_folder_that_is_no_run_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"run\.json"):
        workspace.import_run(tmp_path)
