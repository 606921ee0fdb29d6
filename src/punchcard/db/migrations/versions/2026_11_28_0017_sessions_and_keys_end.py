"""Sessions know when they were confirmed and from where; API keys end; people know they came."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import Id, UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_EVENTS = sa.table(
    "audit_events",
    *(sa.column("actor_id"), sa.column("action"), sa.column("created_at", UtcDateTime)),
)


def upgrade() -> None:
    """Add the columns, and when each person signed in last, which the audit trail remembers."""
    op.add_column("access_tokens", sa.Column("network", sa.String(length=64)))
    op.add_column("access_tokens", sa.Column("confirmed_at", UtcDateTime()))
    op.add_column("api_keys", sa.Column("expires_at", UtcDateTime()))
    latest = (
        sa.select(_EVENTS.c.actor_id, sa.func.max(_EVENTS.c.created_at).label("at"))
        .where(_EVENTS.c.action == "session.opened")
        .group_by(_EVENTS.c.actor_id)
    )
    signed_in = op.get_bind().execute(latest).all()
    for name in ("members", "admins"):
        op.add_column(name, sa.Column("signed_in_at", UtcDateTime()))
        people = sa.table(name, sa.column("id", Id), sa.column("signed_in_at", UtcDateTime))
        change = sa.update(people).where(people.c.id == sa.bindparam("person"))
        told = [{"person": row.actor_id, "at": row.at} for row in signed_in if row.actor_id]
        if told:
            op.get_bind().execute(change.values(signed_in_at=sa.bindparam("at")), told)


downgrade = refuse_downgrade
