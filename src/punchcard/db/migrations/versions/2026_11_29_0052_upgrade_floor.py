"""Which versions may serve beside a newer one."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table: without a row every version that knows it may serve what comes after."""
    op.create_table(
        "upgrade_floor",
        sa.Column("revision", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("revision", name="pk_upgrade_floor"),
    )


downgrade = refuse_downgrade
