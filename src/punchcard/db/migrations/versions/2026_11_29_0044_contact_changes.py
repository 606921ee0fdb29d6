"""Changes of contact that wait for their confirmation, or can still be objected to."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import Id, UtcDateTime

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

_TABLES = {
    "vendor_id": "vendors",
    "card_id": "loyalty_cards",
    "customer_id": "customers",
}


def upgrade() -> None:
    """Make room for changes of contact; none waits yet."""
    op.create_table(
        "contact_changes",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("card_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=True),
        sa.Column("asked_by", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("new_email", sa.String(length=254), nullable=True),
        sa.Column("old_email", sa.String(length=254), nullable=True),
        sa.Column("old_phone", sa.String(length=20), nullable=True),
        sa.Column("old_email_verified_at", UtcDateTime, nullable=True),
        sa.Column("old_is_verified", sa.Boolean(), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=True),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=f"fk_contact_changes_{name}")
            for name, table in _TABLES.items()
        ),
        sa.PrimaryKeyConstraint("id", name="pk_contact_changes"),
    )
    for name in ("card_id", "customer_id", "asked_at"):
        op.create_index(f"ix_contact_changes_{name}", "contact_changes", [name])


downgrade = refuse_downgrade
