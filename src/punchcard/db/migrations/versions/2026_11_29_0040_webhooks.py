"""What happens at a vendor is told to its own software: events, webhook endpoints, deliveries."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import Id, Json, UtcDateTime

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_IS_NEW = sa.text("handed_on_at IS NULL")


def upgrade() -> None:
    """Add the tables; no vendor keeps events yet."""
    op.add_column(
        "vendors",
        sa.Column("keeps_events", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    _events()
    _endpoints()
    _deliveries()


def _events() -> None:
    op.create_table(
        "vendor_events",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("handed_on_at", UtcDateTime()),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name="fk_vendor_events_vendor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_vendor_events"),
    )
    op.create_index(
        "ix_vendor_events_vendor_id_created_at", "vendor_events", ["vendor_id", "created_at"]
    )
    op.create_index("ix_vendor_events_created_at", "vendor_events", ["created_at"])
    op.create_index(
        "ix_vendor_events_new",
        "vendor_events",
        ["id"],
        postgresql_where=_IS_NEW,
        sqlite_where=_IS_NEW,
    )


def _endpoints() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("types", Json, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("disabled_reason", sa.String(length=16)),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("former_secret_sealed", sa.LargeBinary()),
        sa.Column("former_secret_until", UtcDateTime()),
        sa.Column("failing_since", UtcDateTime()),
        sa.Column("paused_until", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
        sa.CheckConstraint("status IN ('active', 'disabled')", name="ck_webhook_endpoints_status"),
        sa.CheckConstraint(
            "disabled_reason IN ('vendor', 'gone', 'failing')",
            name="ck_webhook_endpoints_disabled_reason",
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["vendors.id"], name="fk_webhook_endpoints_vendor_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_endpoints"),
    )
    op.create_index("ix_webhook_endpoints_vendor_id", "webhook_endpoints", ["vendor_id", "id"])


def _deliveries() -> None:
    table = "webhook_deliveries"
    op.create_table(
        table,
        sa.Column("id", Id, nullable=False),
        sa.Column("endpoint_id", Id, nullable=False),
        sa.Column("event_id", Id, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime()),
        sa.Column("attempted_at", UtcDateTime()),
        sa.Column("status_code", sa.Integer()),
        sa.Column("answer", sa.Text()),
        sa.Column("error", sa.String(length=300)),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'delivered', 'failed')",
            name="ck_webhook_deliveries_state",
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoints.id"], name="fk_webhook_deliveries_endpoint_id"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["vendor_events.id"], name="fk_webhook_deliveries_event_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
    )
    op.create_index(
        "uq_webhook_deliveries_event_id_endpoint_id",
        table,
        ["event_id", "endpoint_id"],
        unique=True,
    )
    op.create_index("ix_webhook_deliveries_endpoint_id_id", table, ["endpoint_id", "id"])
    op.create_index("ix_webhook_deliveries_due", table, ["endpoint_id", "state", "due_at"])
    op.create_index("ix_webhook_deliveries_lease", table, ["state", "lease_until"])
    op.create_index("ix_webhook_deliveries_created_at", table, ["created_at"])


downgrade = refuse_downgrade
