"""Cards keep the code that their holder has printed from the system they moved in from."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade

revision = "0037"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and an index by which an old code is looked up and given once a program."""
    op.add_column("loyalty_cards", sa.Column("external_code", sa.String(length=200)))
    has_code = sa.text("external_code IS NOT NULL")
    op.create_index(
        "uq_loyalty_cards_external_code",
        "loyalty_cards",
        ["external_code", "program_id"],
        unique=True,
        postgresql_where=has_code,
        sqlite_where=has_code,
    )


downgrade = refuse_downgrade
