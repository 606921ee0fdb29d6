"""Spans of cards by their ids: long work on all of a vendor's cards, a part at a time."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, select

from punchcard.kit.ids import CardId, VendorId
from punchcard.loyalty.tables import CARDS


@dataclass(frozen=True, slots=True)
class CardSpan:
    """The cards from the id `first` up to `before`, which is not one of them; None: no bound."""

    first: str | None = None
    before: str | None = None

    @classmethod
    def of_card(cls, card_id: CardId) -> "CardSpan":
        """Return the span that holds one card."""
        return cls(card_id, str(UUID(int=UUID(card_id).int + 1)))

    def holds(self, column: ColumnElement[str]) -> list[ColumnElement[bool]]:
        """Return the conditions that the card whose id `column` tells lies within the span."""
        conditions = [] if self.first is None else [column >= self.first]
        return conditions if self.before is None else [*conditions, column < self.before]


ALL_CARDS: Final = CardSpan()


def count_cards(connection: Connection, *, vendor_id: VendorId) -> int:
    """Return how many cards of a vendor there are to verify."""
    query = select(func.count()).select_from(CARDS).where(CARDS.c.vendor_id == vendor_id)
    return connection.execute(query).scalar_one()


def next_span(
    connection: Connection, vendor_id: VendorId, first: str | None, *, cards: int
) -> CardSpan:
    """Return the span of up to `cards` of a vendor's cards from the id `first` on.

    Spans that follow one another leave nothing out: the last one has no end.
    """
    conditions = [CARDS.c.vendor_id == vendor_id, *CardSpan(first).holds(CARDS.c.id)]
    query = select(CARDS.c.id).where(*conditions).order_by(CARDS.c.id).offset(cards).limit(1)
    return CardSpan(first, connection.execute(query).scalar_one_or_none())
