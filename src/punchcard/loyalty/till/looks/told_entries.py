"""What entries of a card told since another: what of that has ended, and how laps are numbered."""

from sqlalchemy import Connection, select

from punchcard.kit.ids import CardId
from punchcard.loyalty.rules.dated.ended import LotMove
from punchcard.loyalty.rules.values import PastEntry
from punchcard.loyalty.tables import ENTRIES


def moves_of(connection: Connection, card_id: CardId, entry: PastEntry) -> tuple[LotMove, ...]:
    """Return the card's entries with details, for one that put something with a date onto it."""
    told = entry.details or {}
    if not ("lots" in told or "stamp_lots" in told):
        return ()
    return tuple(_moves(connection, card_id))


def is_before_merge(connection: Connection, card_id: CardId, entry: PastEntry) -> bool:
    """Return whether cards were put together or apart since an entry."""
    moves = _moves(connection, card_id)
    places = [place for place, move in enumerate(moves) if move.id == entry.id]
    return any("merge_id" in move.details for place in places for move in moves[place + 1 :])


def _moves(connection: Connection, card_id: CardId) -> list[LotMove]:
    query = (
        select(ENTRIES.c.id, ENTRIES.c.type, ENTRIES.c.details)
        .where(ENTRIES.c.card_id == card_id, ENTRIES.c.form == 2)
        .order_by(ENTRIES.c.sequence)
    )
    return [LotMove(*row) for row in connection.execute(query)]
