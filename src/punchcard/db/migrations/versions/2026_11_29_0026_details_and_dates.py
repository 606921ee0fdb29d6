"""Entries tell details, cards have a standing beside their balances, programs rules with dates."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import BigInt, Json, JsonAsWritten

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_OF_DAY = (
    "stamps_bonus",
    "stamps_expired",
    "stamps_moved",
    "points_bonus",
    "points_expired",
    "points_pending",
    "points_refunded",
    "points_reserved",
    "points_moved",
    "refund_amount_minor",
    "rewards_granted",
    "grants_ended",
)


def upgrade() -> None:
    """Add the columns; every entry there is has form 1, and no program has any of the rules."""
    op.add_column(
        "loyalty_transactions",
        sa.Column("form", sa.SmallInteger(), nullable=False, server_default="1"),
    )
    op.add_column("loyalty_transactions", sa.Column("details", JsonAsWritten))
    op.add_column("loyalty_cards", sa.Column("standing", Json))
    op.add_column("loyalty_cards", sa.Column("due_on", sa.Date()))
    is_due = sa.text("due_on IS NOT NULL")
    op.create_index(
        "ix_loyalty_cards_due_on",
        "loyalty_cards",
        ["due_on", "id"],
        postgresql_where=is_due,
        sqlite_where=is_due,
    )
    for name in ("stamp_rewards", "stamps_expiry", "stamps_per_item", "points_expiry"):
        op.add_column("loyalty_programs", sa.Column(name, Json))
    for name in ("expiry_notice_days", "tiers", "tier_rules", "referral"):
        op.add_column("loyalty_programs", sa.Column(name, Json))
    op.add_column("loyalty_programs", sa.Column("max_stamps_per_visit", sa.Integer()))
    for name, default in (("points_activation_days", "0"), ("return_grace_days", "30")):
        op.add_column(
            "loyalty_programs",
            sa.Column(name, sa.Integer(), nullable=False, server_default=default),
        )
    op.add_column(
        "loyalty_programs",
        sa.Column(
            "unclaimed_milestones", sa.String(length=16), nullable=False, server_default="keep"
        ),
    )
    for name in _OF_DAY:
        op.add_column(
            "loyalty_daily_rollup", sa.Column(name, BigInt, nullable=False, server_default="0")
        )


downgrade = refuse_downgrade
