"""People may sign in by the operator's identity provider, once they have linked their account."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import Id, UtcDateTime

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "linked_identities",
        sa.Column("id", Id, nullable=False),
        sa.Column("member_id", Id),
        sa.Column("admin_id", Id),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime()),
        sa.CheckConstraint(
            "(member_id IS NULL) <> (admin_id IS NULL)", name="ck_linked_identities_one_person"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name="fk_linked_identities_member_id"
        ),
        sa.ForeignKeyConstraint(["admin_id"], ["admins.id"], name="fk_linked_identities_admin_id"),
        sa.PrimaryKeyConstraint("id", name="pk_linked_identities"),
        sa.UniqueConstraint("issuer", "subject", name="uq_linked_identities_issuer_subject"),
    )
    op.create_index(
        "uq_linked_identities_member_id", "linked_identities", ["member_id"], unique=True
    )
    op.create_index("uq_linked_identities_admin_id", "linked_identities", ["admin_id"], unique=True)


downgrade = refuse_downgrade
