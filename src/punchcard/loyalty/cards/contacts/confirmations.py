"""What the links in mails about a changed contact do: the new one counts, or the old one again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.errors import AddressHeldElsewhere, LinkInvalid
from punchcard.accounts.models import Customer
from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.db.unique import refusing_duplicates
from punchcard.kit.ids import CardId, CustomerId
from punchcard.kit.security.request_domain import is_elsewhere
from punchcard.loyalty.cards import erasures
from punchcard.loyalty.cards.card_queries import card_held
from punchcard.loyalty.cards.contacts import contact_changes
from punchcard.loyalty.cards.contacts.contact_changes import KnownContact
from punchcard.loyalty.cards.contacts.models import ContactChange
from punchcard.loyalty.cards.merges.merge_offers import end_offers
from punchcard.loyalty.cards.merges.merged_cards import leads_to
from punchcard.loyalty.cards.models import PersonProof
from punchcard.loyalty.events import announce_cards_changed
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.vendor_events import Happened, tell
from punchcard.loyalty.vocabulary import HELD_STATUSES, VendorEventType


@dataclass(frozen=True)
class _Concerned:
    """What a change is of: the card, locked as its holder is; an anonymous one has none."""

    change: ContactChange
    card: LoyaltyCard
    customer: Customer | None


@dataclass(frozen=True)
class CardsToMerge:
    """Two cards that one person has proven: the one that the address has, and the other."""

    card_id: CardId
    from_card_id: CardId


def confirm(session: Session, act: Act, change_id: str, email: str) -> Customer | CardsToMerge:
    """Let an address be the contact that its reader has just confirmed; twice is as once.

    A card that belonged to nobody gets a holder by it. Of an address that has a card of the same
    program already, its reader has proven both cards: they are returned, and nothing changes.
    Raises LinkInvalid, and AddressHeldElsewhere when another customer of the shop has it.
    """
    found = _find(session, change_id)
    if found.change.made_at is not None:
        return _as_confirmed_before(found, email)
    if found.change.ended_at is not None or found.change.new_email != email:
        raise LinkInvalid
    other = _holder_of(session, found, email)
    if other is not None:
        held = card_held(session.connection(), found.card.program_id, other.id)
        if held is not None:
            return CardsToMerge(CardId(held), found.card.id)
    customer = found.customer
    if customer is None:
        return _give_card(session, act, found, other, email)
    if other is not None:
        raise AddressHeldElsewhere
    before = KnownContact.of(customer)
    _set_email(session, act, customer, email)
    if before.email == email:
        # It was theirs already, and is confirmed now: nobody is left to be told.
        found.change.made_at = act.now
    else:
        contact_changes.make(session, found.change, before, act.now)
    return customer


def restore(session: Session, act: Act, change_id: str) -> Customer:
    """Put back the contact that was changed, on the word of who reads the old address.

    Everything that the new one could have begun ends: proofs of person, changes that wait, a
    deletion. Raises LinkInvalid, and AddressHeldElsewhere when somebody else has the old contact.
    """
    found = _find(session, change_id)
    change, customer = found.change, found.customer
    if customer is None or change.made_at is None or change.ended_at is not None:
        raise LinkInvalid
    act = replace(act, subject=_subject(customer))
    with refusing_duplicates(session, AddressHeldElsewhere):
        customer.email, customer.phone = change.old_email, change.old_phone
        customer.email_verified_at = change.old_email_verified_at
        customer.is_verified = change.old_is_verified
        customer.updated_at = act.now
    contact_changes.end_all(session, customer.id, act.now)
    cards = _cards_of(session, customer.id)
    session.execute(delete(PersonProof).where(PersonProof.card_id.in_([one.id for one in cards])))
    end_offers(session, [card.id for card in cards])
    for card in cards:
        erasures.undo(session, act, card)
    _tell(session, act, customer, cards, "customer.contact_restored")
    return customer


def objectionable(session: Session, change_id: str) -> ContactChange:
    """Return a change that was made and can be objected to. Raises LinkInvalid."""
    change = session.get(ContactChange, change_id)
    if change is None or is_elsewhere(change.vendor_id):
        raise LinkInvalid
    if change.made_at is None or change.ended_at is not None:
        raise LinkInvalid
    return change


def _find(session: Session, change_id: str) -> _Concerned:
    """Return what a change is of, locked in the order of all changes: the card, then its holder."""
    change = session.get(ContactChange, change_id)
    if change is None or is_elsewhere(change.vendor_id):
        raise LinkInvalid
    card_id = leads_to(session, [change.card_id]).get(change.card_id, change.card_id)
    card = _lock(session, card_id)
    session.refresh(change, with_for_update=True)
    if change.customer_id is None:
        if card.customer_id is not None:
            raise LinkInvalid
        return _Concerned(change, card, None)
    customer = session.get_one(Customer, change.customer_id, with_for_update=True)
    if customer.erased_at is not None or not _holds(session, customer.id):
        raise LinkInvalid
    return _Concerned(change, card, customer)


def _lock(session: Session, card_id: CardId) -> LoyaltyCard:
    query = select(LoyaltyCard).where(LoyaltyCard.id == card_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _holds(session: Session, customer_id: CustomerId) -> bool:
    """Return whether a customer still has a card: all of theirs may be part of another's."""
    query = select(LoyaltyCard.id).where(
        LoyaltyCard.customer_id == customer_id, LoyaltyCard.status.in_(HELD_STATUSES)
    )
    return session.scalar(query.limit(1)) is not None


