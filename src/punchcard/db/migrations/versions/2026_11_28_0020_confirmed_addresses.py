"""An address of a person counts once it is confirmed: until then others may claim it too."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep each address as confirmed, and beside it the address as it was told.

    The unique column stays what it was, so whoever signs in today goes on doing so.
    """
    op.add_column(
        "members",
        sa.Column("address", sa.String(length=254), nullable=False, server_default=sa.text("''")),
    )
    members = sa.table("members", sa.column("email"), sa.column("address"))
    op.get_bind().execute(sa.update(members).values(address=members.c.email))
    op.create_index("ix_members_address", "members", ["address"])
    op.create_index(
        "uq_members_vendor_id_address", "members", ["vendor_id", "address"], unique=True
    )


downgrade = refuse_downgrade
