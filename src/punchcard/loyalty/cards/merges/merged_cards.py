"""Where merged cards lead: their codes open the card that they became part of."""

from collections.abc import Collection, Iterable
from typing import Any, Final, Protocol

from sqlalchemy import CTE, Connection, Row, and_, select
from sqlalchemy.orm import Session

from punchcard.db.base import table_of
from punchcard.kit.ids import CardId, ProgramId
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


def live_merges(program_id: ProgramId) -> CTE:
    """Return the query of a program's merged cards, `from_card_id`, and where each leads now."""
    steps = (
        select(_MERGES.c.from_card_id, _MERGES.c.card_id)
        .where(_MERGES.c.program_id == program_id, _MERGES.c.undone_at.is_(None))
        .cte(recursive=True)
    )
    further = and_(_MERGES.c.from_card_id == steps.c.card_id, _MERGES.c.undone_at.is_(None))
    steps = steps.union(
        select(steps.c.from_card_id, _MERGES.c.card_id).select_from(steps).join(_MERGES, further)
    )
    onward = _MERGES.alias()
    leads_on = select(onward.c.id).where(
        onward.c.from_card_id == steps.c.card_id, onward.c.undone_at.is_(None)
    )
    return select(steps.c.from_card_id, steps.c.card_id).where(~leads_on.exists()).cte()


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


def parts_of(connection: Connection | Session, card_ids: Iterable[CardId]) -> dict[CardId, CardId]:
    """Return the cards that are part of these since they were merged, each with the one of these.

    Those that were merged into parts before are parts as well.
    """
    found: dict[CardId, CardId] = {}
    asked = {card_id: card_id for card_id in card_ids}
    while asked:
        query = select(_MERGES.c.from_card_id, _MERGES.c.card_id).where(
            _MERGES.c.card_id.in_(sorted(asked)), _MERGES.c.undone_at.is_(None)
        )
        rows = connection.execute(query.order_by(_MERGES.c.id))
        # No circle, as in `leads_to`.
        asked = {row[0]: asked[row[1]] for row in rows}
        found |= asked
    return found


def together(
    connection: Connection | Session, card_ids: Collection[CardId]
) -> dict[CardId, list[CardId]]:
    """Return of each of these cards those that are one with it: the one that stays, its parts."""
    leads = leads_to(connection, card_ids)
    whole = {card_id: leads.get(card_id, card_id) for card_id in card_ids}
    members = {card_id: [card_id] for card_id in whole.values()}
    for part, stays in parts_of(connection, members).items():
        members[stays].append(part)
    return {card_id: members[stays] for card_id, stays in whole.items()}


def all_of(card_id: CardId, standing: Standing | None) -> list[CardId]:
    """Return the card with those that are part of it: whose past counts as its own."""
    merged = () if standing is None else standing.merged.values()
    return [card_id, *(CardId(one) for one in merged)]


def _last(found: dict[CardId, CardId], card_id: CardId) -> CardId:
    while card_id in found:
        card_id = found[card_id]
    return card_id