def _as_confirmed_before(found: _Concerned, email: str) -> Customer:
    customer = found.customer
    if customer is None or customer.email != email or customer.email_verified_at is None:
        raise LinkInvalid
    return customer


def _holder_of(session: Session, found: _Concerned, email: str) -> Customer | None:
    """Return, locked, another customer of the shop whose the address is for sure."""
    query = select(Customer).where(
        Customer.vendor_id == found.change.vendor_id,
        Customer.email == email,
        Customer.is_verified,
        Customer.erased_at.is_(None),
    )
    if found.customer is not None:
        query = query.where(Customer.id != found.customer.id)
    return session.scalar(query.with_for_update())


def _give_card(
    session: Session, act: Act, found: _Concerned, other: Customer | None, email: str
) -> Customer:
    """Give a card that belonged to nobody to who reads the address: known by it, or new."""
    if other is None:
        other = Customer(
            id=act.ids.new_id(),
            vendor_id=found.card.vendor_id,
            created_at=act.now,
            updated_at=act.now,
        )
        session.add(other)
        session.flush()
        found.change.customer_id = other.id
    with refusing_duplicates(session, AddressHeldElsewhere):
        found.card.customer_id = other.id
    found.card.updated_at = act.now
    _set_email(session, act, other, email)
    found.change.made_at = act.now
    return other


def _set_email(session: Session, act: Act, customer: Customer, email: str) -> None:
    act = replace(act, subject=_subject(customer))
    with refusing_duplicates(session, AddressHeldElsewhere):
        customer.email = email
        customer.email_verified_at = customer.updated_at = act.now
        # The link proves the address, not a telephone number that was typed beside it.
        if customer.phone is None:
            customer.is_verified = True
    cards = _cards_of(session, customer.id)
    _tell(session, act, customer, cards, "customer.contact_changed")


def _tell(
    session: Session, act: Act, customer: Customer, cards: list[LoyaltyCard], action: str
) -> None:
    of = ("customer", customer.id)
    new = {"cards": [card.id for card in cards]}
    record_act(session, act, action, of=of, vendor_id=customer.vendor_id, new=new)
    announce_cards_changed(session, [card.id for card in cards], act.now)
    for card in cards:
        data: Mapping[str, Any] = {
            "card_id": card.id,
            "program_id": card.program_id,
            "change": "updated",
            "fields": ["customer.email"],
            "status": card.status,
        }
        tell(session, act, card.vendor_id, Happened(VendorEventType.CARD_UPDATED, data))


def _cards_of(session: Session, customer_id: CustomerId) -> list[LoyaltyCard]:
    query = select(LoyaltyCard).where(LoyaltyCard.customer_id == customer_id)
    return list(session.scalars(query.order_by(LoyaltyCard.id)))


def _subject(customer: Customer) -> Subject:
    return Subject(kind=SubjectKind.CUSTOMER, id=customer.id)
