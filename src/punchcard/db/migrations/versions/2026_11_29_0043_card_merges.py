"""Which cards were merged into which."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import Id, Json, UtcDateTime

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

_TABLES = {
    "vendor_id": "vendors",
    "program_id": "loyalty_programs",
    "card_id": "loyalty_cards",
    "from_card_id": "loyalty_cards",
    "in_entry_id": "loyalty_transactions",
    "out_entry_id": "loyalty_transactions",
}


def upgrade() -> None:
    """Make room for merges; nothing was merged yet."""
    op.create_table(
        "card_merges",
        sa.Column("id", Id, nullable=False),
        *(sa.Column(name, Id, nullable=False) for name in _TABLES),
        sa.Column("gave_customer", sa.Boolean(), nullable=False),
        sa.Column("once_keys", Json),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("undone_at", UtcDateTime()),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=f"fk_card_merges_{name}")
            for name, table in _TABLES.items()
        ),
        sa.PrimaryKeyConstraint("id", name="pk_card_merges"),
        sa.UniqueConstraint("in_entry_id", name="uq_card_merges_in_entry_id"),
        sa.UniqueConstraint("out_entry_id", name="uq_card_merges_out_entry_id"),
    )
    for name in ("card_id", "from_card_id"):
        op.create_index(f"ix_card_merges_{name}", "card_merges", [name])


downgrade = refuse_downgrade
