"""Cards bring friends."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import Id, Json, UtcDateTime

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_WAITS = sa.text("state = 'held'")
_STATES = "state IN ('pending', 'held', 'paid', 'reversed', 'refused')"


def upgrade() -> None:
    """Add the tables of referrals, and of contacts that were forgotten."""
    op.create_table(
        "referrals",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("program_id", Id, nullable=False),
        sa.Column("referrer_card_id", Id, nullable=False),
        sa.Column("friend_card_id", Id, nullable=False),
        sa.Column("terms", Json, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=60)),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer()),
        sa.Column("entry_id", Id),
        sa.Column("due_at", UtcDateTime()),
        sa.Column("paid_at", UtcDateTime()),
        sa.Column("reversed_at", UtcDateTime()),
        sa.Column("referrer_entry_id", Id),
        sa.Column("friend_entry_id", Id),
        sa.Column("referrer_grant_id", Id),
        sa.Column("friend_grant_id", Id),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(_STATES, name="ck_referrals_state"),
        *_references(),
        sa.PrimaryKeyConstraint("id", name="pk_referrals"),
        sa.UniqueConstraint("friend_card_id", name="uq_referrals_friend_card_id"),
    )
    op.create_index("ix_referrals_vendor_id_id", "referrals", ["vendor_id", "id"])
    op.create_index("ix_referrals_referrer_card_id_year", "referrals", ["referrer_card_id", "year"])
    op.create_index(
        "ix_referrals_due_at",
        "referrals",
        ["due_at", "id"],
        postgresql_where=_WAITS,
        sqlite_where=_WAITS,
    )
    op.create_table(
        "former_contacts",
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("forgotten_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name="fk_former_contacts_vendor_id"),
        sa.PrimaryKeyConstraint("vendor_id", "digest", name="pk_former_contacts"),
    )
    op.create_index("ix_former_contacts_forgotten_at", "former_contacts", ["forgotten_at"])


def _references() -> list[sa.ForeignKeyConstraint]:
    tables = {
        "vendor_id": "vendors",
        "program_id": "loyalty_programs",
        "referrer_card_id": "loyalty_cards",
        "friend_card_id": "loyalty_cards",
        "entry_id": "loyalty_transactions",
        "referrer_entry_id": "loyalty_transactions",
        "friend_entry_id": "loyalty_transactions",
        "referrer_grant_id": "grants",
        "friend_grant_id": "grants",
    }
    return [
        sa.ForeignKeyConstraint([name], [f"{table}.id"], name=f"fk_referrals_{name}")
        for name, table in tables.items()
    ]


downgrade = refuse_downgrade
