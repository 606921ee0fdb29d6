"""Programs have promotions."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import BigInt, Id, Json, UtcDateTime

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_STATUSES = "status IN ('draft', 'scheduled', 'active', 'paused', 'ended')"


def upgrade() -> None:
    """Add their table."""
    op.create_table(
        "promotions",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("program_id", Id, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("texts", Json, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("effect", Json, nullable=False),
        sa.Column("starts_on", sa.Date()),
        sa.Column("ends_on", sa.Date()),
        sa.Column("windows", Json, nullable=False),
        sa.Column("location_ids", Json, nullable=False),
        sa.Column("tier_keys", Json, nullable=False),
        sa.Column("items", Json, nullable=False),
        sa.Column("minimum_purchase_minor", BigInt, nullable=False),
        sa.Column("limit", Json),
        sa.Column("budget", Json),
        sa.Column("stacking", sa.String(length=16), nullable=False),
        sa.Column("segment_id", sa.String(length=36)),
        sa.Column("version", sa.Integer(), nullable=False),
        *(
            sa.Column(name, BigInt, nullable=False, server_default="0")
            for name in ("points_given", "stamps_given", "uses")
        ),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(_STATUSES, name="ck_promotions_status"),
        sa.CheckConstraint("stacking IN ('best', 'add')", name="ck_promotions_stacking"),
        sa.CheckConstraint("minimum_purchase_minor >= 0", name="ck_promotions_minimum_purchase"),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name="fk_promotions_vendor_id"),
        sa.ForeignKeyConstraint(
            ["program_id"], ["loyalty_programs.id"], name="fk_promotions_program_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_promotions"),
    )
    op.create_index("ix_promotions_program_id_id", "promotions", ["program_id", "id"])


downgrade = refuse_downgrade
