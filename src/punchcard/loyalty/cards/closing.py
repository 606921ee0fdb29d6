"""Cards that an undone import had opened: closed, with who held nothing else forgotten."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from punchcard.accounts.plans import card_places
from punchcard.kit.ids import CardId, CustomerId
from punchcard.loyalty.cards.customer_service import EMPTY
from punchcard.loyalty.events import announce_cards_changed
from punchcard.loyalty.models import NOWHERE, DailyRollup, LoyaltyProgram
from punchcard.loyalty.tables import CARDS, CUSTOMERS
from punchcard.loyalty.vocabulary import HELD_STATUSES, CardStatus


def close_cards(session: Session, card_ids: Collection[CardId], now: datetime) -> None:
    """Close cards that nobody ever used; their old codes and their holders may come again.

    A holder of no other card is emptied, as if nobody had told of them.
    """
    if not card_ids:
        return
    ids = sorted(card_ids)
    names = ("id", "vendor_id", "program_id", "status", "customer_id", "last_activity_at")
    columns = [CARDS.c[name] for name in names]
    locked = select(*columns).where(CARDS.c.id.in_(ids)).order_by(CARDS.c.id)
    rows = session.execute(locked.with_for_update()).all()
    holders = {row.customer_id for row in rows if row.customer_id is not None}
    for vendor_id, cards in Counter(
        row.vendor_id for row in rows if row.status in HELD_STATUSES
    ).items():
        card_places.move_open_cards(session, vendor_id, -cards)
    _count_unseen(session, [row for row in rows if row.status != CardStatus.CLOSED])
    closed = {"status": CardStatus.CLOSED, "external_code": None, "customer_id": None}
    session.execute(update(CARDS).where(CARDS.c.id.in_(ids)).values(**closed, updated_at=now))
    _forget(session, holders, now)
    announce_cards_changed(session, ids, now)


def _count_unseen(session: Session, rows: Sequence[Any]) -> None:
    """Take cards off the days on which they were last seen: closed ones are active no more."""
    programs = select(LoyaltyProgram.id, LoyaltyProgram.timezone).where(
        LoyaltyProgram.id.in_({row.program_id for row in rows})
    )
    zones = {program_id: ZoneInfo(timezone) for program_id, timezone in session.execute(programs)}
    days = Counter(
        (row.program_id, row.last_activity_at.astimezone(zones[row.program_id]).date())
        for row in rows
    )
    # In one order, as the till adds to them.
    for (program_id, day), cards in sorted(days.items()):
        seen = DailyRollup.cards_last_seen
        session.execute(
            update(DailyRollup)
            .where(
                DailyRollup.program_id == program_id,
                DailyRollup.day == day,
                DailyRollup.location_id == NOWHERE,
            )
            .values(cards_last_seen=seen - cards)
            .execution_options(synchronize_session=False)
        )


def _forget(session: Session, holders: Collection[CustomerId], now: datetime) -> None:
    others = select(CARDS.c.customer_id).where(CARDS.c.customer_id.in_(holders))
    unseen = set(holders).difference(session.scalars(others))
    if unseen:
        emptied = {**EMPTY, "erased_at": now, "updated_at": now}
        session.execute(update(CUSTOMERS).where(CUSTOMERS.c.id.in_(unseen)).values(**emptied))
