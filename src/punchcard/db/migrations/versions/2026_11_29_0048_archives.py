"""Owners ask for archives, which are kept for some hours."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import Id, UtcDateTime

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of archives and of their files."""
    op.create_table(
        "vendor_archives",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column("sha256", sa.String(length=64)),
        sa.Column("error", sa.String(length=500)),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.String(length=64)),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'ready', 'failed')", name="ck_vendor_archives_state"
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name="fk_vendor_archives_vendor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_vendor_archives"),
    )
    op.create_index("ix_vendor_archives_vendor_id_id", "vendor_archives", ["vendor_id", "id"])
    op.create_index("ix_vendor_archives_expires_at", "vendor_archives", ["expires_at"])
    op.create_table(
        "vendor_archive_parts",
        sa.Column("archive_id", Id, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["archive_id"], ["vendor_archives.id"], name="fk_vendor_archive_parts_archive_id"
        ),
        sa.PrimaryKeyConstraint("archive_id", "number", name="pk_vendor_archive_parts"),
    )


downgrade = refuse_downgrade
