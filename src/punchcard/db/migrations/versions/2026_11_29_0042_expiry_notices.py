"""Cards are told of what soon ends on them."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import Id, UtcDateTime

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of what was told."""
    op.create_table(
        "expiry_notices",
        sa.Column("card_id", Id, nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["loyalty_cards.id"], name="fk_expiry_notices_card_id"
        ),
        sa.PrimaryKeyConstraint("card_id", "expires_on", "days", name="pk_expiry_notices"),
    )
    op.create_index("ix_expiry_notices_expires_on", "expiry_notices", ["expires_on"])


downgrade = refuse_downgrade
