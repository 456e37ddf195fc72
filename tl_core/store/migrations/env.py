"""Alembic's entry point: migrates over the connection that `tl_core.store.engine` hands over."""

from alembic import context

from tl_core.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
