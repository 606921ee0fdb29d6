"""Plans with limits, how many cards of vendors are open, and what they used by month."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.append_only import make_append_only
from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import Id, UtcDateTime

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

_IS_DEFAULT = sa.text("is_default")
_LIMITS = ("locations", "users", "staff_pins", "programs", "webhook_endpoints", "mails_per_month")
_COUNTED = ("open_cards", "new_cards", "active_cards", "entries", "mails", "webhook_deliveries")


def upgrade() -> None:
    """Add the tables, and count the open cards of each vendor; nobody has a plan yet."""
    op.create_table(
        "plans",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("cards", _big()),
        *(sa.Column(name, sa.Integer()) for name in _LIMITS),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plans"),
        sa.UniqueConstraint("name", name="uq_plans_name"),
    )
    op.create_index(
        "uq_plans_is_default",
        "plans",
        ["is_default"],
        unique=True,
        postgresql_where=_IS_DEFAULT,
        sqlite_where=_IS_DEFAULT,
    )
    op.create_table(
        "vendor_plans",
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("plan_id", Id),
        sa.Column("open_cards", _big(), nullable=False),
        _of_vendor("vendor_plans"),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name="fk_vendor_plans_plan_id"),
        sa.PrimaryKeyConstraint("vendor_id", name="pk_vendor_plans"),
    )
    op.create_index("ix_vendor_plans_plan_id", "vendor_plans", ["plan_id"])
    op.create_table(
        "vendor_month_counts",
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("mails", _big(), nullable=False),
        sa.Column("webhook_deliveries", _big(), nullable=False),
        _of_vendor("vendor_month_counts"),
        sa.PrimaryKeyConstraint("vendor_id", "month", name="pk_vendor_month_counts"),
    )
    op.create_table(
        "vendor_months",
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        *(sa.Column(name, _big(), nullable=False) for name in _COUNTED),
        sa.Column("closed_at", UtcDateTime(), nullable=False),
        _of_vendor("vendor_months"),
        sa.PrimaryKeyConstraint("vendor_id", "month", name="pk_vendor_months"),
    )
    op.create_index("ix_vendor_months_month", "vendor_months", ["month", "vendor_id"])
    make_append_only(op.get_bind(), "vendor_months")
    op.execute(
        "INSERT INTO vendor_plans (vendor_id, open_cards)"
        " SELECT v.id, COALESCE(c.cards, 0) FROM vendors v LEFT JOIN"
        " (SELECT vendor_id, count(*) AS cards FROM loyalty_cards"
        " WHERE status IN ('active', 'blocked') GROUP BY vendor_id) c ON c.vendor_id = v.id"
    )


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _of_vendor(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=f"fk_{table}_vendor_id")


downgrade = refuse_downgrade
