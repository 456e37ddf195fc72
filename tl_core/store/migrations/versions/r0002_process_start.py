"""A job's process is known by its start in a form that a step of the clock does not change.

The old column stays, for a supervisor of the version before may be at work while the tables are migrated.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("jobs", sa.Column("process_start", sa.String()))


def downgrade() -> None:
    """Go back to the revision before."""
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_column("process_start")
