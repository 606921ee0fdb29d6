"""What was typed into a form while a session ended comes back."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "form_drafts",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_form_drafts"),
    )
    op.create_index("ix_form_drafts_expires_at", "form_drafts", ["expires_at"])
    op.create_index("ix_form_drafts_owner", "form_drafts", ["owner"])


downgrade = refuse_downgrade
