"""What happens to cards, programs and staff: the outbox's topics, and the events after a commit.

Topics are durable: the worker acts on them, also after a crash. Events are for this process alone.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from punchcard.db import outbox
from punchcard.db.events import Event, announce
from punchcard.kit.ids import CardId, ProgramId, StaffPinId

CARD_CHANGED: Final = "card.changed"
"""A card looks different now: its passes follow. The key is the card's id."""
PROGRAM_CHANGED: Final = "program.changed"
"""A program's cards may look different now: their passes follow. The key is the program's id."""
SHELF_CHANGED: Final = "program.shelf"
"""A reward ran out, or is there again: a program's cards may look different. The key is its id."""
CARD_FOLLOWED: Final = "card.followed"
"""Something happened on a card that an automation or a referral waits for. The key is its id."""
CUSTOMER_WELCOME: Final = "customer.welcome"
"""A card was opened for a customer with an address. The key is the card's id."""
CUSTOMER_ADDRESS: Final = "customer.address"
"""A customer has an address that nobody has confirmed yet. The key is the customer's id."""
CONTACT_CHANGE: Final = "customer.contact"
"""A customer's contact is about to change, or has changed: whom it concerns is told. The key is the
change's id."""
MERGE_OFFERED: Final = "card.merge_offered"
"""Somebody wants two cards to be one: the other card's holder is asked. The key is the offer's."""


@dataclass(frozen=True, slots=True)
class CardsChanged(Event):
    """Cards look different now: pages that show them follow."""

    card_ids: Collection[CardId]


@dataclass(frozen=True, slots=True)
class ProgramsChanged(Event):
    """Programs or their rewards look different now: pages that show any of their cards follow.

    One word for all the cards, however many there are.
    """

    program_ids: Collection[ProgramId]


@dataclass(frozen=True, slots=True)
class StaffPinChanged(Event):
    """A staff PIN was changed or retired: tokens issued for it may have ended."""

    pin_id: StaffPinId


def announce_cards_changed(session: Session, card_ids: Iterable[CardId], now: datetime) -> None:
    """Let the passes and the open pages of these cards follow, once this is committed."""
    changed = frozenset(card_ids)
    session.flush()
    outbox.enqueue_each(session, CARD_CHANGED, changed, now)
    announce(session, CardsChanged(changed))
