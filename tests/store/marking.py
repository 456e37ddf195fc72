"""A run's state without a job that leads to it."""

from tl_core.schema import State
from tl_core.store.database import Database


def mark_run(database: Database, run_id: str, state: State, error: str | None = None) -> None:
    with database.transaction() as session:
        database.mark_run(session, run_id, state, error)
