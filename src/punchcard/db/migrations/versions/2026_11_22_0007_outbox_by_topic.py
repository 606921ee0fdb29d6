"""Work is looked for by its topic: mails are found at once among any number of waiting cards."""

from alembic import op

from punchcard.db.migrate import refuse_downgrade

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put the topic first in the index that workers look by."""
    op.create_index(
        "ix_outbox_topic_status_available_at", "outbox", ["topic", "status", "available_at"]
    )
    op.drop_index("ix_outbox_status_available_at", table_name="outbox")


downgrade = refuse_downgrade
