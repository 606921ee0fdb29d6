"""Locations have coordinates: wallets show a card by itself where it can be used."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add latitude and longitude, unknown for the locations there are."""
    for name in ("latitude", "longitude"):
        op.add_column("locations", sa.Column(name, sa.Double()))


downgrade = refuse_downgrade
