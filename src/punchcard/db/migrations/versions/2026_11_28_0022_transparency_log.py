"""The transparency log: entries and events in one order, trees over them, and checkpoints."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.append_only import make_append_only
from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import BigInt, Id, UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create an empty log: the worker takes up what there is, a part at a time."""
    _leaves()
    _nodes()
    _heads()
    _checkpoints()
    for table in ("log_leaves", "log_nodes", "log_checkpoints"):
        make_append_only(op.get_bind(), table)


def _leaves() -> None:
    op.create_table(
        "log_leaves",
        sa.Column("tree", sa.String(length=8), nullable=False),
        sa.Column("position", BigInt, autoincrement=False, nullable=False),
        sa.Column("subject_id", Id, nullable=False),
        sa.Column("card_id", Id, nullable=True),
        sa.Column("data", sa.LargeBinary(length=32), nullable=False),
        sa.Column("beside", sa.LargeBinary(length=32), nullable=True),
        sa.Column("marks", sa.LargeBinary(length=4), nullable=True),
        sa.PrimaryKeyConstraint("tree", "position", name="pk_log_leaves"),
        sqlite_with_rowid=False,
    )
    op.create_index("uq_log_leaves_subject_id", "log_leaves", ["tree", "subject_id"], unique=True)
    op.create_table(
        "log_salts",
        sa.Column("position", BigInt, autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_log_salts"),
        sqlite_with_rowid=False,
    )


def _nodes() -> None:
    op.create_table(
        "log_nodes",
        sa.Column("tree", sa.String(length=8), nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", BigInt, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("tree", "level", "number", name="pk_log_nodes"),
        sqlite_with_rowid=False,
    )


def _heads() -> None:
    op.create_table(
        "log_heads",
        sa.Column("tree", sa.String(length=8), nullable=False),
        sa.Column("size", BigInt, nullable=False),
        sa.Column("mark", Id, nullable=True),
        sa.PrimaryKeyConstraint("tree", name="pk_log_heads"),
    )


def _checkpoints() -> None:
    op.create_table(
        "log_checkpoints",
        sa.Column("id", Id, nullable=False),
        sa.Column("size", BigInt, nullable=False),
        sa.Column("audit_size", BigInt, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_log_checkpoints"),
    )
    op.create_index("ix_log_checkpoints_created_at", "log_checkpoints", ["created_at"])


downgrade = refuse_downgrade
