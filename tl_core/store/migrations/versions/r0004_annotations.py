"""A person's own words on an experiment, and what it came to."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "annotations",
        sa.Column("experiment_id", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("annotation", sa.JSON()),
        sa.Column("summary", sa.JSON()),
        sa.PrimaryKeyConstraint("experiment_id", name="pk_annotations"),
    )
    op.create_index("ix_annotations_owner", "annotations", ["owner"])


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_table("annotations")
