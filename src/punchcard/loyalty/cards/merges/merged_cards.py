"""Where merged cards lead: their codes open the card that they became part of."""

from collections.abc import Collection, Iterable
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Row, select
from sqlalchemy.orm import Session

from punchcard.db.base import table_of
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards.models import CardMerge
from punchcard.loyalty.rules.standing import Standing
from punchcard.loyalty.vocabulary import CardStatus

_MERGES = table_of(CardMerge)
_REPLACED: Final = CardStatus.REPLACED


def leads_to(connection: Connection | Session, card_ids: Iterable[CardId]) -> dict[CardId, CardId]:
    """Return the card that each of these merged cards leads to, the last where those lead on.

    Cards that are not merged have no line.
    """
    found: dict[CardId, CardId] = {}
    asked = set(card_ids)
    while asked:
        query = select(_MERGES.c.from_card_id, _MERGES.c.card_id).where(
            _MERGES.c.from_card_id.in_(sorted(asked)), _MERGES.c.undone_at.is_(None)
        )
        found.update((row[0], row[1]) for row in connection.execute(query))
        # No circle: a card that leads on holds nothing, and nothing is merged into it.
        asked = {found[one] for one in asked if one in found} - set(found)
    return {card_id: _last(found, card_id) for card_id in found}


class ShowsStatus(Protocol):
    """A card as it was read: a row or a view."""

    @property
    def id(self) -> CardId:
        """Return which card it is."""
        ...

    @property
    def status(self) -> CardStatus:
        """Return whether it can be used."""
        ...


def led_on(
    connection: Connection | Session, rows: Collection[ShowsStatus | Row[Any]]
) -> dict[CardId, CardId]:
    """Return where those of these cards lead that were merged; asks nothing if there are none."""
    merged = [row.id for row in rows if row.status == _REPLACED]
    return leads_to(connection, merged) if merged else {}


def part_of(session: Session, card_ids: Collection[CardId]) -> list[CardId]:
    """Return the cards that are part of these since they were merged, of those before as well."""
    found: list[CardId] = []
    asked = list(card_ids)
    while asked:
        query = select(_MERGES.c.from_card_id).where(
            _MERGES.c.card_id.in_(asked), _MERGES.c.undone_at.is_(None)
        )
        asked = [one for one in session.scalars(query.order_by(_MERGES.c.id)) if one not in found]
        found += asked
    return found


def all_of(card_id: CardId, standing: Standing | None) -> list[CardId]:
    """Return the card with those that are part of it: whose past counts as its own."""
    merged = () if standing is None else standing.merged.values()
    return [card_id, *(CardId(one) for one in merged)]


def _last(found: dict[CardId, CardId], card_id: CardId) -> CardId:
    while card_id in found:
        card_id = found[card_id]
    return card_id
