"""Connecting to the database and bringing its tables up to date. SQLite's own ways are all in here."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import DatabaseError, OperationalError

from tl_core.errors import DamageError, UserError
from tl_core.store.files import locked

UNUSABLE = (DatabaseError, ValidationError, json.JSONDecodeError)
"""What a database raises that cannot be used any more, or holds rows that no program has written."""

NEWEST = "0006"
"""The newest revision in ``migrations``; a database that has it needs no alembic, which is slow to import."""
_BUSY_TIMEOUT_MS = 30_000
_MIGRATIONS = Path(__file__).parent / "migrations"


def open_engine(url: str, lock: Path) -> Engine:
    """Connect to the database at ``url`` and migrate it.

    Parameters
    ----------
    url
        SQLAlchemy URL, SQLite or PostgreSQL.
    lock
        File that processes starting together wait for, so that one of them migrates.
    """
    engine = create_engine(url)
    if make_url(url).get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediately)
    try:
        with locked(lock), engine.begin() as connection:
            migrate(connection)
    except UserError:
        engine.dispose()
        raise
    except DatabaseError as error:
        engine.dispose()
        if (told := explain(error)) is None:
            raise
        raise told from error
    return engine


def explain(error: Exception) -> DamageError | None:
    """Say in a sentence why a database cannot be used; None of a fault of the program.

    SQLite says of a damaged file that it is malformed or no database, at whatever statement comes upon it.
    """
    if isinstance(error, DatabaseError) and type(error) not in (DatabaseError, OperationalError):
        return None
    reason = str(error.orig) if isinstance(error, DatabaseError) else "a row in it is overwritten"
    if isinstance(error, OperationalError):
        return DamageError(
            f"The workspace's database cannot be used: {reason}.",
            "Check that the disk is not full and can be written to, then try again.",
        )
    return DamageError(
        f"The workspace's database is damaged: {reason}.",
        "Put workspace.db back from a copy. Or move it away and run `python -m tl_core import`: the run "
        "folders beside it hold all that was measured.",
    )


def migrate(connection: Connection) -> None:
    """Bring the tables to the newest revision within the connection's transaction.

    Raises
    ------
    UserError
        If a newer version of this program has made the database.
    """
    if inspect(connection).has_table("alembic_version"):
        revisions = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
        if list(revisions) == [NEWEST]:
            return
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise UserError(
            "A newer version of this program has made this workspace's database.",
            "Use that version, or choose another workspace with --workspace or TL_WORKSPACE.",
        ) from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # leaves BEGIN to `_begin_immediately`
    for pragma in (
        f"busy_timeout = {_BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediately(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once under a plain BEGIN when another process
    # wrote in between; taking the write lock first makes it wait instead.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
