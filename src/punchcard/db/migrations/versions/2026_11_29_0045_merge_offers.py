"""Offers to put two cards of one person together."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import Id, UtcDateTime

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

_TABLES = {
    "vendor_id": "vendors",
    "card_id": "loyalty_cards",
    "from_card_id": "loyalty_cards",
}


def upgrade() -> None:
    """Make room for offers; none is open yet."""
    op.create_table(
        "merge_offers",
        sa.Column("id", Id, nullable=False),
        *(sa.Column(name, Id, nullable=False) for name in _TABLES),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("used_at", UtcDateTime, nullable=True),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=f"fk_merge_offers_{name}")
            for name, table in _TABLES.items()
        ),
        sa.PrimaryKeyConstraint("id", name="pk_merge_offers"),
    )
    for name in ("card_id", "from_card_id", "expires_at"):
        op.create_index(f"ix_merge_offers_{name}", "merge_offers", [name])


downgrade = refuse_downgrade
