"""Rewards that are only given, grants, and reservations."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import BigInt, Id, UtcDateTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_REASONS = (
    "'welcome', 'birthday', 'anniversary', 'win_back', 'referral', 'tier', 'surprise', 'apology',"
    " 'import'"
)
_OPEN = sa.text("state = 'reserved'")
_ONCE = sa.text("once_key IS NOT NULL")


def upgrade() -> None:
    """Let rewards have no price; nothing was given or set aside yet."""
    if op.get_bind().dialect.name == "sqlite":
        _free_price_on_sqlite()
    else:
        op.alter_column("rewards", "points_required", nullable=True)
    _grants()
    _reservations()


def _free_price_on_sqlite() -> None:
    """Take NOT NULL off the price in the table's own words.

    A copy is no way: while the ledger's entries refer to the table it can't be dropped, and to ask
    them all for each reward takes hours. Rows look the same with and without the constraint; it is
    the change of words that SQLite's documentation of ALTER TABLE allows.
    """
    connection = op.get_bind()
    before = connection.scalar(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'rewards'")
    )
    words = "points_required INTEGER NOT NULL"
    if before.count(words) != 1:
        raise RuntimeError("The table of rewards is not as migrations made it.")
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.execute(sa.text("PRAGMA writable_schema = ON"))
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = 'rewards'"),
        {"sql": before.replace(words, "points_required INTEGER")},
    )
    # So that every other connection reads the words anew.
    connection.execute(sa.text(f"PRAGMA schema_version = {version + 1}"))
    connection.execute(sa.text("PRAGMA writable_schema = RESET"))


def _grants() -> None:
    op.create_table(
        "grants",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("program_id", Id, nullable=False),
        sa.Column("card_id", Id, nullable=False),
        sa.Column("reward_id", Id, nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("reward_name", sa.String(length=120), nullable=False),
        sa.Column("value_minor", BigInt),
        sa.Column("expires_on", sa.Date()),
        sa.Column("note", sa.String(length=500)),
        sa.Column("once_key", sa.String(length=128)),
        sa.Column("given_entry_id", Id, nullable=False),
        sa.Column("last_entry_id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(f"reason IN ({_REASONS})", name="ck_grants_reason"),
        sa.CheckConstraint(
            "state IN ('ready', 'reserved', 'used', 'expired', 'revoked')", name="ck_grants_state"
        ),
        *_references("grants", "reward_id", "given_entry_id", "last_entry_id"),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
        sa.UniqueConstraint("code", name="uq_grants_code"),
    )
    op.create_index("ix_grants_card_id_id", "grants", ["card_id", "id"])
    op.create_index("ix_grants_program_id_id", "grants", ["program_id", "id"])
    op.create_index(
        "uq_grants_once_key",
        "grants",
        ["card_id", "once_key"],
        unique=True,
        postgresql_where=_ONCE,
        sqlite_where=_ONCE,
    )


def _reservations() -> None:
    op.create_table(
        "reservations",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("program_id", Id, nullable=False),
        sa.Column("card_id", Id, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("points", BigInt, nullable=False),
        sa.Column("reward_id", Id),
        sa.Column("grant_id", Id),
        sa.Column("reference", sa.String(length=128)),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("reserved_entry_id", Id, nullable=False),
        sa.Column("last_entry_id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('reserved', 'confirmed', 'released', 'expired')",
            name="ck_reservations_state",
        ),
        *_references("reservations", "reward_id", "grant_id", "reserved_entry_id", "last_entry_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reservations"),
    )
    op.create_index("ix_reservations_card_id_id", "reservations", ["card_id", "id"])
    op.create_index(
        "ix_reservations_expires_at",
        "reservations",
        ["expires_at", "id"],
        postgresql_where=_OPEN,
        sqlite_where=_OPEN,
    )


def _references(table: str, *columns: str) -> list[sa.ForeignKeyConstraint]:
    tables = {
        "vendor_id": "vendors",
        "program_id": "loyalty_programs",
        "card_id": "loyalty_cards",
        "reward_id": "rewards",
        "grant_id": "grants",
    }
    names = ("vendor_id", "program_id", "card_id", *columns)
    return [
        sa.ForeignKeyConstraint(
            [name], [f"{tables.get(name, 'loyalty_transactions')}.id"], name=f"fk_{table}_{name}"
        )
        for name in names
    ]


downgrade = refuse_downgrade
