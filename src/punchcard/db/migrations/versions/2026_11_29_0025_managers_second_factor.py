"""An owner can want a second factor of the shop's managers."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the wish to vendors; nobody has it yet."""
    op.add_column(
        "vendors",
        sa.Column(
            "managers_need_second_factor", sa.Boolean(), nullable=False, server_default=sa.false()
        ),
    )


downgrade = refuse_downgrade
