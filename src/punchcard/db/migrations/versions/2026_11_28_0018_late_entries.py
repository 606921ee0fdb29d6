"""When terminals had their line, imports of history, and indexes of the ledger by who and where."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import BigInt, Id, UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both tables and both indexes; terminals of today did nothing before they were paired."""
    op.create_table(
        "device_presences",
        sa.Column("device_id", Id, nullable=False),
        sa.Column("began_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name="fk_device_presences_device_id"
        ),
        sa.PrimaryKeyConstraint("device_id", "began_at", name="pk_device_presences"),
    )
    op.create_index("ix_device_presences_ended_at", "device_presences", ["ended_at"])
    op.execute(
        "INSERT INTO device_presences (device_id, began_at, ended_at)"
        " SELECT id, '1970-01-01 00:00:00.000000', paired_at FROM devices"
        if op.get_bind().dialect.name == "sqlite"
        else "INSERT INTO device_presences (device_id, began_at, ended_at)"
        " SELECT id, '1970-01-01T00:00:00Z', paired_at FROM devices"
    )
    op.create_table(
        "history_imports",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        *(
            sa.Column(name, BigInt, nullable=False)
            for name in ("entries", "cards", "stamps", "points")
        ),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name="fk_history_imports_vendor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_history_imports"),
    )
    op.create_index("ix_history_imports_vendor_id", "history_imports", ["vendor_id"])
    for column in ("staff_pin_id", "location_id"):
        is_known = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_loyalty_transactions_{column}_id",
            "loyalty_transactions",
            [column, "id"],
            postgresql_where=is_known,
            sqlite_where=is_known,
        )


downgrade = refuse_downgrade
