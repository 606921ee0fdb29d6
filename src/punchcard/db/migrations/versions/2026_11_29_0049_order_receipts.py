"""An order of nobody whose card is known leaves a receipt."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import Id

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and an index to find the order of a receipt; no order has left one yet."""
    op.add_column("integration_orders", sa.Column("claim_id", Id))
    op.create_index("ix_integration_orders_claim_id", "integration_orders", ["claim_id"])


downgrade = refuse_downgrade
