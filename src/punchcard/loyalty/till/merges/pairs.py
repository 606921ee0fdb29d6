"""Operations that move two cards at once: looked up, decided, and which entry is told."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, or_, select

from punchcard.accounts.errors import LinkInvalid
from punchcard.db.base import table_of
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards.merges.models import MergeOffer
from punchcard.loyalty.cards.models import CardMerge, Erasure
from punchcard.loyalty.errors.cards import CardNotFound
from punchcard.loyalty.errors.merges import ErasureWaiting
from punchcard.loyalty.merge_operation import MergeCards
from punchcard.loyalty.operations import VoidEntry
from punchcard.loyalty.rules.decide import decide_merge, decide_separation
from punchcard.loyalty.rules.merges.merge_rules import MergeDecision, check_programs
from punchcard.loyalty.rules.merges.unmerge_rules import Had, PastMerge
from punchcard.loyalty.rules.values import History, PastEntry, PastStamp
from punchcard.loyalty.till.held_card import HeldCard
from punchcard.loyalty.till.looks import past_visits, told_entries
from punchcard.loyalty.till.looks.till_queries import had_before, past_entry, past_rows

_ERASURES = table_of(Erasure)
_MERGES = table_of(CardMerge)
_OFFERS = table_of(MergeOffer)


class CardPair(NamedTuple):
    """The card that stays, and the one that is merged into it."""

    target: HeldCard
    source: HeldCard


def moved_two(
    connection: Connection,
    operation: MergeCards | VoidEntry,
    card: HeldCard,
    other: HeldCard,
    now: datetime,
) -> tuple[CardPair, MergeDecision]:
    """Return what becomes of two cards, that of a merge's entry or its target, and the other one.

    Raises InvalidInput, CardNotFound, CardsOfDifferentPrograms, ErasureWaiting, LinkInvalid when
    an offer that its holder accepts has ended meanwhile, and what the rules raise.
    """
    if isinstance(operation, MergeCards):
        _check_offered(connection, operation)
        pair = CardPair(card, other)
        return pair, decided_merge(connection, operation, pair, now)
    named = operation.transaction_id
    query = select(_MERGES).where(
        or_(_MERGES.c.in_entry_id == named, _MERGES.c.out_entry_id == named)
    )
    row = connection.execute(query).one()
    pair = CardPair(card, other) if row.in_entry_id == named else CardPair(other, card)
    program = pair.target.program
    rows = past_rows(connection, [row.in_entry_id, row.out_entry_id])
    came = past_entry(rows[row.in_entry_id], program)
    went = past_entry(rows[row.out_entry_id], program)
    history = History(
        stamps=_own_stamps(connection, pair.target, came, went),
        moves=told_entries.moves_of(connection, row.card_id, came),
    )
    had = Had(*had_before(rows[row.in_entry_id], program))
    past = PastMerge(came, went, row.made_at, history, had)
    states = (pair.target.state, pair.source.state)
    return pair, decide_separation(operation, program, states, now, past)


def _own_stamps(
    connection: Connection, target: HeldCard, came: PastEntry, went: PastEntry
) -> tuple[PastStamp, ...]:
    """Return the last stampings of the card that stayed, without those of what came to it."""
    merge_id = (came.details or {})["merge_id"]
    gone = {merge_id, *(went.details or {}).get("was", {}).get("merged", {})}
    merged = target.state.kept_standing.merged
    others = [card_id for name, card_id in merged.items() if name not in gone]
    own = [target.state.id, *map(CardId, others)]
    return past_visits.past_stamps(connection, own, limit=past_visits.LAST_STAMPS)


def decided_merge(
    connection: Connection, operation: MergeCards, pair: CardPair, now: datetime
) -> MergeDecision:
    """Return what becomes of two cards that are put together; raises as `moved_two` does."""
    target, source = pair
    if source.program.vendor_id != operation.vendor_id:
        raise CardNotFound
    if target.state.id == source.state.id:
        raise invalid_field("from_card_id", message=N_("Must be another card."))
    check_programs(target.program, source.program)
    _check_not_erased(connection, pair)
    return decide_merge(operation, target.program, (target.state, source.state), now)


def _check_offered(connection: Connection, operation: MergeCards) -> None:
    """Raise LinkInvalid if the offer that is accepted no longer stands.

    Whoever asked for it may have been no holder: an objection ends it while the merge waits for its
    turn. Held, so that one comes wholly before the other; not waited for, as the cards are held.
    """
    if operation.offer_id is None:
        return
    query = select(_OFFERS.c.id).where(
        _OFFERS.c.id == operation.offer_id, _OFFERS.c.used_at.is_(None)
    )
    if connection.scalar(query.with_for_update(skip_locked=True)) is None:
        raise LinkInvalid


def _check_not_erased(connection: Connection, pair: CardPair) -> None:
    """Raise ErasureWaiting if the holder of either card asked to be forgotten."""
    ids = [card.state.id for card in pair]
    holders = [card.customer["id"] for card in pair if card.customer is not None]
    waiting = select(_ERASURES.c.card_id).where(_ERASURES.c.undone_at.is_(None))
    # Each by its own index: what joins them with OR reads every erasure there ever was.
    query = waiting.where(_ERASURES.c.card_id.in_(ids))
    of_holders = waiting.where(_ERASURES.c.customer_id.in_(holders))
    found = connection.scalar(query.union_all(of_holders).limit(1))
    if found is not None:
        raise ErasureWaiting(card_id=found)
