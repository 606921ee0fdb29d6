"""How the till locks rows: what is free at once, and what another transaction holds it names."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Generic, NamedTuple, TypeVar

from sqlalchemy import Column, Connection, Row, Select, and_, bindparam, or_, select
from sqlalchemy.engine import Dialect

from punchcard.db.base import table_of
from punchcard.db.dialects import is_sqlite, one_of
from punchcard.db.sets.lookup import Lookup
from punchcard.kit.ids import CardId, RewardId, VendorId
from punchcard.kit.secrets import hash_token
from punchcard.loyalty.cards.card_queries import WalletColumns, card_query
from punchcard.loyalty.models import Reward
from punchcard.loyalty.operations import CardKey, CardRef
from punchcard.loyalty.rules.values import RewardState
from punchcard.loyalty.tables import CARDS, CUSTOMERS

# Looked up once: before Python 3.12 an enum gives its words slowly, and these are asked always.
_TOKEN: Final = CardKey.TOKEN

Contact = tuple[VendorId, str | None, str | None]
"""A vendor, and an e-mail address or a phone number or both."""

Key = TypeVar("Key")
Value = TypeVar("Value")

_REWARDS = table_of(Reward)
_IS_KNOWN: Final = (CUSTOMERS.c.is_verified, CUSTOMERS.c.erased_at.is_(None))

_KEY_COLUMNS: dict[str, Column[Any]] = {
    CardKey.ID: CARDS.c.id,
    CardKey.NUMBER: CARDS.c.number,
    CardKey.TOKEN: CARDS.c.token_hash,
}


@dataclass(frozen=True, slots=True)
class Locked(Generic[Key, Value]):
    """What was locked, by what names it, and the ids of what another transaction holds."""

    free: dict[Key, Value]
    held: dict[Key, str]


class KnownCustomers(NamedTuple):
    """Who has a contact: their rows, locked, and the ids of those that others hold."""

    rows: Sequence[Row[Any]]
    held: set[str]


@lru_cache(maxsize=16)
def _lock_lookup(key: str, dialect: Dialect, wallets: WalletColumns, *, waits: bool) -> Lookup:
    query = card_query(wallets).where(one_of(_KEY_COLUMNS[key], "values", dialect))
    if dialect.name != "sqlite":
        # Where rows are locked, in one order. SQLite would sort them, with all their columns.
        query = query.order_by(CARDS.c.id).with_for_update(of=CARDS, skip_locked=not waits)
    return Lookup(query, dialect)


@lru_cache(maxsize=8)
def _id_lookup(key: str, dialect: Dialect) -> Lookup:
    column = _KEY_COLUMNS[key]
    return Lookup(select(column, CARDS.c.id).where(one_of(column, "values", dialect)), dialect)


def lock_cards(
    connection: Connection,
    refs: Iterable[CardRef],
    wallets: WalletColumns = (),
    *,
    waits: bool = False,
) -> Locked[CardRef, Row[Any]]:
    """Lock the cards that `refs` name and return their rows.

    A card that another transaction holds is passed over, so that two batches cannot wait for each
    other; with `waits` it is waited for, and cards are locked in the order of their ids.
    """
    wanted = set(refs)
    kinds = {ref.key for ref in wanted}
    if CardKey.EXTERNAL in kinds:
        # Codes from elsewhere are the vendor's, and looked for once nothing of ours is found.
        wanted = {ref for ref in wanted if ref.key != CardKey.EXTERNAL}
        kinds.remove(CardKey.EXTERNAL)
    if not kinds:
        return Locked({}, {})
    # Of several kinds two may name one card: they are first turned into ids.
    ids = _ids_of(connection, wanted) if len(kinds) > 1 else None
    if ids is None:
        kind = kinds.pop()
        by_value = {_stored(ref): ref for ref in wanted}
        rows = _lock(connection, kind, list(by_value), wallets, waits=waits)
        name = _KEY_COLUMNS[kind].name
        free = {by_value[getattr(row, name)]: row for row in rows}
        if len(free) == len(wanted):
            return Locked(free, {})
        missing = wanted.difference(free)
        # Not there at all, or held: told apart by a look that locks nothing.
        ids = {} if waits or is_sqlite(connection) else _ids_of(connection, missing)
    else:
        rows = _lock(connection, CardKey.ID, list(ids.values()), wallets, waits=waits)
        by_id = {row.id: row for row in rows}
        free = {ref: by_id[card_id] for ref, card_id in ids.items() if card_id in by_id}
    return Locked(free, {ref: card_id for ref, card_id in ids.items() if ref not in free})


def _lock(
    connection: Connection, kind: str, values: Sequence[Any], wallets: WalletColumns, *, waits: bool
) -> Sequence[Row[Any]]:
    lookup = _lock_lookup(kind, connection.dialect, wallets, waits=waits)
    return lookup.rows(connection, {"values": values})


def _ids_of(connection: Connection, refs: set[CardRef]) -> dict[CardRef, CardId]:
    found: dict[CardRef, CardId] = {}
    for kind in {ref.key for ref in refs}:
        by_value = {_stored(ref): ref for ref in refs if ref.key == kind}
        lookup = _id_lookup(kind, connection.dialect)
        rows = lookup.rows(connection, {"values": list(by_value)})
        found |= {by_value[value]: card_id for value, card_id in rows}
    return found


def _stored(ref: CardRef) -> str | bytes:
    return hash_token(ref.value) if ref.key == _TOKEN else ref.value


def lock_rewards(
    connection: Connection, pairs: Iterable[tuple[VendorId, RewardId]], *, waits: bool = False
) -> Locked[tuple[VendorId, RewardId], RewardState]:
    """Lock the rewards named by (vendor, reward), after the cards; as `lock_cards` does."""
    wanted = set(pairs)
    if not wanted:
        return Locked({}, {})
    named = _REWARDS.c.id.in_({reward_id for _, reward_id in wanted})
    query = select(_REWARDS).where(named).order_by(_REWARDS.c.id)
    rows = connection.execute(query.with_for_update(skip_locked=not waits))
    free = {(row.vendor_id, row.id): _reward_of(row) for row in rows}
    free = {pair: reward for pair, reward in free.items() if pair in wanted}
    missing = wanted.difference(free)
    if not missing or waits or is_sqlite(connection):
        return Locked(free, {})
    there = connection.execute(select(_REWARDS.c.vendor_id, _REWARDS.c.id).where(named))
    return Locked(free, {(row[0], row[1]): row[1] for row in there if (row[0], row[1]) in missing})


def _reward_of(row: Row[Any]) -> RewardState:
    return RewardState(
        id=row.id,
        program_id=row.program_id,
        name=row.name,
        points_required=row.points_required,
        value_minor=row.value_minor,
        stock_left=row.stock_left,
        per_card_limit=row.per_card_limit,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        is_archived=row.archived_at is not None,
    )


def lock_customers(
    connection: Connection, contacts: Collection[Contact], *, waits: bool = False
) -> dict[Contact, KnownCustomers]:
    """Lock the vendors' verified customers with any of these contacts, after the rewards.

    Asks as often for a thousand contacts as for one. As `lock_cards`, it passes over what another
    transaction holds. An erasure that is under way at this moment is waited for, here or later, and
    then seen.
    """
    there = _named_by(contacts, _look_for_customers(connection, contacts))
    ids = {row.id for rows in there.values() for row in rows}
    if not ids:
        return dict.fromkeys(contacts, KnownCustomers((), set()))
    query = select(CUSTOMERS).where(one_of(CUSTOMERS.c.id, "ids", connection.dialect), *_IS_KNOWN)
    statement = query.order_by(CUSTOMERS.c.id).with_for_update(skip_locked=not waits)
    # Looked at once more: another transaction may have given somebody another contact meanwhile.
    locked = _named_by(contacts, connection.execute(statement, {"ids": sorted(ids)}).all())
    return {
        contact: KnownCustomers(
            rows, set() if waits else {row.id for row in there[contact]} - {row.id for row in rows}
        )
        for contact, rows in locked.items()
    }


def _look_for_customers(
    connection: Connection, contacts: Collection[Contact]
) -> Iterable[Row[Any]]:
    """Return id and contacts of who may be meant, without a lock."""
    by_vendor: dict[VendorId, dict[str, list[str]]] = {}
    for vendor_id, email, phone in contacts:
        told = by_vendor.setdefault(vendor_id, {})
        for name, value in (("email", email), ("phone", phone)):
            if value is not None:
                told.setdefault(name, []).append(value)
    for vendor_id, told in by_vendor.items():
        statement = _contact_statement(tuple(sorted(told)), connection.dialect)
        yield from connection.execute(statement, {"vendor": vendor_id, **told})


@lru_cache(maxsize=8)
def _contact_statement(names: tuple[str, ...], dialect: Dialect) -> Select[Any]:
    columns = CUSTOMERS.c
    # The vendor stands beside each contact: see `named_customers`.
    named = [
        and_(columns.vendor_id == bindparam("vendor"), one_of(columns[name], name, dialect))
        for name in names
    ]
    query = select(columns.id, columns.vendor_id, columns.email, columns.phone)
    return query.where(or_(*named), *_IS_KNOWN)


def _named_by(
    contacts: Collection[Contact], rows: Iterable[Row[Any]]
) -> dict[Contact, list[Row[Any]]]:
    """Return the customers that each contact names, by their ids."""
    by_value: dict[tuple[VendorId, str, str], dict[str, Row[Any]]] = {}
    for row in rows:
        for kind, value in (("email", row.email), ("phone", row.phone)):
            if value is not None:
                by_value.setdefault((row.vendor_id, kind, value), {})[row.id] = row
    found: dict[Contact, list[Row[Any]]] = {}
    for contact in contacts:
        vendor_id, email, phone = contact
        named: dict[str, Row[Any]] = {}
        for kind, value in (("email", email), ("phone", phone)):
            named |= by_value.get((vendor_id, kind, value or ""), {})
        found[contact] = [named[one] for one in sorted(named)]
    return found
