"""Whose card an order is: by a card's number, a confirmed contact, or a customer known by now."""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from punchcard.accounts.models import Vendor
from punchcard.connect.integrations.models import Integration, IntegrationCustomer
from punchcard.connect.integrations.told import Buyer
from punchcard.db.dialects import insert_into
from punchcard.kit.ids import CardId
from punchcard.kit.secrets import hash_token
from punchcard.kit.validation import contacts
from punchcard.kit.validation.invalid import InvalidValue
from punchcard.loyalty.cards.card_queries import card_held, named_customers
from punchcard.loyalty.cards.merges.merged_cards import leads_to
from punchcard.loyalty.cards.retired_cards import card_of_retired_code
from punchcard.loyalty.operations import CardKey, CardRef
from punchcard.loyalty.tables import CARDS, CUSTOMERS
from punchcard.loyalty.vocabulary import HELD_STATUSES

_CODE_CHARACTERS: Final = 128


class SeveralCards(Exception):
    """The contacts are those of several customers: it is not for us to choose."""


def card_of(session: Session, row: Integration, buyer: Buyer) -> CardId | None:
    """Return the card of whoever bought, in the integration's program; None where none is known.

    A number that is told goes first, then contacts that were confirmed, then what a person said of
    the customer. Raises SeveralCards.
    """
    if buyer.card and (card_id := card_named(session, row, buyer.card)):
        return card_id
    if card_id := _by_contact(session, row, buyer):
        return card_id
    return _by_customer(session, row, buyer.customer)


def card_named(session: Session, row: Integration, text: str) -> CardId | None:
    """Return the card of the program that a number, a code or a card's address names."""
    ref = CardRef.parse_any(text) if len(text) <= _CODE_CHARACTERS else None
    if ref is None:
        return None
    query = select(CARDS.c.id).where(
        CARDS.c.vendor_id == row.vendor_id, CARDS.c.program_id == row.program_id, _names(ref)
    )
    card_id = session.scalar(query) or card_of_retired_code(session, row.vendor_id, ref)
    return None if card_id is None else _held(session, row, card_id)


def remember_customer(
    session: Session, row: Integration, customer: str, card_id: CardId, now: datetime
) -> None:
    """Remember whose card a customer of the other system has; what was said last holds."""
    statement = insert_into(session, IntegrationCustomer).values(
        integration_id=row.id, foreign_id=customer, card_id=card_id, created_at=now
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["integration_id", "foreign_id"], set_={"card_id": card_id}
        )
    )


def _names(ref: CardRef) -> ColumnElement[bool]:
    by_code = CARDS.c.external_code == ref.value
    if ref.key == CardKey.TOKEN:
        return or_(CARDS.c.token_hash == hash_token(ref.value), by_code)
    if ref.key == CardKey.NUMBER:
        return or_(CARDS.c.number == ref.value, by_code)
    return CARDS.c.id == ref.value if ref.key == CardKey.ID else by_code


def _by_contact(session: Session, row: Integration, buyer: Buyer) -> CardId | None:
    country = session.scalar(select(Vendor.country).where(Vendor.id == row.vendor_id))
    email, phone = _email(buyer.email), _phone(buyer.phone, country)
    if email is None and phone is None:
        return None
    people = session.scalars(named_customers(select(CUSTOMERS.c.id), row.vendor_id, email, phone))
    held = {
        card_id
        for one in people.all()
        if (card_id := card_held(session.connection(), row.program_id, one))
    }
    if len(held) > 1:
        raise SeveralCards
    return CardId(held.pop()) if held else None


def _email(text: str | None) -> str | None:
    try:
        return contacts.email(text) if text else None
    except InvalidValue:
        return None


def _phone(text: str | None, country: str | None) -> str | None:
    try:
        return contacts.phone(text, country=country) if text else None
    except InvalidValue:
        return None


def _by_customer(session: Session, row: Integration, customer: str | None) -> CardId | None:
    if customer is None:
        return None
    card_id = session.scalar(
        select(IntegrationCustomer.card_id).where(
            IntegrationCustomer.integration_id == row.id,
            IntegrationCustomer.foreign_id == customer,
        )
    )
    return None if card_id is None else _held(session, row, card_id)


def _held(session: Session, row: Integration, card_id: CardId) -> CardId | None:
    """Return the card, or the one that it became part of, if somebody of the program holds it."""
    leads = leads_to(session, [card_id]).get(card_id, card_id)
    return session.scalar(
        select(CARDS.c.id).where(
            CARDS.c.id == leads,
            CARDS.c.program_id == row.program_id,
            CARDS.c.status.in_(HELD_STATUSES),
        )
    )
