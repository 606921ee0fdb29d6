"""From when on what a vendor uses is counted, where it came with an archive."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import UtcDateTime

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and take it for who came before from when that was written down."""
    op.add_column("vendor_plans", sa.Column("counted_from", UtcDateTime()))
    op.execute(
        "UPDATE vendor_plans SET counted_from = (SELECT max(created_at) FROM audit_events"
        " WHERE subject_kind = 'vendor' AND subject_id = CAST(vendor_plans.vendor_id AS text)"
        " AND action = 'vendor.moved_in') WHERE vendor_id IN (SELECT vendor_id FROM audit_events"
        " WHERE action = 'vendor.moved_in')"
    )


downgrade = refuse_downgrade
