import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from tests.store.damage import cut, put
from tests.store.makers import make_experiment, make_info, make_run
from tests.store.marking import mark_run
from tests.store.opening import open_workspace
from tl_core.errors import DamageError, UserError
from tl_core.schema import Looks, State
from tl_core.store import engine
from tl_core.store.ledger import Ledger
from tl_core.store.tables import Base
from tl_core.store.workspace import Workspace

OPEN = """
import sys
from pathlib import Path
from tests.store.makers import make_info
from tests.store.opening import make_settings
from tl_core.store.workspace import Workspace

print("ready", flush=True)
sys.stdin.readline()
workspace = Workspace.open(make_settings(Path(sys.argv[1])))
workspace.database.add_dataset(make_info(fingerprint=sys.argv[2]))
workspace.close()
"""


def test_the_migrations_make_exactly_the_declared_tables(workspace: Workspace) -> None:
    with workspace.database.transaction() as session:
        assert compare_metadata(MigrationContext.configure(session.connection()), Base.metadata) == []


def test_the_newest_revision_is_the_one_that_is_named_and_another_is_migrated(workspace: Workspace) -> None:
    assert ScriptDirectory(str(Path(engine.__file__).parent / "migrations")).get_heads() == [engine.NEWEST]
    with workspace.database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0002'"))
        session.execute(text("DROP TABLE promises"))
        session.execute(text("DROP TABLE annotations"))
        session.execute(text("DROP TABLE looks"))
        session.execute(text("DROP TABLE unsealings"))
    workspace.close()
    reopened = open_workspace(workspace.root)
    with reopened.database.transaction() as session:
        assert inspect(session.connection()).has_table("promises")
        assert inspect(session.connection()).has_table("annotations")
    reopened.close()


def test_what_an_earlier_version_has_scored_is_counted(workspace: Workspace) -> None:
    runs = [make_run(f"run_{seed}", position=seed).model_copy(update={"seed": seed}) for seed in range(3)]
    workspace.database.add_experiment(make_experiment(), runs)
    for run in runs[:2]:
        mark_run(workspace.database, run.run_id, State.FINISHED)
    with workspace.database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0004'"))
        session.execute(text("DROP TABLE looks"))
        session.execute(text("DROP TABLE unsealings"))
    workspace.close()
    reopened = open_workspace(workspace.root)
    assert Ledger(reopened.database).count_looks(runs[0].split_hash) == Looks(num_experiments=1, num_models=1)
    assert Ledger(reopened.database).count_looks("another") == Looks(num_experiments=0, num_models=0)
    reopened.close()


def test_processes_that_open_a_new_workspace_together_all_succeed(tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, str(root), f"dataset-{index}"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for index in range(3)
    ]
    assert [process.stdout.readline() for process in processes if process.stdout] == ["ready\n"] * 3
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], errors
    workspace = open_workspace(root)
    assert len(workspace.database.list_datasets()) == 3
    workspace.close()


def test_sqlite_is_in_write_ahead_mode_and_keeps_references(workspace: Workspace) -> None:
    with workspace.database.transaction() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA foreign_keys")) == 1
        assert session.scalar(text("PRAGMA busy_timeout")) == 30_000


def test_a_transaction_holds_the_write_lock_from_its_beginning(workspace: Workspace) -> None:
    other = open_workspace(workspace.root)
    with workspace.database.transaction() as session:
        session.execute(text("SELECT 1"))
        with other.database._engine.connect() as connection:
            raw = connection.connection
            raw.execute("PRAGMA busy_timeout = 0")
            with pytest.raises(Exception, match="database is locked"):
                raw.execute("BEGIN IMMEDIATE")
    other.close()


def test_a_failed_block_leaves_nothing_behind(workspace: Workspace) -> None:
    def insert_and_fail() -> None:
        with workspace.database.transaction() as session:
            session.execute(text("INSERT INTO drafts VALUES ('local', 'a', '{}', 'now')"))
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        insert_and_fail()
    assert workspace.database.get_draft("a") is None


def test_reopening_keeps_the_rows(workspace: Workspace) -> None:
    workspace.database.add_dataset(make_info())
    again = open_workspace(workspace.root)
    assert again.database.list_datasets() == [make_info()]
    again.close()


# --- damage -------------------------------------------------------------------------------------------------

PAGE_BYTES = 4096


def overwrite_pages(path: Path) -> None:
    """Put garbage into all pages but the first ones, as a dying disk does."""
    content = bytearray(path.read_bytes())
    content[3 * PAGE_BYTES :] = os.urandom(len(content) - 3 * PAGE_BYTES)
    path.write_bytes(content)


def run_sql(statement: str) -> Callable[[Path], None]:
    def run(path: Path) -> None:
        connection = sqlite3.connect(path)
        connection.execute(statement)
        connection.commit()
        connection.close()

    return run


def damaged_workspace(root: Path, damage: Callable[[Path], object]) -> Path:
    """Make a workspace with sixty runs, and damage its database."""
    workspace = open_workspace(root)
    for number in range(60):
        experiment = make_experiment(f"exp_{number}")
        workspace.database.add_experiment(experiment, [make_run(f"run_{number}", 0, f"exp_{number}")])
    workspace.close()
    run_sql("PRAGMA wal_checkpoint(TRUNCATE)")(root / "workspace.db")
    damage(root / "workspace.db")
    return root


def look_at(root: Path) -> None:
    workspace = open_workspace(root)
    try:
        workspace.database.list_runs()
    finally:
        workspace.close()


@pytest.mark.parametrize(
    "damage",
    [
        put(b"no database" * 900),
        cut(0.5),
        overwrite_pages,
        run_sql("UPDATE runs SET config = '{\"a\": 1}' WHERE run_id = 'run_7'"),
        run_sql("UPDATE runs SET config = 'torn' WHERE run_id = 'run_7'"),
    ],
)
def test_a_damaged_database_says_so_and_what_brings_the_runs_back(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    root = damaged_workspace(tmp_path / "workspace", damage)
    with pytest.raises(DamageError, match=r"database is damaged: .*python -m tl_core import") as raised:
        look_at(root)
    assert str(tmp_path) not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_database_of_a_newer_version_says_so(tmp_path: Path) -> None:
    newer = run_sql("UPDATE alembic_version SET version_num = '0099'")
    root = damaged_workspace(tmp_path / "workspace", newer)
    with pytest.raises(UserError, match="A newer version of this program has made this workspace's database"):
        look_at(root)


def test_a_workspace_that_is_a_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "workspace").write_text("")
    with pytest.raises(UserError, match="The workspace “workspace” cannot be written to"):
        open_workspace(tmp_path / "workspace")


def test_a_fault_of_the_program_is_not_taken_for_a_damaged_database(workspace: Workspace) -> None:
    workspace.database.add_experiment(make_experiment(), [make_run()])
    with pytest.raises(IntegrityError):
        workspace.database.add_experiment(make_experiment(), [])
