"""Receipt numbers stand in a table of their own: the void of a purchase frees its number.

And entries of a rare type are found by an index.
"""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import Id

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Note the receipt number of every purchase that was not voided; drop the index over all."""
    op.create_table(
        "reference_claims",
        sa.Column("program_id", Id, nullable=False),
        sa.Column("type", sa.String(length=24), nullable=False),
        sa.Column("reference", sa.String(length=128), nullable=False),
        sa.Column("transaction_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["loyalty_transactions.id"],
            name="fk_reference_claims_transaction_id",
        ),
        sa.PrimaryKeyConstraint("program_id", "type", "reference", name="pk_reference_claims"),
    )
    op.execute(
        "INSERT INTO reference_claims (program_id, type, reference, transaction_id)"
        " SELECT program_id, type, reference, id FROM loyalty_transactions AS entry"
        " WHERE reference IS NOT NULL AND type = 'points_earned' AND NOT EXISTS"
        " (SELECT 1 FROM loyalty_transactions AS void WHERE void.voids = entry.id)"
    )
    op.create_index(
        "ix_loyalty_transactions_vendor_id_type_id",
        "loyalty_transactions",
        ["vendor_id", "type", "id"],
    )
    op.drop_index("uq_loyalty_transactions_reference", table_name="loyalty_transactions")


downgrade = refuse_downgrade
