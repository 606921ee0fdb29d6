"""An order counts when it was paid."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import UtcDateTime

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of the orders that are known nothing says when they were paid."""
    op.add_column("integration_orders", sa.Column("paid_at", UtcDateTime()))


downgrade = refuse_downgrade
