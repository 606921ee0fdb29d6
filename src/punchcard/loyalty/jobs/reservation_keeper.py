"""Gives back what reservations held for a time that is over, where nobody else came to the card.

Any operation on a card does so before anything else, so no points wait for this; it is for the
stock of rewards that were set aside, and for cards that nobody comes with.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from punchcard.db import outbox
from punchcard.db.base import table_of
from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.ids import CardId, VendorId
from punchcard.loyalty.grant_models import Reservation
from punchcard.loyalty.jobs.parts import (
    CARDS_READ,
    SYSTEM_ACTOR,
    do_in_parts,
)
from punchcard.loyalty.operations import CardKey, CardRef, ReleaseExpired
from punchcard.loyalty.till.till import Till
from punchcard.loyalty.turns import ONE_KEY, GoesOn, Monotonic, Turns
from punchcard.loyalty.vocabulary import ReservationState

RESERVATIONS_OVER: Final = "reservations.over"
"""The time of some reservations is over. There is one key."""

_RESERVATIONS = table_of(Reservation)
_IS_OPEN: Final = _RESERVATIONS.c.state == ReservationState.RESERVED


def enqueue_over(session: Session, now: datetime) -> int:
    """Leave word when the time of a reservation is over; returns whether it is."""
    over = select(_RESERVATIONS.c.id).where(_IS_OPEN, _RESERVATIONS.c.expires_at <= now).limit(1)
    if session.scalar(over) is None:
        return 0
    outbox.enqueue(session, RESERVATIONS_OVER, ONE_KEY, now)
    return 1


class ReservationKeeper:
    """Releases what is over, turn by turn, so that no lease runs out."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        till: Till,
        *,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self._database = database
        self._till = till
        self._turns = Turns(database, clock, RESERVATIONS_OVER, monotonic)

    def take_turn(self) -> None:
        """Release for a while; leave word when there is more to do."""
        self._turns.take(lambda now, goes_on: self.release(now, goes_on=goes_on))

    def release(self, now: datetime, *, goes_on: GoesOn = lambda: True) -> bool:
        """Release what was over by `now`, the first to end first; returns whether nothing is left.

        A card that held several things has all of them back at once.
        """
        for rows in self._over(now):
            cards = dict.fromkeys((row.vendor_id, row.card_id) for row in rows)
            releases = [_release(vendor_id, card_id) for vendor_id, card_id in cards]
            if not do_in_parts(self._till, releases, goes_on):
                return False
        return True

    def _over(self, now: datetime) -> Iterator[Sequence[Any]]:
        after: tuple[datetime, str] | None = None
        while True:
            with self._database.read_connection() as connection:
                rows = _read_over(connection, now, after)
            if not rows:
                return
            yield rows
            after = (rows[-1].expires_at, rows[-1].id)


def _read_over(
    connection: Connection, now: datetime, after: tuple[datetime, str] | None
) -> Sequence[Any]:
    columns = [_RESERVATIONS.c[name] for name in ("id", "vendor_id", "card_id", "expires_at")]
    query = (
        select(*columns)
        .where(_IS_OPEN, _RESERVATIONS.c.expires_at <= now)
        .order_by(_RESERVATIONS.c.expires_at, _RESERVATIONS.c.id)
        .limit(CARDS_READ)
    )
    if after is not None:
        moment, last = after
        ends = _RESERVATIONS.c.expires_at
        later = (ends > moment) | ((ends == moment) & (_RESERVATIONS.c.id > last))
        query = query.where(ends >= moment, later)
    return connection.execute(query).all()


def _release(vendor_id: VendorId, card_id: CardId) -> ReleaseExpired:
    return ReleaseExpired(
        vendor_id=vendor_id, actor=SYSTEM_ACTOR, card=CardRef(CardKey.ID, card_id)
    )
