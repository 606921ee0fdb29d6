"""The rows that merges of a batch move beside the ledger: which card leads where, and grants."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from punchcard.db.base import table_of
from punchcard.kit.ids import CardId, GrantId
from punchcard.loyalty.cards.models import CardMerge
from punchcard.loyalty.grant_models import Grant
from punchcard.loyalty.merge_operation import MergeCards
from punchcard.loyalty.operations import VoidEntry
from punchcard.loyalty.tables import CARDS, ENTRIES, EntryRow
from punchcard.loyalty.vocabulary import CardStatus

_MERGES = table_of(CardMerge)
_GRANTS = table_of(Grant)


@dataclass(slots=True)
class BatchMerges:
    """What is to be written for merges that were made or undone, in their order.

    A card that is taken apart from one may be merged with another in the same batch.
    """

    moves: list[tuple[bool, EntryRow, EntryRow]] = field(default_factory=list)

    def add(self, came: EntryRow, went: EntryRow, *, is_made: bool) -> None:
        """Note a merge that was made, or undone, by the entries of the card that stays and goes."""
        self.moves.append((is_made, came, went))

    def flush(self, connection: Connection, now: datetime) -> None:
        """Write them, after the cards and the entries."""
        for is_made, came, went in self.moves:
            (_make if is_made else _undo)(connection, came, went, now)


def merge_event(
    operation: MergeCards | VoidEntry, came: EntryRow, went: EntryRow, event_id: str
) -> dict[str, Any]:
    """Return the audit event of a merge, or of its undoing."""
    new = {
        "merge_id": came["details"]["merge_id"],
        "from_card_id": went["card_id"],
        "transaction_id": came["id"],
        **({"staff_pin_id": came["staff_pin_id"]} if came["staff_pin_id"] else {}),
    }
    return {
        "id": event_id,
        "vendor_id": operation.vendor_id,
        "actor_kind": operation.actor.kind,
        "actor_id": operation.actor.id,
        "action": "card.merged" if isinstance(operation, MergeCards) else "card.separated",
        "subject_kind": "card",
        "subject_id": came["card_id"],
        "old": None,
        "new": new,
        "request_id": operation.request_id,
        "created_at": came["created_at"],
    }


def _make(connection: Connection, came: EntryRow, went: EntryRow, now: datetime) -> None:
    target, source = came["card_id"], went["card_id"]
    _set_card(connection, source, status=CardStatus.REPLACED)
    grants = came["details"].get("grants", {})
    once_keys = _doubled_keys(connection, target, grants)
    for grant_id in grants:
        kept = {"once_key": None} if grant_id in once_keys else {}
        _move_grant(connection, grant_id, came, kept)
    connection.execute(
        insert(_MERGES),
        {
            "id": came["details"]["merge_id"],
            "vendor_id": came["vendor_id"],
            "program_id": came["program_id"],
            "card_id": target,
            "from_card_id": source,
            "in_entry_id": came["id"],
            "out_entry_id": went["id"],
            "gave_customer": _give_customer(connection, target, source),
            "once_keys": once_keys or None,
            "made_at": now,
        },
    )


def _undo(connection: Connection, came: EntryRow, went: EntryRow, now: datetime) -> None:
    target, source = came["card_id"], went["card_id"]
    merge_id = came["details"]["merge_id"]
    made = connection.execute(select(_MERGES).where(_MERGES.c.id == merge_id)).one()
    # First: two cards of one program can't both be held by one customer.
    if made.gave_customer:
        _take_customer(connection, target, source)
    _set_card(connection, source, status=CardStatus.ACTIVE)
    once_keys = dict(made.once_keys or {})
    for grant_id in went["details"].get("grants", {}):
        kept = {"once_key": once_keys.pop(grant_id)} if grant_id in once_keys else {}
        _move_grant(connection, grant_id, went, kept)
    cards = [source, *went["details"].get("merged", {}).values()]
    once_keys |= _keys_left(connection, target, cards)
    connection.execute(
        update(_MERGES)
        .where(_MERGES.c.id == merge_id)
        .values(undone_at=now, once_keys=once_keys or None)
    )


def _set_card(connection: Connection, card_id: CardId, **values: Any) -> None:
    connection.execute(update(CARDS).where(CARDS.c.id == card_id).values(**values))


def _move_grant(
    connection: Connection, grant_id: str, entry: EntryRow, kept: Mapping[str, Any]
) -> None:
    moved = {
        "card_id": entry["card_id"],
        "last_entry_id": entry["id"],
        "updated_at": entry["created_at"],
    }
    query = update(_GRANTS).where(_GRANTS.c.id == grant_id)
    connection.execute(query.values(**moved, **kept))


def _doubled_keys(
    connection: Connection, target: CardId, grant_ids: Sequence[str] | Mapping[str, Any]
) -> dict[str, str]:
    """Return the keys of grants under which the card that stays was given something as well."""
    if not grant_ids:
        return {}
    own = select(_GRANTS.c.once_key).where(
        _GRANTS.c.card_id == target, _GRANTS.c.once_key.is_not(None)
    )
    query = select(_GRANTS.c.id, _GRANTS.c.once_key).where(
        _GRANTS.c.id.in_(sorted(grant_ids)), _GRANTS.c.once_key.in_(own)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _keys_left(
    connection: Connection, target: CardId, card_ids: Sequence[CardId]
) -> dict[str, str]:
    """Take from the card that stays the keys under which these cards were given something.

    By grants that were collected, or ended, while they were one: those stay where that happened.
    """
    given = select(ENTRIES.c.id).where(ENTRIES.c.card_id.in_(card_ids))
    query = select(_GRANTS.c.id, _GRANTS.c.once_key).where(
        _GRANTS.c.card_id == target,
        _GRANTS.c.once_key.is_not(None),
        _GRANTS.c.given_entry_id.in_(given),
    )
    keys = {row[0]: row[1] for row in connection.execute(query)}
    left = update(_GRANTS).where(_GRANTS.c.id.in_(sorted(keys)))
    connection.execute(left.values(once_key=None))
    return keys


def given_on_merges(connection: Connection, card_ids: Collection[CardId]) -> dict[str, GrantId]:
    """Return what cards were given once that was collected on another one, by its keys."""
    query = select(_MERGES.c.once_keys).where(
        _MERGES.c.from_card_id.in_(card_ids), _MERGES.c.once_keys.is_not(None)
    )
    told = connection.execute(query).scalars()
    return {key: GrantId(grant_id) for keys in told for grant_id, key in keys.items()}


def _give_customer(connection: Connection, target: CardId, source: CardId) -> bool:
    """Let a card without a holder get that of the card that came; tells whether it did."""
    query = select(CARDS.c.id, CARDS.c.customer_id).where(CARDS.c.id.in_((target, source)))
    # Both are locked. Asked here: a search for cards without a holder may find all of them.
    holders = {row.id: row.customer_id for row in connection.execute(query)}
    if holders[target] is not None or holders[source] is None:
        return False
    _set_card(connection, target, customer_id=holders[source])
    return True


def _take_customer(connection: Connection, target: CardId, source: CardId) -> None:
    holder = select(CARDS.c.customer_id).where(CARDS.c.id == source).scalar_subquery()
    query = update(CARDS).where(CARDS.c.id == target, CARDS.c.customer_id == holder)
    connection.execute(query.values(customer_id=None))
