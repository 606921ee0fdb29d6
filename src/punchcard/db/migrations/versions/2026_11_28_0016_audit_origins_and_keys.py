"""Security events know where they came from; PINs and passes which key they were made with."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import Id, UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of origins, and two columns that are empty for what there is."""
    op.create_table(
        "audit_origins",
        sa.Column("event_id", Id, nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=200), nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["audit_events.id"], name="fk_audit_origins_event_id"
        ),
        sa.PrimaryKeyConstraint("event_id", name="pk_audit_origins"),
    )
    op.create_index("ix_audit_origins_created_at", "audit_origins", ["created_at"])
    op.add_column("staff_pins", sa.Column("pepper_id", sa.String(length=8), nullable=True))
    op.add_column("apple_passes", sa.Column("token_key", sa.String(length=8), nullable=True))


downgrade = refuse_downgrade
