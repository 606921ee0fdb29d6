"""Two cards of one person: put together through the till, or only looked at beforehand."""

from datetime import datetime
from typing import Any, NamedTuple, Unpack

from sqlalchemy import Connection

from punchcard.db.database import Database
from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.ids import CardId, Ids, MergeId, as_id
from punchcard.loyalty.cards.card_queries import card_query
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.errors.cards import CardNotFound
from punchcard.loyalty.merge_operation import MergeCards
from punchcard.loyalty.operations import CardKey, CardRef, OperationMetadata
from punchcard.loyalty.programs.rules_loader import load_rules
from punchcard.loyalty.tables import CARDS, EntryRow
from punchcard.loyalty.till.held_card import HeldCard, held_card
from punchcard.loyalty.till.looks.till_queries import entry_by_id, entry_targets
from punchcard.loyalty.till.merges.pairs import CardPair, decided_merge
from punchcard.loyalty.till.receipt import Receipt


class MergeReceipt(NamedTuple):
    """What is answered to a merge: both entries, and the card that stays."""

    came: EntryRow
    went: EntryRow
    staff_name: str | None
    card: CardView
    is_replay: bool


class MergePreview(NamedTuple):
    """What a merge would make of both cards, or what refuses it."""

    card: CardView | None = None
    from_card: CardView | None = None
    refused_by: str | None = None


def merge_of(
    ids: Ids,
    card_id: CardId,
    from_card_id: CardId,
    *,
    is_by_till: bool,
    offer_id: str | None = None,
    **metadata: Unpack[OperationMetadata],
) -> MergeCards:
    """Return the operation that merges two cards, named by their ids. Raises CardNotFound.

    `offer_id` names the offer that is accepted by it: the till refuses it once that has ended.
    """
    wanted = [as_id(one) for one in (card_id, from_card_id)]
    if None in wanted:
        raise CardNotFound
    card, source = (CardRef(CardKey.ID, one or "") for one in wanted)
    merge_id = MergeId(ids.new_id())
    return MergeCards(
        card=card,
        from_card=source,
        merge_id=merge_id,
        is_by_till=is_by_till,
        offer_id=offer_id,
        **metadata,
    )


def merge_receipt(database: Database, receipt: Receipt) -> MergeReceipt:
    """Return the receipt of a merge with the entry of the other card beside it."""
    came = receipt.entry
    with database.read_connection() as connection:
        pair = (came["vendor_id"], came["id"])
        other = entry_targets(connection, [pair])[pair].other_entry_id
        assert other is not None
        went = dict(entry_by_id(connection, other)._mapping)
    return MergeReceipt(came, went, receipt.staff_name, receipt.card, receipt.is_replay)


def preview_merge(database: Database, operation: MergeCards, now: datetime) -> MergePreview:
    """Return what a merge would do at `now`; who stands at the till is not asked.

    Raises CardNotFound, InvalidInput.
    """
    with database.snapshot() as connection:
        pair = CardPair(*(_held(connection, operation, ref) for ref in _refs(operation)))
        try:
            decision = decided_merge(connection, operation, pair, now)
        except DomainError as refusal:
            if refusal.kind not in (Kind.REFUSED, Kind.CONFLICT):
                raise
            return MergePreview(refused_by=refusal.code)
    for card, decided in zip(pair, decision, strict=True):
        card.state = decided.card
    return MergePreview(pair.target.view(now), pair.source.view(now))


def _refs(operation: MergeCards) -> tuple[CardRef, CardRef]:
    return operation.card, operation.from_card


def _held(connection: Connection, operation: MergeCards, ref: CardRef) -> HeldCard:
    row: Any = connection.execute(card_query().where(CARDS.c.id == ref.value)).one_or_none()
    if row is None or row.vendor_id != operation.vendor_id:
        raise CardNotFound
    _, program = load_rules(connection, [row.program_id])[row.program_id]
    return held_card(row, program)
