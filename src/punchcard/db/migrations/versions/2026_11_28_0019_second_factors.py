"""People have a second factor beside their password, and codes for when it is lost."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import BigInt, Id, UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both tables, and whether a session may do nothing but set one up."""
    op.create_table(
        "second_factors",
        *_owner(),
        sa.Column("key_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", BigInt, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime()),
        *_constraints("second_factors"),
    )
    op.create_table(
        "recovery_codes",
        *_owner(),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime()),
        *_constraints("recovery_codes"),
    )
    for name in ("member_id", "admin_id"):
        op.create_index(f"uq_second_factors_{name}", "second_factors", [name], unique=True)
        op.create_index(f"ix_recovery_codes_{name}", "recovery_codes", [name])
    op.add_column(
        "access_tokens",
        sa.Column("needs_second_factor", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def _owner() -> list[sa.Column[str]]:
    return [
        sa.Column("id", Id, nullable=False),
        sa.Column("member_id", Id),
        sa.Column("admin_id", Id),
    ]


def _constraints(table: str) -> list[sa.Constraint]:
    return [
        sa.CheckConstraint(
            "(member_id IS NULL) <> (admin_id IS NULL)", name=f"ck_{table}_one_person"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=f"fk_{table}_member_id"),
        sa.ForeignKeyConstraint(["admin_id"], ["admins.id"], name=f"fk_{table}_admin_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    ]


downgrade = refuse_downgrade
