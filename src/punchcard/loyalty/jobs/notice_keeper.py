"""Tells cards of what soon ends on them: a mail, and a pass that says it, once a card and notice.

It goes through the cards once for each nine o'clock that passes where a shop is. What was told is
noted in the same transaction as the mail, so nobody hears of it twice, whatever stands still or is
done again; after a standstill each end is told of once, not once for each notice that was missed.
"""

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Select, delete, select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act
from punchcard.accounts.subjects import SYSTEM
from punchcard.accounts.vocabulary import VendorStatus
from punchcard.db import outbox
from punchcard.db.base import table_of
from punchcard.db.database import Database
from punchcard.db.dialects import insert_into
from punchcard.db.outbox import OutboxRow, WorkStatus
from punchcard.kit.clock import Clock, to_rfc3339
from punchcard.kit.ids import CardId, Ids
from punchcard.loyalty.cards.customer_mail import CustomerMail
from punchcard.loyalty.events import announce_cards_changed
from punchcard.loyalty.jobs import models as marks
from punchcard.loyalty.jobs.models import ExpiryNotice
from punchcard.loyalty.jobs.parts import CARDS_AT_ONCE, CARDS_READ
from punchcard.loyalty.rules.dated.notices import (
    Ending,
    EndNotice,
    endings,
    notice_time,
    notices_between,
)
from punchcard.loyalty.rules.standing import NO_STANDING, Standing
from punchcard.loyalty.tables import CARDS, PROGRAMS, VENDORS
from punchcard.loyalty.turns import TURN_SECONDS, Monotonic
from punchcard.loyalty.vendor_events import Happened, tell
from punchcard.loyalty.vocabulary import CardStatus, VendorEventType

CARDS_NOTICES: Final = "cards.notices"
"""It is nine o'clock where a shop is; the key is how far a run has come: see NoticePlace."""

_TOLD: Final = "cards.notices.told"
_NOTICES: Final = table_of(ExpiryNotice)
_OUTBOX: Final = table_of(OutboxRow)
_FIRST_LOOK: Final = timedelta(days=1)
_KEPT: Final = timedelta(days=30)
# Somewhere on earth it is a day later already.
_FURTHEST_ZONE: Final = timedelta(hours=14)
_BEFORE_ALL: Final = (date.min, CardId("-"))


class NoticePlace(NamedTuple):
    """How far a run has come: the moment it is of, and the card it looked at last."""

    now: datetime
    due_on: date = _BEFORE_ALL[0]
    card_id: CardId = _BEFORE_ALL[1]

    @classmethod
    def parse(cls, key: str) -> "NoticePlace":
        """Return the place that a key of the outbox names."""
        now, due_on, card_id = key.split(" ")
        return cls(datetime.fromisoformat(now), date.fromisoformat(due_on), CardId(card_id))

    @property
    def key(self) -> str:
        """Return what a place is named by in the outbox."""
        return f"{to_rfc3339(self.now)} {self.due_on.isoformat()} {self.card_id}"


def enqueue_notices(session: Session, now: datetime) -> int:
    """Leave word when it became nine o'clock where a shop tells of ends; returns whether it did."""
    connection = session.connection()
    under_way = select(_OUTBOX.c.id).where(
        _OUTBOX.c.topic == CARDS_NOTICES, _OUTBOX.c.status != WorkStatus.PARKED
    )
    if not _zones_due(connection, _since(connection, now), now):
        return 0
    if connection.scalar(under_way.limit(1)) is not None:
        return 0
    outbox.enqueue(session, CARDS_NOTICES, NoticePlace(now).key, now)
    return 1


def expire_notices(session: Session, now: datetime) -> int:
    """Forget what was told of what ended a month ago."""
    old = delete(_NOTICES).where(_NOTICES.c.expires_on < (now - _KEPT).date())
    return session.connection().execute(old).rowcount


