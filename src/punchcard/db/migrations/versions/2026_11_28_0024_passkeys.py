"""People have passkeys beside their codes, or in the place of them."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import BigInt, Id, Json, UtcDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add their table."""
    op.create_table(
        "passkeys",
        sa.Column("id", Id, nullable=False),
        sa.Column("member_id", Id),
        sa.Column("admin_id", Id),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(length=1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", BigInt, nullable=False),
        sa.Column("transports", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime()),
        sa.CheckConstraint(
            "(member_id IS NULL) <> (admin_id IS NULL)", name="ck_passkeys_one_person"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_passkeys_member_id"),
        sa.ForeignKeyConstraint(["admin_id"], ["admins.id"], name="fk_passkeys_admin_id"),
        sa.PrimaryKeyConstraint("id", name="pk_passkeys"),
        sa.UniqueConstraint("credential_id", name="uq_passkeys_credential_id"),
    )
    op.create_index("ix_passkeys_member_id", "passkeys", ["member_id"])
    op.create_index("ix_passkeys_admin_id", "passkeys", ["admin_id"])


downgrade = refuse_downgrade
