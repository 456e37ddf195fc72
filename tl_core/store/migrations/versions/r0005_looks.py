"""What has been scored on which test examples; it outlives runs and experiments."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    looks = op.create_table(
        "looks",
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("split_hash", sa.String(), nullable=False),
        sa.Column("experiment_id", sa.String(), nullable=False),
        sa.Column("arm", sa.String(), nullable=False),
        sa.Column("train_size", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "split_hash", "experiment_id", "arm", "train_size", name="pk_looks"),
    )
    names = ("owner", "experiment_id", "arm", "train_size", "config", "state", "finished_at")
    runs = sa.table("runs", *map(sa.column, names))
    finished = sa.select(runs).where(runs.c.state == "finished").order_by(runs.c.finished_at)
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for run in op.get_bind().execute(finished).mappings():
        config = json.loads(run["config"]) if isinstance(run["config"], str) else run["config"]
        look = {name: run[name] for name in ("owner", "experiment_id", "arm", "train_size")}
        look["split_hash"] = config["split_hash"]
        found.setdefault(tuple(look.values()), look | {"first_at": run["finished_at"] or ""})
    if found:
        op.bulk_insert(looks, list(found.values()))


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_table("looks")
