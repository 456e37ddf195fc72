"""Alembic revisions of the tables, run whenever a workspace is opened."""
