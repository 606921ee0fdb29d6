"""Locks of PINs grow, and a PIN that was guessed at too often is exhausted.

What a program allows is brought within the narrower bounds: 10 attempts, and 5 minutes.
"""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the counters, beginning with what is counted already."""
    for column in ("locks", "misses"):
        op.add_column(
            "staff_pins", sa.Column(column, sa.Integer(), nullable=False, server_default="0")
        )
    for column in ("last_missed_at", "exhausted_at"):
        op.add_column("staff_pins", sa.Column(column, UtcDateTime()))
    op.execute("UPDATE staff_pins SET misses = failed_attempts")
    op.add_column("throttles", sa.Column("locks", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE loyalty_programs SET pin_max_attempts = 10 WHERE pin_max_attempts > 10")
    op.execute("UPDATE loyalty_programs SET pin_lockout_minutes = 5 WHERE pin_lockout_minutes < 5")


downgrade = refuse_downgrade
