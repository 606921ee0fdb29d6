"""Short names that were changed stay their vendor's; a database knows its secrets."""

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import Id, Json, UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_BEARERS = {"program": "loyalty_programs", "vendor": "vendors"}
_EVENTS = sa.table(
    "audit_events",
    *(sa.column("id", Id), sa.column("vendor_id", Id), sa.column("subject_id")),
    *(sa.column("action"), sa.column("old", Json), sa.column("created_at", UtcDateTime)),
)
_RETIRED = sa.table(
    "retired_slugs",
    *(sa.column("kind"), sa.column("slug"), sa.column("vendor_id", Id)),
    *(sa.column("subject_id", Id), sa.column("retired_at", UtcDateTime)),
)


def upgrade() -> None:
    """Add both tables, and the short names that the audit trail remembers."""
    op.create_table(
        "retired_slugs",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("slug", sa.String(length=63), nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("subject_id", Id, nullable=True),
        sa.Column("retired_at", UtcDateTime, nullable=False),
        sa.CheckConstraint("kind IN ('program', 'vendor')", name="ck_retired_slugs_kind"),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name="fk_retired_slugs_vendor_id"),
        sa.PrimaryKeyConstraint("kind", "slug", name="pk_retired_slugs"),
    )
    op.create_index("ix_retired_slugs_subject_id", "retired_slugs", ["subject_id"])
    op.create_table(
        "secret_checks",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.LargeBinary(length=16), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_secret_checks"),
    )
    connection = op.get_bind()
    for kind, table in _BEARERS.items():
        _retire_former(connection, kind, sa.table(table, sa.column("id", Id), sa.column("slug")))


def _retire_former(connection: sa.Connection, kind: str, bearers: sa.TableClause) -> None:
    """Keep each slug that was changed away from, unless someone bears it now."""
    borne = set(connection.scalars(sa.select(bearers.c.slug)))
    alive = set(connection.scalars(sa.select(bearers.c.id)))
    events = (
        sa.select(_EVENTS)
        .where(_EVENTS.c.action.in_([f"{kind}.updated", f"{kind}.deleted"]))
        .order_by(_EVENTS.c.id)
    )
    found: dict[str, dict[str, object]] = {}
    for event in connection.execute(events).mappings():
        slug = (event["old"] or {}).get("slug")
        if slug and slug not in borne and event["vendor_id"]:
            # The latest bearer's: an address that was handed on leads where it led last.
            found[slug] = {
                "kind": kind,
                "slug": slug,
                "vendor_id": event["vendor_id"],
                "subject_id": event["subject_id"] if event["subject_id"] in alive else None,
                "retired_at": event["created_at"],
            }
    if found:
        connection.execute(sa.insert(_RETIRED), list(found.values()))


downgrade = refuse_downgrade
