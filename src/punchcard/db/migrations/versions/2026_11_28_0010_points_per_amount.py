"""Points are earned per amount, which need not be one unit of the currency: 1 for every 10 euros.

What rounding leaves over on a card is a part of a point; into how many parts follows the amount, so
each card says it, and each program remembers since which version.
"""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import Json
from punchcard.kit.money import UNUSUAL_DIGITS

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_PROGRAMS = sa.table(
    "loyalty_programs", sa.column("currency"), sa.column("points_per_amount_minor", sa.Integer)
)


def upgrade() -> None:
    """Add the amount: until now it was one unit of the currency."""
    op.add_column(
        "loyalty_programs",
        sa.Column("points_per_amount_minor", sa.Integer(), server_default="100", nullable=False),
    )
    for digits in sorted(set(UNUSUAL_DIGITS.values())):
        currencies = sorted(code for code, has in UNUSUAL_DIGITS.items() if has == digits)
        op.execute(
            sa.update(_PROGRAMS)
            .where(_PROGRAMS.c.currency.in_(currencies))
            .values(points_per_amount_minor=10**digits)
        )
    op.add_column("loyalty_programs", sa.Column("carry_parts", Json, nullable=True))
    op.add_column("loyalty_cards", sa.Column("carry_parts", sa.Integer(), nullable=True))


downgrade = refuse_downgrade
