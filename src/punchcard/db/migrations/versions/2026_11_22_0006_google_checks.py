"""Google objects: when Google last told who holds each, so that the oldest word is renewed."""

from alembic import op

from punchcard.db.migrate import refuse_downgrade

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Name the column for what it says, and find the oldest by an index."""
    op.alter_column("google_objects", "sent_at", new_column_name="told_at")
    op.create_index("ix_google_objects_told_at", "google_objects", ["told_at"])


downgrade = refuse_downgrade
