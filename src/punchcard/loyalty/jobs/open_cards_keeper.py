"""Vendors' open cards, counted anew each day: what a server of an older version left out.

A server that knows no plans opens cards beside the count in `vendor_plans` while a rolling upgrade
goes on, or after one was taken back. Vendors are looked at some at a time, without holding
anything; only where the count is wrong is the vendor's row held, for one count.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from punchcard.accounts.models import Vendor
from punchcard.accounts.plans import card_places
from punchcard.accounts.plans.models import VendorPlan
from punchcard.db import outbox
from punchcard.db.base import table_of
from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.ids import VendorId
from punchcard.loyalty.programs.plan_changes import open_cards_of
from punchcard.loyalty.tables import CARDS
from punchcard.loyalty.vocabulary import HELD_STATUSES

OPEN_CARDS_COUNT: Final = "cards.count"
"""Open cards are to be counted anew, of the vendors after the one the key names."""
EVERY_VENDOR: Final = "all"
"""The key that begins with the first vendor."""
VENDORS_AT_ONCE: Final = 500
CARDS_AT_ONCE: Final = 100_000
"""A part ends before the vendor that would make it count more cards than these."""

_VENDORS = table_of(Vendor)
_PLANS = table_of(VendorPlan)
_KEPT: Final = func.coalesce(_PLANS.c.open_cards, 0)


class OpenCardsKeeper:
    """Counts part by part; what is left stays in the outbox, and survives a worker that dies."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        vendors_at_once: int = VENDORS_AT_ONCE,
        cards_at_once: int = CARDS_AT_ONCE,
    ) -> None:
        self._database = database
        self._clock = clock
        self._vendors_at_once = vendors_at_once
        self._cards_at_once = cards_at_once

    def enqueue(self, session: Session) -> int:
        """Leave word that every vendor is to be looked at; returns 1."""
        outbox.enqueue(session, OPEN_CARDS_COUNT, EVERY_VENDOR, self._clock.now())
        return 1

    def take_turn(self, key: str) -> int:
        """Mend the counts of one part of the vendors; returns how many were wrong.

        `key` is the id of the vendor before the part, or EVERY_VENDOR. Leaves word of the next one.
        """
        after = None if key == EVERY_VENDOR else VendorId(key)
        with self._database.read_connection() as connection:
            part = self._part(_vendors_after(connection, after, self._vendors_at_once))
            wrong = _miscounted(connection, part)
        for vendor_id in wrong:
            with self._database.write() as session:
                card_places.recount(session, vendor_id, open_cards_of(vendor_id))
        if part:
            with self._database.write() as session:
                outbox.enqueue(session, OPEN_CARDS_COUNT, part[-1], self._clock.now())
        return len(wrong)

    def _part(self, vendors: Sequence[Any]) -> list[VendorId]:
        """Return the first vendors that are counted at once: one at least, however large."""
        part: list[VendorId] = []
        cards = 0
        for vendor in vendors:
            cards += vendor.kept
            if part and cards > self._cards_at_once:
                break
            part.append(vendor.id)
        return part


def _vendors_after(connection: Connection, after: VendorId | None, limit: int) -> Sequence[Any]:
    query = (
        select(_VENDORS.c.id, _KEPT.label("kept"))
        .outerjoin(_PLANS, _PLANS.c.vendor_id == _VENDORS.c.id)
        .order_by(_VENDORS.c.id)
        .limit(limit)
    )
    return connection.execute(query if after is None else query.where(_VENDORS.c.id > after)).all()


def _miscounted(connection: Connection, vendor_ids: Sequence[VendorId]) -> list[VendorId]:
    """Return the vendors whose count is not that of their cards.

    In one statement, so that both are of one moment: a till moves them in one transaction.
    """
    own = (CARDS.c.vendor_id == _VENDORS.c.id, CARDS.c.status.in_(HELD_STATUSES))
    counted = select(func.count()).select_from(CARDS).where(*own).scalar_subquery()
    query = (
        select(_VENDORS.c.id)
        .outerjoin(_PLANS, _PLANS.c.vendor_id == _VENDORS.c.id)
        .where(_VENDORS.c.id.in_(vendor_ids), counted != _KEPT)
    )
    return list(connection.scalars(query.order_by(_VENDORS.c.id)))
