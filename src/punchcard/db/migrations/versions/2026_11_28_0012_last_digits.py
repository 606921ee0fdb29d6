"""Cards are found by the last four digits of their number, as people tell them."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index of the numbers' ends."""
    op.create_index(
        "ix_loyalty_cards_vendor_id_last_digits",
        "loyalty_cards",
        ["vendor_id", sa.text("substr(number, 9)")],
    )


downgrade = refuse_downgrade
