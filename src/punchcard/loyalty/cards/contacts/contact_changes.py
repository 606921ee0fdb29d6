"""Changes of contact as they are kept: asked for, made, withdrawn, overtaken.

An address that its reader has confirmed is somebody's key to their data: whoever changes it takes
that over. So a new one waits until its own reader has confirmed it, unless somebody who may manage
the shop answers for it; and the old one is told, and may object.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self, cast

from sqlalchemy import ColumnElement, CursorResult, and_, delete, or_, select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.models import Customer
from punchcard.db import outbox
from punchcard.kit.ids import CustomerId
from punchcard.loyalty.cards.contacts.models import ContactChange
from punchcard.loyalty.events import CONTACT_CHANGE, announce_cards_changed
from punchcard.loyalty.models import LoyaltyCard


@dataclass(frozen=True, kw_only=True)
class KnownContact:
    """How a customer could be reached at one moment, and what that was worth."""

    email: str | None
    phone: str | None
    email_verified_at: datetime | None
    is_verified: bool

    @classmethod
    def of(cls, customer: Customer) -> Self:
        """Return a customer's contact as it is."""
        return cls(
            email=customer.email,
            phone=customer.phone,
            email_verified_at=customer.email_verified_at,
            is_verified=customer.is_verified,
        )

    @property
    def is_known_for_sure(self) -> bool:
        """Return whether somebody answers for the address: its reader, or the shop."""
        return self.email is not None and (self.email_verified_at is not None or self.is_verified)


def ask(
    session: Session, act: Act, card: LoyaltyCard, email: str, *, language: str | None = None
) -> ContactChange:
    """Keep a new address for the holder of a locked card until its own reader has confirmed it.

    One waits at a time: the last one asked for. Who asked may be the holder, or a till. The worker
    writes the mail, so that the answer says nothing about the address.
    """
    _end(session, _waits_for(card), act.now)
    change = ContactChange(
        id=act.ids.new_id(),
        vendor_id=card.vendor_id,
        card_id=card.id,
        customer_id=card.customer_id,
        asked_by=act.subject.kind,
        language=language,
        new_email=email,
        asked_at=act.now,
    )
    session.add(change)
    _record(session, act, "customer.contact_change_asked", change)
    _follow(session, change, act.now)
    announce_cards_changed(session, [card.id], act.now)
    return change


def keep_made(
    session: Session, act: Act, card: LoyaltyCard, before: KnownContact, customer: Customer
) -> None:
    """Keep what a customer's contact was before the shop changed it, so that the old one is told.

    Nothing is kept when it is as before, or the old address was nobody's for sure.
    """
    is_same = (before.email, before.phone) == (customer.email, customer.phone)
    if is_same or not before.is_known_for_sure:
        return
    change = ContactChange(
        id=act.ids.new_id(),
        vendor_id=card.vendor_id,
        card_id=card.id,
        customer_id=customer.id,
        asked_by=act.subject.kind,
        new_email=customer.email,
        asked_at=act.now,
    )
    session.add(change)
    make(session, change, before, act.now)
    _end(session, _waits_for(card), act.now)


def make(session: Session, change: ContactChange, before: KnownContact, now: datetime) -> None:
    """Note that a change was made, and what was `before`; the old address is told of it."""
    change.made_at = now
    change.old_email, change.old_phone = before.email, before.phone
    change.old_email_verified_at = before.email_verified_at
    change.old_is_verified = before.is_verified
    _follow(session, change, now)


def waiting(session: Session, card: LoyaltyCard, *, since: datetime) -> ContactChange | None:
    """Return the change that waits for a card's holder, if it was asked for after `since`."""
    query = select(ContactChange).where(_waits_for(card), ContactChange.asked_at > since)
    return session.scalar(query.order_by(ContactChange.id.desc()).limit(1))


def withdraw(session: Session, act: Act, card: LoyaltyCard) -> bool:
    """End the change that waits for a locked card's holder; False when none does."""
    ended = _end(session, _waits_for(card), act.now)
    for change in ended:
        _record(session, act, "customer.contact_change_withdrawn", change)
    if ended:
        announce_cards_changed(session, [card.id], act.now)
    return bool(ended)


def end_all(session: Session, customer_id: CustomerId, now: datetime) -> None:
    """End every change of a customer, those that wait and those that were made."""
    _end(session, ContactChange.customer_id == customer_id, now)


def forget(session: Session, cards: Sequence[LoyaltyCard], customer_id: CustomerId | None) -> None:
    """Delete all changes of a customer who is forgotten, and of their cards."""
    of: ColumnElement[bool] = ContactChange.card_id.in_([card.id for card in cards])
    if customer_id is not None:
        of = or_(of, ContactChange.customer_id == customer_id)
    session.execute(delete(ContactChange).where(of).execution_options(synchronize_session=False))


def expire(session: Session, now: datetime, *, wait: timedelta, objection: timedelta) -> int:
    """Delete the changes whose links have ended; returns how many there were."""
    statement = delete(ContactChange).where(
        or_(
            and_(ContactChange.made_at.is_(None), ContactChange.asked_at <= now - wait),
            ContactChange.made_at <= now - objection,
        )
    )
    statement = statement.execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def _waits_for(card: LoyaltyCard) -> ColumnElement[bool]:
    holder = ContactChange.card_id == card.id
    if card.customer_id is not None:
        holder = ContactChange.customer_id == card.customer_id
    return and_(holder, ContactChange.made_at.is_(None), ContactChange.ended_at.is_(None))


def _end(session: Session, which: ColumnElement[bool], now: datetime) -> Sequence[ContactChange]:
    query = select(ContactChange).where(which, ContactChange.ended_at.is_(None))
    found = session.scalars(query.order_by(ContactChange.id).with_for_update()).all()
    for change in found:
        change.ended_at = now
    session.flush()
    return found


def _follow(session: Session, change: ContactChange, now: datetime) -> None:
    session.flush()
    outbox.enqueue(session, CONTACT_CHANGE, change.id, now)


def _record(session: Session, act: Act, action: str, change: ContactChange) -> None:
    # No address: the audit trail is permanent, and customers may ask to be forgotten.
    of = ("customer", change.customer_id) if change.customer_id else ("card", change.card_id)
    record_act(session, act, action, of=of, vendor_id=change.vendor_id)
