"""Orders of web shops and tills come in: integrations, what they sent, and what that came to."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import BigInt, Id, Json, UtcDateTime

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

_IS_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    """Add the tables; nothing is connected yet."""
    _integrations()
    _orders()
    _events()
    _bookings()
    _customers()


def _foreign(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}")


def _integrations() -> None:
    table = "integrations"
    op.create_table(
        table,
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("program_id", Id, nullable=False),
        sa.Column("location_id", Id),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("mapping", Json, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("address_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary()),
        sa.Column("former_address_digest", sa.LargeBinary(length=32)),
        sa.Column("former_secret_sealed", sa.LargeBinary()),
        sa.Column("former_until", UtcDateTime()),
        sa.Column("last_event_at", UtcDateTime()),
        sa.Column("last_error", sa.String(length=60)),
        sa.Column("last_error_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
        sa.CheckConstraint("status IN ('active', 'paused')", name="ck_integrations_status"),
        _foreign(table, "vendor_id", "vendors"),
        _foreign(table, "program_id", "loyalty_programs"),
        _foreign(table, "location_id", "locations"),
        sa.PrimaryKeyConstraint("id", name="pk_integrations"),
    )
    op.create_index("ix_integrations_vendor_id_id", table, ["vendor_id", "id"])


def _orders() -> None:
    table = "integration_orders"
    op.create_table(
        table,
        sa.Column("id", Id, nullable=False),
        sa.Column("integration_id", Id, nullable=False),
        sa.Column("foreign_id", sa.String(length=80), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("customer", sa.String(length=80)),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("total_minor", BigInt, nullable=False),
        sa.Column("counted_minor", BigInt, nullable=False),
        sa.Column("refunds", Json, nullable=False),
        sa.Column("items", Json, nullable=False),
        sa.Column("told_at", UtcDateTime()),
        sa.Column("card_id", Id),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'paid', 'cancelled')", name="ck_integration_orders_state"
        ),
        _foreign(table, "integration_id", "integrations"),
        _foreign(table, "card_id", "loyalty_cards"),
        sa.PrimaryKeyConstraint("id", name="pk_integration_orders"),
    )
    op.create_index(
        "uq_integration_orders_integration_id_foreign_id",
        table,
        ["integration_id", "foreign_id"],
        unique=True,
    )
    op.create_index("ix_integration_orders_card_id", table, ["card_id"])


def _events() -> None:
    table = "integration_events"
    op.create_table(
        table,
        sa.Column("id", Id, nullable=False),
        sa.Column("integration_id", Id, nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=60)),
        sa.Column("order_id", Id),
        sa.Column("body_sealed", sa.LargeBinary()),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime()),
        sa.CheckConstraint(
            "state IN ('waiting', 'done', 'ignored', 'unmatched', 'failed')",
            name="ck_integration_events_state",
        ),
        _foreign(table, "integration_id", "integrations"),
        _foreign(table, "order_id", "integration_orders"),
        sa.PrimaryKeyConstraint("id", name="pk_integration_events"),
    )
    op.create_index("ix_integration_events_integration_id_id", table, ["integration_id", "id"])
    op.create_index("ix_integration_events_order_id", table, ["order_id"])
    op.create_index("ix_integration_events_received_at", table, ["received_at"])
    op.create_index(
        "ix_integration_events_waiting",
        table,
        ["received_at"],
        postgresql_where=_IS_WAITING,
        sqlite_where=_IS_WAITING,
    )


def _bookings() -> None:
    table = "integration_bookings"
    op.create_table(
        table,
        sa.Column("id", Id, nullable=False),
        sa.Column("order_id", Id, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("amount_minor", BigInt, nullable=False),
        sa.Column("of_booking_id", Id),
        sa.Column("entry_id", Id),
        sa.Column("refusal", sa.String(length=60)),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('earn', 'refund')", name="ck_integration_bookings_kind"),
        sa.CheckConstraint(
            "state IN ('planned', 'booked', 'refused', 'moot')",
            name="ck_integration_bookings_state",
        ),
        _foreign(table, "order_id", "integration_orders"),
        _foreign(table, "of_booking_id", table),
        _foreign(table, "entry_id", "loyalty_transactions"),
        sa.PrimaryKeyConstraint("id", name="pk_integration_bookings"),
    )
    op.create_index(
        "uq_integration_bookings_order_id_number", table, ["order_id", "number"], unique=True
    )


def _customers() -> None:
    table = "integration_customers"
    op.create_table(
        table,
        sa.Column("integration_id", Id, nullable=False),
        sa.Column("foreign_id", sa.String(length=80), nullable=False),
        sa.Column("card_id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        _foreign(table, "integration_id", "integrations"),
        _foreign(table, "card_id", "loyalty_cards"),
        sa.PrimaryKeyConstraint("integration_id", "foreign_id", name="pk_integration_customers"),
    )
    op.create_index("ix_integration_customers_card_id", table, ["card_id"])


downgrade = refuse_downgrade
