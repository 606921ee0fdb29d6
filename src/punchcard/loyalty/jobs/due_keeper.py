"""What ends or begins on cards by itself: told to passes and pages on its day, booked later.

Any operation on a card books first what is due, so nobody waits for this; it is for cards that
nobody comes with. Points that ended are booked once no till can tell of a visit before that any
more. Everything goes through the till, a few cards at a time: stamps go between them.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select
from sqlalchemy.orm import Session

from punchcard.db import outbox
from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.ids import CardId, VendorId
from punchcard.kit.settings import Settings
from punchcard.loyalty.events import announce_cards_changed
from punchcard.loyalty.jobs import models as marks
from punchcard.loyalty.jobs.parts import (
    CARDS_READ,
    SYSTEM_ACTOR,
    do_in_parts,
)
from punchcard.loyalty.operations import BookDue, CardKey, CardRef
from punchcard.loyalty.tables import CARDS, PROGRAMS
from punchcard.loyalty.till.till import Till
from punchcard.loyalty.turns import ONE_KEY, GoesOn, Monotonic, Turns

CARDS_DUE: Final = "cards.due"
"""Something ended or began on some cards. There is one key."""

_ANNOUNCED: Final = "cards.due.announced"
# Somewhere on earth it is a day later already.
_FURTHEST_ZONE: Final = timedelta(hours=14)


def enqueue_due(session: Session, now: datetime) -> int:
    """Leave word when something may be due on a card; returns whether it is."""
    latest = (now + _FURTHEST_ZONE).date()
    if session.scalar(select(CARDS.c.id).where(CARDS.c.due_on <= latest).limit(1)) is None:
        return 0
    outbox.enqueue(session, CARDS_DUE, ONE_KEY, now)
    return 1


class DueKeeper:
    """Tells of what is due and books it, turn by turn, so that no lease runs out."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        till: Till,
        settings: Settings,
        *,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self._database = database
        self._till = till
        # An hour more than a till may have been without a line.
        self._grace = timedelta(hours=settings.offline_grace_hours + 1)
        self._turns = Turns(database, clock, CARDS_DUE, monotonic)

    def take_turn(self) -> None:
        """Announce and book for a while; leave word when there is more to do."""

        def announce_and_book(now: datetime, goes_on: GoesOn) -> bool:
            self.announce(now)
            return self.book(now, goes_on=goes_on)

        self._turns.take(announce_and_book)

    def announce(self, now: datetime) -> int:
        """Let passes and open pages follow what is due since the last time; returns how many."""
        with self._database.read_connection() as connection:
            since = marks.reached(connection, _ANNOUNCED, now) or now - self._grace
        told = 0
        for rows in self._due(since - _FURTHEST_ZONE, now + _FURTHEST_ZONE):
            changed = [row.id for row in rows if since < _begins(row) <= now]
            told += len(changed)
            if changed:
                with self._database.write() as session:
                    announce_cards_changed(session, changed, now)
        with self._database.write() as session:
            marks.reach(session.connection(), _ANNOUNCED, now)
        return told

    def book(self, now: datetime, *, goes_on: GoesOn = lambda: True) -> bool:
        """Book what has been due for the days of grace; returns whether nothing is left of it."""
        until = now - self._grace
        for rows in self._due(None, until + _FURTHEST_ZONE):
            due = [_booking(row, until) for row in rows if _begins(row) <= until]
            if not do_in_parts(self._till, due, goes_on):
                return False
        return True

    def _due(self, since: datetime | None, until: datetime) -> Iterator[Sequence[Row[Any]]]:
        """Give the cards that have something due between these days, some at a time."""
        first = date.min if since is None else since.astimezone(UTC).date()
        last = until.astimezone(UTC).date()
        after: tuple[date, str] | None = None
        while True:
            with self._database.read_connection() as connection:
                rows = _read_due(connection, first, last, after)
            if not rows:
                return
            yield rows
            after = (rows[-1].due_on, rows[-1].id)


def _read_due(
    connection: Connection, first: date, last: date, after: tuple[date, str] | None
) -> Sequence[Any]:
    query = (
        select(CARDS.c.id, CARDS.c.vendor_id, CARDS.c.due_on, PROGRAMS.c.timezone)
        .join(PROGRAMS, PROGRAMS.c.id == CARDS.c.program_id)
        .where(CARDS.c.due_on.between(first, last))
        .order_by(CARDS.c.due_on, CARDS.c.id)
        .limit(CARDS_READ)
    )
    if after is not None:
        day, card_id = after
        later = (CARDS.c.due_on > day) | ((CARDS.c.due_on == day) & (CARDS.c.id > card_id))
        query = query.where(CARDS.c.due_on >= day, later)
    return connection.execute(query).all()


def _begins(row: Row[Any]) -> datetime:
    """Return the moment the day begins on which something is due."""
    day: date = row.due_on
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(row.timezone)).astimezone(UTC)


def _booking(row: Row[Any], until: datetime) -> BookDue:
    return BookDue(
        vendor_id=VendorId(row.vendor_id),
        actor=SYSTEM_ACTOR,
        card=CardRef(CardKey.ID, CardId(row.id)),
        until=until,
    )
