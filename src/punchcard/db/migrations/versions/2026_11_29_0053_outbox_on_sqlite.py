"""The outbox of SQLite checks its statuses by comparing them one by one.

For IN with more than two words SQLite builds a table of them in memory, for each row that is
inserted: a fifteenth of what a stamp costs.
"""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import BigInt, UtcDateTime

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

_COLUMNS = "id, topic, key, status, attempts, available_at, lease_until, last_error, created_at"


def upgrade() -> None:
    """Make the table anew on SQLite, which cannot change a check; work that waits comes along."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for index in ("uq_outbox_waiting", "ix_outbox_topic_status_available_at"):
        op.drop_index(index, table_name="outbox")
    op.rename_table("outbox", "outbox_before")
    op.create_table(
        "outbox",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("topic", sa.String(40), nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("available_at", UtcDateTime, nullable=False),
        sa.Column("lease_until", UtcDateTime),
        sa.Column("last_error", sa.Text()),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.CheckConstraint(
            "status = 'waiting' OR status = 'claimed' OR status = 'parked'",
            name="ck_outbox_status",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.execute(f"INSERT INTO outbox ({_COLUMNS}) SELECT {_COLUMNS} FROM outbox_before")  # noqa: S608 names of columns
    op.drop_table("outbox_before")
    op.create_index(
        "uq_outbox_waiting",
        "outbox",
        ["topic", "key"],
        unique=True,
        sqlite_where=sa.text("status = 'waiting'"),
    )
    op.create_index(
        "ix_outbox_topic_status_available_at", "outbox", ["topic", "status", "available_at"]
    )


downgrade = refuse_downgrade
