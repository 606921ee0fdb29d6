"""A card's link alone gives no data away: proofs of person, erasures that can be undone."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import Id, UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of links that work once, of proofs and of erasures."""
    op.create_table(
        "used_links",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_used_links"),
    )
    op.create_index("ix_used_links_expires_at", "used_links", ["expires_at"])
    op.create_table(
        "erasures",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("card_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=True),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("confirmed_by_kind", sa.String(length=16), nullable=True),
        sa.Column("confirmed_by_id", Id, nullable=True),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("undone_at", UtcDateTime, nullable=True),
        sa.Column("done_at", UtcDateTime, nullable=True),
        sa.ForeignKeyConstraint(["card_id"], ["loyalty_cards.id"], name="fk_erasures_card_id"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_erasures_customer_id"),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name="fk_erasures_vendor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_erasures"),
    )
    op.create_index("ix_erasures_card_id", "erasures", ["card_id"])
    op.create_index("ix_erasures_customer_id", "erasures", ["customer_id"])
    op.create_index("ix_erasures_due_at", "erasures", ["due_at"])
    op.create_table(
        "person_proofs",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("card_id", Id, nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=True),
        sa.Column("confirmed_at", UtcDateTime, nullable=True),
        sa.Column("confirmed_by_kind", sa.String(length=16), nullable=True),
        sa.Column("confirmed_by_id", Id, nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["loyalty_cards.id"], name="fk_person_proofs_card_id"),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name="fk_person_proofs_vendor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_person_proofs"),
        sa.UniqueConstraint("secret_hash", name="uq_person_proofs_secret_hash"),
    )
    op.create_index("ix_person_proofs_card_id", "person_proofs", ["card_id"])
    op.create_index("ix_person_proofs_expires_at", "person_proofs", ["expires_at"])


downgrade = refuse_downgrade
