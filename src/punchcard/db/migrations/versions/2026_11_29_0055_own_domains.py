"""Domains of shops' own, and whether a plan has them."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import Id, UtcDateTime

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

_IS_VERIFIED = sa.text("verified_at IS NOT NULL")


def upgrade() -> None:
    """Add the table and the column; plans that exist have no domain of one's own."""
    op.add_column(
        "plans", sa.Column("own_domain", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "vendor_domains",
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("proof", sa.String(length=64), nullable=False),
        sa.Column("verified_at", UtcDateTime()),
        sa.Column("checked_at", UtcDateTime()),
        sa.Column("failing_since", UtcDateTime()),
        sa.Column("warned_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name="fk_vendor_domains_vendor_id"),
        sa.PrimaryKeyConstraint("vendor_id", name="pk_vendor_domains"),
    )
    op.create_index(
        "uq_vendor_domains_verified",
        "vendor_domains",
        ["domain"],
        unique=True,
        postgresql_where=_IS_VERIFIED,
        sqlite_where=_IS_VERIFIED,
    )
    op.create_index("ix_vendor_domains_checked_at", "vendor_domains", ["checked_at"])


downgrade = refuse_downgrade
