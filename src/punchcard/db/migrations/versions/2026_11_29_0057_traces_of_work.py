"""What left work, for whoever does it in another process, while traces are on."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns: empty for all that is there, and while no trace is recorded."""
    op.add_column("outbox", sa.Column("traceparent", sa.String(length=55)))
    op.add_column("vendor_events", sa.Column("traceparent", sa.String(length=55)))


downgrade = refuse_downgrade
