import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from tests.store.makers import make_info
from tests.store.opening import open_workspace
from tl_core.store.tables import Base
from tl_core.store.workspace import Workspace

OPEN = """
import sys
from pathlib import Path
from tests.store.makers import make_info
from tests.store.opening import open_workspace

print("ready", flush=True)
sys.stdin.readline()
workspace = open_workspace(Path(sys.argv[1]))
workspace.database.add_dataset(make_info(fingerprint=sys.argv[2]))
workspace.close()
"""


def test_the_migrations_make_exactly_the_declared_tables(workspace: Workspace) -> None:
    with workspace.database.transaction() as session:
        assert compare_metadata(MigrationContext.configure(session.connection()), Base.metadata) == []


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
