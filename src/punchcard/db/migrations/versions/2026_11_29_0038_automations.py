"""Programs have automations, and customers say when they told their birthday."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import BigInt, Id, Json, UtcDateTime

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_TRIGGERS = (
    "trigger IN ('birthday', 'anniversary', 'lapsed', 'joined', 'first_visit', 'nth_visit',"
    " 'tier_reached', 'points_expiring')"
)
_WAITS = sa.text("state = 'waiting'")


def upgrade() -> None:
    """Add their tables; a birthday that is known was told when its customer came."""
    op.add_column("loyalty_programs", sa.Column("followed", Json))
    op.add_column("customers", sa.Column("birthday_set_at", UtcDateTime()))
    op.execute("UPDATE customers SET birthday_set_at = created_at WHERE birthday IS NOT NULL")
    _automations()
    _runs()


def _automations() -> None:
    op.create_table(
        "automations",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("program_id", Id, nullable=False),
        sa.Column("name", sa.String(length=120)),
        sa.Column("trigger", sa.String(length=16), nullable=False),
        sa.Column("when", Json, nullable=False),
        sa.Column("conditions", Json, nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("reward_id", Id),
        sa.Column("points", BigInt),
        sa.Column("stamps", sa.Integer()),
        sa.Column("valid_days", sa.Integer()),
        sa.Column("hold_out_percent", sa.Integer(), nullable=False),
        sa.Column("limit_per_year", sa.Integer()),
        sa.Column("quiet_hours", Json),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("active_since", UtcDateTime()),
        sa.Column("reached_on", sa.Date()),
        sa.Column("reaching_on", sa.Date()),
        sa.Column("reached_card_id", Id),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(_TRIGGERS, name="ck_automations_trigger"),
        sa.CheckConstraint(
            "action IN ('grant', 'points', 'stamps', 'message')", name="ck_automations_action"
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'active', 'paused', 'ended')", name="ck_automations_status"
        ),
        sa.CheckConstraint("hold_out_percent BETWEEN 0 AND 50", name="ck_automations_hold_out"),
        sa.CheckConstraint("limit_per_year >= 1", name="ck_automations_limit"),
        *_references("automations", "vendor_id", "program_id", "reward_id"),
        sa.PrimaryKeyConstraint("id", name="pk_automations"),
    )
    op.create_index("ix_automations_program_id_id", "automations", ["program_id", "id"])


def _runs() -> None:
    op.create_table(
        "automation_runs",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("automation_id", Id, nullable=False),
        sa.Column("automation_version", sa.Integer(), nullable=False),
        sa.Column("card_id", Id, nullable=False),
        sa.Column("trigger", sa.String(length=16), nullable=False),
        sa.Column("occasion", sa.String(length=60), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime()),
        sa.Column("refused_by", sa.String(length=60)),
        sa.Column("entry_id", Id),
        sa.Column("grant_id", Id),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(_TRIGGERS, name="ck_automation_runs_trigger"),
        sa.CheckConstraint(
            "state IN ('waiting', 'acted', 'held_out', 'refused')", name="ck_automation_runs_state"
        ),
        *_references(
            "automation_runs", "vendor_id", "automation_id", "card_id", "entry_id", "grant_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_automation_runs"),
        sa.UniqueConstraint("automation_id", "card_id", "occasion", name="uq_automation_runs_once"),
    )
    of_automation = ["automation_id", "id"]
    op.create_index("ix_automation_runs_automation_id_id", "automation_runs", of_automation)
    op.create_index("ix_automation_runs_card_id", "automation_runs", ["card_id"])
    op.create_index(
        "ix_automation_runs_due_at",
        "automation_runs",
        ["due_at", "id"],
        postgresql_where=_WAITS,
        sqlite_where=_WAITS,
    )


def _references(table: str, *columns: str) -> list[sa.ForeignKeyConstraint]:
    tables = {
        "vendor_id": "vendors",
        "program_id": "loyalty_programs",
        "reward_id": "rewards",
        "automation_id": "automations",
        "card_id": "loyalty_cards",
        "entry_id": "loyalty_transactions",
        "grant_id": "grants",
    }
    return [
        sa.ForeignKeyConstraint(
            [name],
            [f"{tables[name]}.id"],
            name=f"fk_{table}_{name}",
            ondelete="CASCADE" if name in ("program_id", "reward_id") else None,
        )
        for name in columns
    ]


downgrade = refuse_downgrade
