"""Google Wallet: classes, objects, notices that were heard; and how far a redesign has come."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import Id, Json, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _google_classes()
    _google_objects()
    _google_nonces()
    _wallet_fanouts()


downgrade = refuse_downgrade


def _google_classes() -> None:
    op.create_table(
        "google_classes",
        sa.Column("program_id", Id, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32)),
        sa.Column("sent_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id"],
            ["loyalty_programs.id"],
            name="fk_google_classes_program_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("program_id", name="pk_google_classes"),
    )


def _google_objects() -> None:
    op.create_table(
        "google_objects",
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("card_id", Id, nullable=False),
        sa.Column("program_id", Id, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32)),
        sa.Column("balance", sa.String(length=64)),
        sa.Column("notified_at", Json, nullable=False),
        sa.Column("sending_until", UtcDateTime()),
        sa.Column("sent_at", UtcDateTime()),
        sa.Column("heard_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('issued', 'installed', 'removed')", name="ck_google_objects_state"
        ),
        sa.ForeignKeyConstraint(
            ["card_id"], ["loyalty_cards.id"], name="fk_google_objects_card_id"
        ),
        sa.ForeignKeyConstraint(
            ["program_id"], ["loyalty_programs.id"], name="fk_google_objects_program_id"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_google_objects"),
    )
    op.create_index("ix_google_objects_card_id", "google_objects", ["card_id"])
    op.create_index(
        "ix_google_objects_program_id_card_id", "google_objects", ["program_id", "card_id"]
    )


def _google_nonces() -> None:
    op.create_table(
        "google_nonces",
        sa.Column("nonce", sa.String(length=100), nullable=False),
        sa.Column("heard_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name="pk_google_nonces"),
    )
    op.create_index("ix_google_nonces_heard_at", "google_nonces", ["heard_at"])


def _wallet_fanouts() -> None:
    op.create_table(
        "wallet_fanouts",
        sa.Column("program_id", Id, nullable=False),
        sa.Column("program_version", sa.Integer(), nullable=False),
        sa.Column("after_card_id", Id),
        sa.Column("cards_total", sa.Integer(), nullable=False),
        sa.Column("cards_done", sa.Integer(), nullable=False),
        sa.Column("cards_failed", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=500)),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime()),
        sa.ForeignKeyConstraint(
            ["program_id"],
            ["loyalty_programs.id"],
            name="fk_wallet_fanouts_program_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["after_card_id"], ["loyalty_cards.id"], name="fk_wallet_fanouts_after_card_id"
        ),
        sa.PrimaryKeyConstraint("program_id", name="pk_wallet_fanouts"),
    )
