"""Apple Wallet: passes, the phones that hold them, and the pictures on them."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import BigInt, Id, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; the update tags start at nothing."""
    _apple_passes()
    _apple_update_tags()
    _apple_device_registrations()
    _pass_images()


downgrade = refuse_downgrade


def _apple_passes() -> None:
    op.create_table(
        "apple_passes",
        sa.Column("serial_number", sa.String(length=12), nullable=False),
        sa.Column("card_id", Id, nullable=False),
        sa.Column("update_tag", BigInt, nullable=False),
        sa.Column("pushed_tag", BigInt, nullable=False),
        sa.Column("modified_at", BigInt, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["loyalty_cards.id"], name="fk_apple_passes_card_id"),
        sa.PrimaryKeyConstraint("serial_number", name="pk_apple_passes"),
    )
    op.create_index("ix_apple_passes_card_id", "apple_passes", ["card_id"])
    op.create_index("ix_apple_passes_update_tag", "apple_passes", ["update_tag"])


def _apple_update_tags() -> None:
    op.create_table(
        "apple_update_tags",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_apple_update_tags"),
    )


def _apple_device_registrations() -> None:
    op.create_table(
        "apple_device_registrations",
        sa.Column("id", Id, nullable=False),
        sa.Column("device_library_id", sa.String(length=100), nullable=False),
        sa.Column("push_token", sa.String(length=200), nullable=False),
        sa.Column("serial_number", sa.String(length=12), nullable=False),
        sa.Column("card_id", Id, nullable=False),
        sa.Column("update_tag", BigInt, nullable=False),
        sa.Column("bad_token_count", sa.Integer(), nullable=False),
        sa.Column("last_push_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["loyalty_cards.id"], name="fk_apple_device_registrations_card_id"
        ),
        sa.ForeignKeyConstraint(
            ["serial_number"],
            ["apple_passes.serial_number"],
            name="fk_apple_device_registrations_serial_number",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_apple_device_registrations"),
    )
    op.create_index(
        "uq_apple_device_registrations_pass",
        "apple_device_registrations",
        ["device_library_id", "serial_number"],
        unique=True,
    )
    for column in ("serial_number", "card_id", "push_token"):
        op.create_index(
            f"ix_apple_device_registrations_{column}", "apple_device_registrations", [column]
        )


def _pass_images() -> None:
    op.create_table(
        "pass_images",
        sa.Column("program_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id"],
            ["loyalty_programs.id"],
            name="fk_pass_images_program_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("program_id", "kind", name="pk_pass_images"),
    )
