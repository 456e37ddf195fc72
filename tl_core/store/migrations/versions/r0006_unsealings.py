"""What the sealed part of a split's test examples showed when it was opened; it outlives experiments."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "unsealings",
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("split_hash", sa.String(), nullable=False),
        sa.Column("unsealing", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "split_hash", name="pk_unsealings"),
    )


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_table("unsealings")
