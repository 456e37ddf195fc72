"""Connecting to the database and bringing its tables up to date. SQLite's own ways are all in here."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url

from tl_core.store.files import locked

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
    with locked(lock), engine.begin() as connection:
        migrate(connection)
    return engine


def migrate(connection: Connection) -> None:
    """Bring the tables to the newest revision within the connection's transaction."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


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
