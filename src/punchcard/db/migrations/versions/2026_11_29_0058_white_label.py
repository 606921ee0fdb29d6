"""Whether a plan leaves our own name away, and where answers to a shop's mails go."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; plans that exist go on showing our name, and mails have no such address."""
    op.add_column(
        "plans", sa.Column("white_label", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("vendors", sa.Column("reply_to", sa.String(length=254)))


downgrade = refuse_downgrade