class NoticeKeeper:
    """Tells of what soon ends, turn by turn, so that no lease runs out."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        customer_mail: CustomerMail,
        ids: Ids,
        *,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self._customer_mail = customer_mail
        self._ids = ids
        self._monotonic = monotonic

    def take_turn(self, key: str) -> None:
        """Go on from the place that `key` names for a while; leave word when there is more."""
        until = self._monotonic() + TURN_SECONDS
        place: NoticePlace | None = NoticePlace.parse(key)
        while place is not None:
            place = self.tell_some(place)
            if place is not None and self._monotonic() >= until:
                with self._database.write() as session:
                    outbox.enqueue(session, CARDS_NOTICES, place.key, self._clock.now())
                return

    def tell_some(self, place: NoticePlace) -> NoticePlace | None:
        """Tell some cards of what soon ends on them; returns where to go on, None at the end."""
        now = place.now
        with self._database.read_connection() as connection:
            since = _since(connection, now)
            zones = _zones_due(connection, since, now)
            rows = _read_cards(connection, zones, place)
        if not rows:
            with self._database.write() as session:
                marks.reach(session.connection(), _TOLD, now)
            return None
        told = [row.id for row in rows if _notices_of(row, since, now)]
        for start in range(0, len(told), CARDS_AT_ONCE):
            self._tell(told[start : start + CARDS_AT_ONCE], since, now)
        return NoticePlace(now, rows[-1].due_on, rows[-1].id)

    def _tell(self, card_ids: Sequence[CardId], since: datetime, now: datetime) -> None:
        """Tell cards of what ends, as it is now: some of it may have been spent this moment."""
        with self._database.write() as session:
            told = []
            query = _cards().where(CARDS.c.id.in_(card_ids)).order_by(CARDS.c.id)
            for row in session.connection().execute(query):
                notices = _notices_of(row, since, now)
                days = {one.expires_on for one in notices if _is_new(session, row.id, one, now)}
                if days:
                    all_ends = endings(Standing.parse(row.standing) or NO_STANDING)
                    ends = [one for one in all_ends if one.expires_on in days]
                    self._customer_mail.tell_of_ends(session, row.id, ends)
                    if row.keeps_events:
                        self._tell_software(session, row, ends)
                    told.append(CardId(row.id))
            if told:
                announce_cards_changed(session, told, self._clock.now())

    def _tell_software(self, session: Session, row: Row[Any], ends: Sequence[Ending]) -> None:
        """Write down for the shop's own software which points soon end on a card."""
        act = Act(subject=SYSTEM, now=self._clock.now(), ids=self._ids)
        happened = [
            Happened(
                VendorEventType.POINTS_EXPIRING,
                {
                    "card_id": row.id,
                    "program_id": row.program_id,
                    "points": end.points,
                    "expires_on": end.expires_on,
                },
            )
            for end in ends
            if end.points
        ]
        tell(session, act, row.vendor_id, *happened)


def _notices_of(row: Row[Any], since: datetime, now: datetime) -> list[EndNotice]:
    standing = Standing.parse(row.standing)
    if standing is None:
        return []
    zone = ZoneInfo(row.timezone)
    return notices_between(standing, row.expiry_notice_days, zone, since, now)


def _is_new(session: Session, card_id: CardId, notice: EndNotice, now: datetime) -> bool:
    """Note a notice; returns whether nobody has done so before."""
    row = {
        "card_id": card_id,
        "expires_on": date.fromisoformat(notice.expires_on),
        "days": notice.days,
        "created_at": now,
    }
    insert = insert_into(session, ExpiryNotice).values(row).on_conflict_do_nothing()
    return session.connection().scalar(insert.returning(_NOTICES.c.card_id)) is not None


def _since(connection: Connection, now: datetime) -> datetime:
    return marks.reached(connection, _TOLD, now) or now - _FIRST_LOOK


def _zones_due(connection: Connection, since: datetime, now: datetime) -> dict[str, int]:
    """Return the zones of shops where it became nine o'clock, each with its longest notice."""
    # Also where nothing new ends any more: what cards have already keeps its dates.
    query = select(PROGRAMS.c.timezone, PROGRAMS.c.expiry_notice_days).where(
        PROGRAMS.c.expiry_notice_days.is_not(None)
    )
    zones: dict[str, int] = {}
    for timezone, days in connection.execute(query.distinct()):
        if days and _latest(ZoneInfo(timezone), now) > since:
            zones[timezone] = max(*days, zones.get(timezone, 0))
    return zones


def _latest(zone: ZoneInfo, now: datetime) -> datetime:
    """Return when it was nine o'clock last."""
    today = now.astimezone(zone).date()
    if now < notice_time(zone, today):
        return notice_time(zone, today - timedelta(days=1))
    return notice_time(zone, today)


def _cards() -> Select[Any]:
    """Return the query of what a notice looks at of cards that are told of ends at all."""
    names = ("id", "vendor_id", "program_id", "due_on", "standing")
    columns = [CARDS.c[name] for name in names]
    of_program = (PROGRAMS.c.timezone, PROGRAMS.c.expiry_notice_days)
    return (
        select(*columns, *of_program, VENDORS.c.keeps_events)
        .join(PROGRAMS, PROGRAMS.c.id == CARDS.c.program_id)
        .join(VENDORS, VENDORS.c.id == CARDS.c.vendor_id)
        .where(
            CARDS.c.status == CardStatus.ACTIVE,
            VENDORS.c.status == VendorStatus.ACTIVE,
            PROGRAMS.c.expiry_notice_days.is_not(None),
        )
    )


def _read_cards(connection: Connection, zones: dict[str, int], place: NoticePlace) -> Sequence[Any]:
    """Return the next cards of these zones on which something ends within their notices."""
    if not zones:
        return []
    last = (place.now + _FURTHEST_ZONE).astimezone(UTC).date()
    last += timedelta(days=max(zones.values()) + 1)
    query = (
        _cards()
        .where(CARDS.c.due_on.between(place.due_on, last), PROGRAMS.c.timezone.in_(sorted(zones)))
        .order_by(CARDS.c.due_on, CARDS.c.id)
        .limit(CARDS_READ)
    )
    if place.card_id != _BEFORE_ALL[1]:
        is_later = (CARDS.c.due_on > place.due_on) | (CARDS.c.id > place.card_id)
        query = query.where(is_later)
    return connection.execute(query).all()
