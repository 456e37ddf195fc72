"""What was promised at the start of an experiment, and what it took."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "promises",
        sa.Column("experiment_id", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("promise", sa.JSON(), nullable=False),
        sa.Column("took", sa.JSON()),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("experiment_id", name="pk_promises"),
    )
    op.create_index("ix_promises_owner", "promises", ["owner"])


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_table("promises")
