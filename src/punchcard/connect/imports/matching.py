"""Whose card a row is about: of a customer by contact, of an old code, or one yet to be opened."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from punchcard.accounts.models import Customer
from punchcard.connect.imports.faults import BadRow, FaultCode
from punchcard.connect.imports.reading.rows import ImportRow
from punchcard.db.base import table_of
from punchcard.db.dialects import one_of
from punchcard.kit.ids import CardId, CustomerId, ProgramId, VendorId
from punchcard.loyalty.models import ReferenceClaim
from punchcard.loyalty.tables import CARDS
from punchcard.loyalty.vocabulary import HELD_STATUSES, CardStatus, EntryType

_CUSTOMERS = table_of(Customer)
_CLAIMS = table_of(ReferenceClaim)


@dataclass(frozen=True, slots=True)
class MatchedCard:
    """A card that is there: its customer, if any, its status and its code from elsewhere."""

    id: CardId
    customer_id: CustomerId | None
    status: CardStatus
    external_code: str | None


@dataclass(slots=True)
class Known:
    """What the vendor knows of the people and codes of some rows."""

    customers: dict[str, set[CustomerId]] = field(default_factory=dict)
    by_customer: dict[CustomerId, MatchedCard] = field(default_factory=dict)
    by_code: dict[str, MatchedCard] = field(default_factory=dict)
    opened: set[CardId] = field(default_factory=set)

    def card_of(self, row: ImportRow) -> MatchedCard | None:
        """Return the card that a row is about; None for one that is yet to be opened.

        Raises BadRow: the contacts are two customers', or the code is somebody else's.
        """
        contacts = [one for one in (row.email, row.phone) if one]
        people = {one for contact in contacts for one in self.customers.get(contact, ())}
        if len(people) > 1:
            raise BadRow(FaultCode.CONTACT_CONFLICT)
        customer_id = next(iter(people), None)
        held = None if customer_id is None else self.by_customer.get(customer_id)
        coded = self.by_code.get(row.external_code or "")
        if coded is None:
            return held
        is_theirs = held is coded or not contacts or (held and held.id == coded.id)
        if not is_theirs:
            raise BadRow(FaultCode.CODE_TAKEN)
        return coded

    def checked(self, row: ImportRow) -> MatchedCard | None:
        """Return the card as `card_of` does, if it can have an opening balance. Raises BadRow."""
        card = self.card_of(row)
        if card is None:
            return None
        if card.status != CardStatus.ACTIVE:
            raise BadRow(FaultCode.CARD_BLOCKED)
        if card.id in self.opened and (row.stamps is not None or row.points is not None):
            raise BadRow(FaultCode.OPENED_BEFORE)
        return card


def look_up(
    connection: Connection, vendor_id: VendorId, program_id: ProgramId, rows: Collection[ImportRow]
) -> Known:
    """Return what is known of rows: four queries, however many they are."""
    known = Known()
    for column, values in (
        (_CUSTOMERS.c.email, {row.email for row in rows if row.email}),
        (_CUSTOMERS.c.phone, {row.phone for row in rows if row.phone}),
    ):
        found = select(column, _CUSTOMERS.c.id).where(
            _CUSTOMERS.c.vendor_id == vendor_id,
            one_of(column, "contacts", connection.dialect),
            _CUSTOMERS.c.is_verified,
            _CUSTOMERS.c.erased_at.is_(None),
        )
        keys = {"contacts": sorted(values)}
        for contact, customer_id in connection.execute(found, keys) if values else ():
            known.customers.setdefault(contact, set()).add(customer_id)
    people = {one for ids in known.customers.values() for one in ids}
    codes = {row.external_code for row in rows if row.external_code}
    for card in _cards(connection, program_id, CARDS.c.customer_id, people):
        if card.status in HELD_STATUSES and card.customer_id is not None:
            known.by_customer[card.customer_id] = card
    for card in _cards(connection, program_id, CARDS.c.external_code, codes):
        assert card.external_code is not None
        known.by_code[card.external_code] = card
    known.opened = _opened(connection, program_id, _ids(known))
    return known


def _cards(
    connection: Connection, program_id: ProgramId, column: Any, values: Collection[str]
) -> Iterable[MatchedCard]:
    if not values:
        return []
    query = select(CARDS.c.id, CARDS.c.customer_id, CARDS.c.status, CARDS.c.external_code).where(
        CARDS.c.program_id == program_id, one_of(column, "keys", connection.dialect)
    )
    return [MatchedCard(*row) for row in connection.execute(query, {"keys": sorted(values)})]


def _ids(known: Known) -> set[CardId]:
    cards: Iterable[Mapping[Any, MatchedCard]] = (known.by_customer, known.by_code)
    return {card.id for found in cards for card in found.values()}


def _opened(
    connection: Connection, program_id: ProgramId, card_ids: Collection[CardId]
) -> set[CardId]:
    """Return those cards that have an opening balance."""
    if not card_ids:
        return set()
    query = select(_CLAIMS.c.reference).where(
        _CLAIMS.c.program_id == program_id,
        _CLAIMS.c.type == EntryType.OPENING_BALANCE,
        one_of(_CLAIMS.c.reference, "cards", connection.dialect),
    )
    found = connection.scalars(query, {"cards": sorted(card_ids)})
    return {CardId(reference) for reference in found}
