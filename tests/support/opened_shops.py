"""Shops put in as the rows that their opening leaves, for a third of the work.

The rows are the services' own: the first opening of a shop in a process is a real one. What later
ones put in has ids and times of their own.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Table, exists, insert, or_, select
from sqlalchemy.orm import Session

from punchcard.accounts.events import SecurityEventKept
from punchcard.accounts.models import Admin, AuditEvent, Location, RetiredSlug, User, Vendor
from punchcard.accounts.plans.models import Plan, VendorPlan
from punchcard.context import Context
from punchcard.db.base import Base
from punchcard.db.events import announce
from punchcard.kit.ids import VendorId

_HELD: Final = (Vendor, VendorPlan, User, Location, AuditEvent)
"""Whatever a shop has from its first moment, each after those that it names."""

_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class _Opening:
    """What an opening left: the rows of each table, and what was announced."""

    rows: list[tuple[Table, list[Row]]]
    announced: tuple[SecurityEventKept, ...]
    ids: list[str]
    at: datetime

    def fits(self, session: Session) -> bool:
        """Return whether the services would open the same: no plan waits, and no name is taken."""
        rows = {table.name: held[0] for table, held in self.rows}
        slug, email = rows["vendors"]["slug"], rows["members"]["email"]
        hindrances = (
            select(Plan.id).where(Plan.is_default),
            select(Vendor.id).where(Vendor.slug == slug),
            select(RetiredSlug.slug).where(RetiredSlug.slug == slug),
            select(User.id).where(User.email == email),
            select(Admin.id).where(Admin.email == email),
        )
        return not session.scalar(select(or_(*(exists(one) for one in hindrances))))

    def put_in(self, session: Session, context: Context, password_hash: str) -> VendorId:
        """Leave the same once more, now; returns the shop's id."""
        # They sort as they were made, and before whatever comes later in the test.
        ids = {old: context.ids.new_id() for old in self.ids}
        now = context.clock.now()

        def anew(value: Any) -> Any:
            if isinstance(value, str):
                return _ID.sub(lambda found: ids[found[0]], value)
            return now if value == self.at else value

        connection = session.connection()
        for table, rows in self.rows:
            put = [{name: anew(value) for name, value in row.items()} for row in rows]
            for row in put:
                if "password_hash" in row:
                    row["password_hash"] = password_hash
            connection.execute(insert(table), put if len(put) > 1 else put[0])
        shop = VendorId(ids[self.ids[0]])
        for event in self.announced:
            announce(session, replace(event, of=anew(event.of), vendor_id=shop))
        return shop


_openings: Final[dict[object, _Opening]] = {}


def opened(
    context: Context, key: object, password_hash: str, by_services: Callable[[Session], VendorId]
) -> VendorId:
    """Open a shop `by_services`, or leave what that left before in this process for this `key`.

    Where a plan waits for new shops, or a name or an address is taken, the services decide.
    """
    announced: list[SecurityEventKept] = []
    with context.database.write() as session:
        known = _openings.get(key)
        if known is not None and known.fits(session):
            return known.put_in(session, context, password_hash)
        context.database.subscribe(SecurityEventKept, announced.append)
        shop = by_services(session)
        session.flush()
        rows = [(table, _rows(session.connection(), table, shop)) for table in map(_table, _HELD)]
        waits = session.scalar(select(Plan.id).where(Plan.is_default)) is not None
    if not waits:
        made = sorted({row["id"] for _, held in rows for row in held if "id" in row})
        assert made[0] == shop
        # A copy: whatever else is announced in this test is heard too.
        _openings[key] = _Opening(rows, tuple(announced), made, context.clock.now())
    return shop


def _rows(connection: Connection, table: Table, shop: VendorId) -> list[Row]:
    owner = table.c.vendor_id if "vendor_id" in table.c else table.c.id
    found = connection.execute(select(table).where(owner == shop).order_by(*table.primary_key))
    return [dict(row) for row in found.mappings()]


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table
