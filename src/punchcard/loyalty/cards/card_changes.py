"""What the vendor's side changes about a card: its customer, its status, its number and token.

Who may not manage needs a proof of staff where the program requires one, as at the till, and the
audit trail names the person. Balances are the till's. Each change locks the card's row first, so
that a batch of the till sees the card before or after it, and announces that the card has changed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.errors import NotAllowed
from punchcard.accounts.models import Customer
from punchcard.accounts.rows import differing, set_fields
from punchcard.accounts.subjects import is_by_till
from punchcard.db import outbox
from punchcard.db.unique import refusing_duplicates
from punchcard.kit.folding import fold_name
from punchcard.kit.ids import CARD_TOKEN_BYTES, CardId, VendorId, as_id
from punchcard.kit.secrets import Sealer, hash_token
from punchcard.loyalty.cards import card_queries
from punchcard.loyalty.cards.contacts import contact_changes
from punchcard.loyalty.cards.contacts.contact_changes import KnownContact
from punchcard.loyalty.errors.cards import (
    CardAlreadyExists,
    CardBlocked,
    CardNotFound,
    ContactConflict,
    ContactTaken,
)
from punchcard.loyalty.errors.till import TillBusy
from punchcard.loyalty.events import CUSTOMER_ADDRESS, announce_cards_changed
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram, RetiredCardCode
from punchcard.loyalty.operations import StaffIdentity
from punchcard.loyalty.rules.card_rules import check_staff
from punchcard.loyalty.vendor_events import Happened, tell
from punchcard.loyalty.vocabulary import HELD_STATUSES, CardStatus, VendorEventType

_CONTACTS = ("email", "phone")
_NUMBER_DRAWS = 5


@dataclass(frozen=True, kw_only=True)
class CardChange:
    """What is to be changed: fields of the customer, and of the card itself (`locale`)."""

    customer: Mapping[str, Any] | None = None
    card: Mapping[str, Any] | None = None


def update_card(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    card_id: CardId,
    change: CardChange,
    *,
    staff: StaffIdentity | None = None,
    guard: Callable[[LoyaltyCard], None] | None = None,
) -> None:
    """Change the given fields; an anonymous card gets a customer: a known one, or a new one.

    Contacts typed by the vendor's side are vouched for: the customer becomes verified once each of
    their contacts was typed so, and a verified contact belongs to one customer. An address that the
    customer has confirmed is changed at once only by who may manage; from anybody else a new one
    waits for its own confirmation (`contact_changes`), and the old one cannot be taken away.
    `guard` is given the card, locked with its customer, before anything changes; what it raises
    ends it. `staff` is who stands behind a change of the customer.
    Raises CardNotFound, StaffPinRequired, StaffPinNotForProgram, ContactTaken, NotAllowed; for an
    anonymous card also CardAlreadyExists (the customer holds another card of the program) and
    ContactConflict.
    """
    card = lock_card(session, vendor_id, card_id)
    if guard is not None:
        if card.customer_id is not None:
            session.get_one(Customer, card.customer_id, with_for_update=True)
        guard(card)
    told = dict(change.customer or {})
    if told:
        _check_staff(session, act, card, staff)
    changed = _change_card(card, change.card or {})
    if told and card.customer_id is None:
        changed += _give_to_customer(session, act, card, told)
    elif told:
        changed += _change_customer(session, act, card, told)
    if not changed:
        return
    card.updated_at = act.now
    # Names of fields only: the audit trail is permanent, and customers may ask to be forgotten.
    _record(session, act, "card.updated", card, staff, new={"fields": sorted(changed)})


def block_card(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    card_id: CardId,
    staff: StaffIdentity | None = None,
) -> None:
    """Stop the card from being used until it is unblocked.

    Raises CardNotFound, CardBlocked (it is closed), StaffPinRequired, StaffPinNotForProgram.
    """
    _set_status(session, act, vendor_id, card_id, staff, status=CardStatus.BLOCKED)


def unblock_card(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    card_id: CardId,
    staff: StaffIdentity | None = None,
) -> None:
    """Let a blocked card be used again.

    Raises CardNotFound, CardBlocked (it is closed), StaffPinRequired, StaffPinNotForProgram.
    """
    _set_status(session, act, vendor_id, card_id, staff, status=CardStatus.ACTIVE)


def replace_card(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    card_id: CardId,
    sealer: Sealer,
    *,
    staff: StaffIdentity | None = None,
) -> None:
    """Give the card a new number and token; the old ones stop working permanently.

    Id, balances, status and ledger stay.
    Raises CardNotFound, CardBlocked (it is closed), StaffPinRequired, StaffPinNotForProgram.
    """
    card = lock_card(session, vendor_id, card_id)
    _check_staff(session, act, card, staff)
    _refuse_if_closed(card)
    old_number = card.number
    session.add(
        RetiredCardCode(
            number=old_number, token_hash=card.token_hash, card_id=card.id, replaced_at=act.now
        )
    )
    token = act.ids.new_token(CARD_TOKEN_BYTES)
    card.number = _free_number(session, act)
    card.token_hash = hash_token(token)
    card.token_sealed = sealer.seal(token.encode(), card.id)
    card.updated_at = act.now
    numbers = {"old": {"number": old_number}, "new": {"number": card.number}}
    _record(session, act, "card.replaced", card, staff, **numbers)


def lock_card(session: Session, vendor_id: VendorId, card_id: CardId) -> LoyaltyCard:
    """Return the vendor's card, held until the end of the transaction. Raises CardNotFound."""
    wanted = as_id(card_id)
    card = wanted and session.scalar(
        select(LoyaltyCard)
        .where(LoyaltyCard.id == wanted, LoyaltyCard.vendor_id == vendor_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if not card:
        raise CardNotFound
    return card


def _check_staff(
    session: Session, act: Act, card: LoyaltyCard, staff: StaffIdentity | None
) -> None:
    policy = session.get_one(LoyaltyProgram, card.program_id).pin_policy
    check_staff(staff, card.program_id, policy, is_asked=is_by_till(act.subject))


def _set_status(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    card_id: CardId,
    staff: StaffIdentity | None,
    *,
    status: CardStatus,
) -> None:
    card = lock_card(session, vendor_id, card_id)
    _check_staff(session, act, card, staff)
    _refuse_if_closed(card)
    if card.status == status:
        return
    old, card.status = card.status, status
    card.updated_at = act.now
    action = "card.blocked" if status == CardStatus.BLOCKED else "card.unblocked"
    _record(session, act, action, card, staff, old={"status": old}, new={"status": status})


def _refuse_if_closed(card: LoyaltyCard) -> None:
    if card.status not in HELD_STATUSES:
        raise CardBlocked


def _free_number(session: Session, act: Act) -> str:
    """Return a number that no card has and none ever had; the first draw nearly always is one."""
    for _ in range(_NUMBER_DRAWS):
        number = act.ids.new_card_number()
        held = select(LoyaltyCard.id).where(LoyaltyCard.number == number)
        if session.get(RetiredCardCode, number) is None and session.scalar(held) is None:
            return number
    raise TillBusy


def _change_card(card: LoyaltyCard, fields: Mapping[str, Any]) -> list[str]:
    if "locale" not in fields or card.locale == fields["locale"]:
        return []
    card.locale = fields["locale"]
    return ["locale"]


def _give_to_customer(
    session: Session, act: Act, card: LoyaltyCard, told: dict[str, Any]
) -> list[str]:
    given = {name: value for name, value in told.items() if value not in (None, False)}
    if not given:
        return []
    known = card_queries.customers_with(
        session.connection(), card.vendor_id, email=given.get("email"), phone=given.get("phone")
    )
    if len(known) > 1:
        raise ContactConflict
    if known:
        held = card_queries.card_held(session.connection(), card.program_id, known[0].id)
        if held is not None:
            raise CardAlreadyExists(card_id=held)
        customer = session.get_one(Customer, known[0].id, with_for_update=True)
        # What is known stays as it is: a card in new hands does not overwrite it.
        given = {name: value for name, value in given.items() if not getattr(customer, name)}
    else:
        customer = Customer(
            id=act.ids.new_id(), vendor_id=card.vendor_id, created_at=act.now, updated_at=act.now
        )
        customer.is_verified = any(name in given for name in _CONTACTS)
    with refusing_duplicates(session, ContactTaken):
        _fill(customer, act, given)
        session.add(customer)
    _ask_to_confirm(session, act, customer, given)
    with refusing_duplicates(session, CardAlreadyExists):
        card.customer_id = customer.id
    return ["customer"]


def _change_customer(
    session: Session, act: Act, card: LoyaltyCard, told: dict[str, Any]
) -> list[str]:
    customer = session.scalars(
        select(Customer).where(Customer.id == card.customer_id).with_for_update()
    ).one()
    before = KnownContact.of(customer)
    told = _without_what_waits(session, act, card, customer, told)
    _, changed = differing(customer, told)
    is_verified = customer.is_verified or _is_vouched(customer, told)
    if not changed and is_verified == customer.is_verified:
        return []
    with refusing_duplicates(session, ContactTaken):
        _fill(customer, act, changed)
        customer.is_verified = is_verified
        customer.updated_at = act.now
    contact_changes.keep_made(session, act, card, before, customer)
    _ask_to_confirm(session, act, customer, changed)
    others = select(LoyaltyCard.id).where(LoyaltyCard.customer_id == customer.id)
    announce_cards_changed(session, session.scalars(others), act.now)
    return [f"customer.{name}" for name in changed] or ["customer.is_verified"]


def _without_what_waits(
    session: Session, act: Act, card: LoyaltyCard, customer: Customer, told: dict[str, Any]
) -> dict[str, Any]:
    """Return what is told without a new address that has to be confirmed first, which is kept."""
    email = told.get("email", customer.email)
    if email == customer.email or customer.email_verified_at is None:
        return told
    if not is_by_till(act.subject):
        return told
    if email is None:
        raise NotAllowed
    contact_changes.ask(session, act, card, email)
    return {name: value for name, value in told.items() if name != "email"}


def _is_vouched(customer: Customer, told: Mapping[str, Any]) -> bool:
    """Return whether each contact the customer then has is one that someone answers for.

    The vendor's side for what it has just typed, the customer for an address they have confirmed.
    """
    after = {name: told.get(name, getattr(customer, name)) for name in _CONTACTS}
    held = {name for name, value in after.items() if value is not None}
    if customer.email_verified_at is not None and "email" not in told:
        held.discard("email")
    return any(after.values()) and held.issubset(told)


def _ask_to_confirm(
    session: Session, act: Act, customer: Customer, changed: Mapping[str, Any]
) -> None:
    if changed.get("email"):
        outbox.enqueue(session, CUSTOMER_ADDRESS, customer.id, act.now)


def _fill(customer: Customer, act: Act, fields: Mapping[str, Any]) -> None:
    if "email" in fields and fields["email"] != customer.email:
        customer.email_verified_at = None
    set_fields(customer, fields)
    if "name" in fields:
        customer.name_folded = fold_name(fields["name"])
    if "birthday" in fields:
        customer.birthday_set_at = act.now if fields["birthday"] else None
    if "marketing_consent" in fields:
        customer.marketing_consent_at = act.now if fields["marketing_consent"] else None


def _record(
    session: Session,
    act: Act,
    action: str,
    card: LoyaltyCard,
    staff: StaffIdentity | None,
    **values: Any,
) -> None:
    session.flush()
    if staff is not None:
        values["new"] = {**values["new"], "staff_pin_id": staff.pin_id}
    record_act(session, act, action, of=("card", card.id), vendor_id=card.vendor_id, **values)
    announce_cards_changed(session, [card.id], act.now)
    data = {
        "card_id": card.id,
        "program_id": card.program_id,
        "change": action.removeprefix("card."),
        "fields": values["new"].get("fields", []),
        "status": card.status,
    }
    tell(session, act, card.vendor_id, Happened(VendorEventType.CARD_UPDATED, data))
