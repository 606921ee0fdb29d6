"""What is asked at a counter about cards of one person."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId, EntryId
from punchcard.loyalty.cards.models import CardMerge
from punchcard.loyalty.models import LoyaltyCard, LoyaltyTransaction
from punchcard.loyalty.operations import AddStamp, CardKey, CardRef, Operation
from punchcard.loyalty.rules.standing import Standing
from tests.support.drivers.till import TillDriver

HYBRID: dict[str, Any] = {
    "type": "hybrid",
    "stamps_target": 10,
    "cooldown_minutes": 0,
    "max_daily_stamps": 50,
}
DATES = {"kind": "fixed", "months": 12, "round_to": "day"}
"""For how long points and stamps are good."""


def merged(alice: TillDriver, mine: CardId, found: CardId) -> str:
    """Put two cards together and return the merge's id."""
    asked = alice.merge(mine, found)
    alice.till.submit(asked)
    return asked.merge_id


def card_of(alice: TillDriver, card_id: CardId) -> LoyaltyCard:
    """Read a card as it is kept."""
    with alice.database.read() as session:
        return session.get_one(LoyaltyCard, card_id)


def standing_of(alice: TillDriver, card_id: CardId) -> Standing:
    """Read what a card has beside its balances."""
    return Standing.parse(card_of(alice, card_id).standing) or Standing()


def balances(alice: TillDriver, *card_ids: CardId) -> list[tuple[int, int]]:
    """Return the stamps and points of cards, those that are pending included."""
    found = []
    for card_id in card_ids:
        card, standing = card_of(alice, card_id), standing_of(alice, card_id)
        found.append((card.stamps, card.points + standing.points_pending))
    return found


def by_code(operation: AddStamp, number: str) -> AddStamp:
    """Ask the same of the card that a number names."""
    return replace(operation, card=CardRef(CardKey.NUMBER, number))


def refused(alice: TillDriver, operation: Operation) -> DomainError:
    """Return what an operation is refused with."""
    with pytest.raises(DomainError) as refusal:
        alice.till.submit(operation)
    return refusal.value


def entries_of(alice: TillDriver, merge_id: str) -> tuple[EntryId, EntryId]:
    """Return the entries of a merge: of the card that stayed, and of the other."""
    with alice.database.read() as session:
        merge = session.get_one(CardMerge, merge_id)
        return merge.in_entry_id, merge.out_entry_id


def told(alice: TillDriver, entry_id: EntryId) -> LoyaltyTransaction:
    """Read an entry."""
    with alice.database.read() as session:
        query = select(LoyaltyTransaction).where(LoyaltyTransaction.id == entry_id)
        return session.scalars(query).one()
