"""Files are brought along, tried, put on cards and undone."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import Id, Json, UtcDateTime

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

_STATES = "'uploaded', 'previewing', 'ready', 'running', 'done', 'undoing', 'undone'"


def upgrade() -> None:
    """Add the tables of imports and of their rows."""
    op.create_table(
        "card_imports",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("program_id", Id, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("encoding", sa.String(length=16), nullable=False),
        sa.Column("delimiter", sa.String(length=1), nullable=False),
        sa.Column("decimal", sa.String(length=1), nullable=False),
        sa.Column("date_order", sa.String(length=16), nullable=False),
        sa.Column("headings", Json, nullable=False),
        sa.Column("mapping", Json, nullable=False),
        sa.Column("balance", sa.String(length=16)),
        sa.Column("consent_source", sa.String(length=500)),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("counts", Json, nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.String(length=64)),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(f"state IN ({_STATES})", name="ck_card_imports_state"),
        sa.CheckConstraint("format IN ('csv', 'xlsx')", name="ck_card_imports_format"),
        sa.CheckConstraint("date_order IN ('dmy', 'mdy')", name="ck_card_imports_date_order"),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name="fk_card_imports_vendor_id"),
        sa.ForeignKeyConstraint(
            ["program_id"], ["loyalty_programs.id"], name="fk_card_imports_program_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_card_imports"),
    )
    op.create_index("ix_card_imports_vendor_id_id", "card_imports", ["vendor_id", "id"])
    op.create_table(
        "card_import_parts",
        sa.Column("import_id", Id, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("rows", sa.LargeBinary()),
        sa.Column("keys", sa.LargeBinary()),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("counts", Json, nullable=False),
        sa.Column("faults", Json, nullable=False),
        sa.Column("done", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["card_imports.id"], name="fk_card_import_parts_import_id"
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name="pk_card_import_parts"),
    )


downgrade = refuse_downgrade
