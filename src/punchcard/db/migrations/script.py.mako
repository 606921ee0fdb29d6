"""${message}."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import BigInt, Id, Json, UtcDateTime

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """${message}."""
    ${upgrades if upgrades else "pass"}


downgrade = refuse_downgrade
