"""Receipts go onto cards later, and tills have keys to sign them with."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import BigInt, Id, UtcDateTime

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

_IS_LIVE = sa.text("state IN ('open', 'taking', 'claimed')")
_IS_TAKING = sa.text("state = 'taking'")


def upgrade() -> None:
    """Make room for receipts and keys; there are none yet."""
    op.create_table(
        "receipt_keys",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("program_id", Id, nullable=False),
        sa.Column("location_id", Id),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime()),
        sa.Column("revoked_at", UtcDateTime()),
        *_owners("receipt_keys"),
        sa.PrimaryKeyConstraint("id", name="pk_receipt_keys"),
        sa.UniqueConstraint("code", name="uq_receipt_keys_code"),
    )
    op.create_index("ix_receipt_keys_vendor_id_id", "receipt_keys", ["vendor_id", "id"])
    op.create_table(
        "receipt_claims",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("program_id", Id, nullable=False),
        sa.Column("location_id", Id),
        sa.Column("key_id", Id),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=10)),
        sa.Column("amount_minor", BigInt),
        sa.Column("stamps", sa.Integer()),
        sa.Column("reference", sa.String(length=128), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("card_id", Id),
        sa.Column("transaction_id", Id),
        sa.Column("claimed_at", UtcDateTime()),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.String(length=64)),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("source IN ('api', 'signed', 'order')", name="ck_receipt_claims_source"),
        sa.CheckConstraint(
            "state IN ('open', 'taking', 'claimed', 'withdrawn', 'expired')",
            name="ck_receipt_claims_state",
        ),
        *_owners("receipt_claims"),
        sa.ForeignKeyConstraint(
            ["key_id"], ["receipt_keys.id"], name="fk_receipt_claims_key_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["card_id"], ["loyalty_cards.id"], name="fk_receipt_claims_card_id"
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["loyalty_transactions.id"],
            name="fk_receipt_claims_transaction_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_receipt_claims"),
        sa.UniqueConstraint("code", name="uq_receipt_claims_code"),
    )
    op.create_index(
        "uq_receipt_claims_reference",
        "receipt_claims",
        ["program_id", "reference"],
        unique=True,
        postgresql_where=_IS_LIVE,
        sqlite_where=_IS_LIVE,
    )
    op.create_index("ix_receipt_claims_vendor_id_id", "receipt_claims", ["vendor_id", "id"])
    op.create_index(
        "ix_receipt_claims_card_id_claimed_at", "receipt_claims", ["card_id", "claimed_at"]
    )
    op.create_index("ix_receipt_claims_state_expires_at", "receipt_claims", ["state", "expires_at"])
    op.create_index(
        "ix_receipt_claims_taking",
        "receipt_claims",
        ["id"],
        postgresql_where=_IS_TAKING,
        sqlite_where=_IS_TAKING,
    )


def _owners(table: str) -> list[sa.ForeignKeyConstraint]:
    """Return what ties a table to vendors, programs and locations."""
    return [
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=f"fk_{table}_vendor_id"),
        sa.ForeignKeyConstraint(
            ["program_id"],
            ["loyalty_programs.id"],
            name=f"fk_{table}_program_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=f"fk_{table}_location_id"),
    ]


downgrade = refuse_downgrade
