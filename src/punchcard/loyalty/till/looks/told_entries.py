"""What entries of a card told since another: what of that has ended, and how laps are numbered."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from punchcard.db.base import table_of
from punchcard.kit.ids import CardId, EntryId
from punchcard.loyalty.cards.models import CardMerge
from punchcard.loyalty.rules.dated.ended import LotMove
from punchcard.loyalty.rules.stamps.milestone_rules import Claim, claims_told
from punchcard.loyalty.rules.standing import NO_STANDING, followed
from punchcard.loyalty.rules.values import PastEntry
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.till.looks.past_visits import milestone_claims
from punchcard.loyalty.vocabulary import EntryType

_MERGES: Final = table_of(CardMerge)


def moves_of(connection: Connection, card_id: CardId, entry: PastEntry) -> tuple[LotMove, ...]:
    """Return the card's entries with details, for one that put something with a date onto it.

    While the card was merged into another, and so had no entries, those of that one stand for them.
    """
    told = entry.details or {}
    if not ("lots" in told or "stamp_lots" in told):
        return ()
    return _moves(connection, card_id)


def is_before_merge(connection: Connection, card_id: CardId, entry: PastEntry) -> bool:
    """Return whether cards were put together or apart since an entry."""
    rows = _told(connection, card_id)
    places = [place for place, row in enumerate(rows) if row.id == entry.id]
    return any("merge_id" in row.details for place in places for row in rows[place + 1 :])


def standing_claims(connection: Connection, card_id: CardId) -> tuple[Claim, ...]:
    """Return the claims of milestones that stand, by the numbers that the card's laps have now.

    Cards that were put together, or apart, count their laps anew: of what was claimed before, that
    counts which the card had claimed then.
    """
    rows = _told(connection, card_id)
    last = max((place for place, row in enumerate(rows) if "merge_id" in row.details), default=None)
    if last is None:
        return milestone_claims(connection, card_id)
    then = NO_STANDING
    for row in rows[: last + 1]:
        then = followed(then, row.details)
    since = milestone_claims(connection, card_id, after=rows[last].sequence)
    return (*claims_told(then), *since)


def _moves(
    connection: Connection, card_id: CardId, *, before: EntryId | None = None
) -> tuple[LotMove, ...]:
    """Return the moves of a card's entries, those before the void of the entry `before`."""
    moves = []
    for row in _told(connection, card_id):
        if before is not None and row.voids == before:
            break
        elsewhere: tuple[LotMove, ...] = ()
        if row.type == EntryType.MERGED_OUT:
            elsewhere = _elsewhere(connection, row.id)
        moves.append(LotMove(row.id, row.type, row.details, elsewhere))
    return tuple(moves)


def _elsewhere(connection: Connection, entry_id: EntryId) -> tuple[LotMove, ...]:
    """Return the moves of the card that another was merged into, until that was undone."""
    query = select(_MERGES).where(_MERGES.c.out_entry_id == entry_id)
    merge = connection.execute(query).one()
    return _moves(connection, merge.card_id, before=merge.in_entry_id)


def _told(connection: Connection, card_id: CardId) -> Sequence[Row[Any]]:
    columns = (ENTRIES.c[name] for name in ("id", "type", "details", "sequence", "voids"))
    query = (
        select(*columns)
        .where(ENTRIES.c.card_id == card_id, ENTRIES.c.form == 2)
        .order_by(ENTRIES.c.sequence)
    )
    return connection.execute(query).all()
