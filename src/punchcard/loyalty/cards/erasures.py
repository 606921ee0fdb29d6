"""A customer's wish to be forgotten: kept for some days in which it can be undone, then done."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards import customer_service
from punchcard.loyalty.cards.former_contacts import FormerContacts
from punchcard.loyalty.cards.models import Erasure, PersonProof
from punchcard.loyalty.cards.person_proofs import holder
from punchcard.loyalty.events import announce_cards_changed
from punchcard.loyalty.models import LoyaltyCard


def ask(
    session: Session, act: Act, card: LoyaltyCard, proof: PersonProof, *, undo_hours: int
) -> Erasure:
    """Keep the wish of a card's holder to be forgotten; one that waits already is as this one.

    `act` is the holder's, who showed `proof`. It is carried out once `undo_hours` have passed.
    """
    waiting = pending(session, card, lock=True)
    if waiting is not None:
        return waiting
    erasure = Erasure(
        id=act.ids.new_id(),
        vendor_id=card.vendor_id,
        card_id=card.id,
        customer_id=card.customer_id,
        way=proof.way,
        confirmed_by_kind=proof.confirmed_by_kind,
        confirmed_by_id=proof.confirmed_by_id,
        asked_at=act.now,
        due_at=act.now + timedelta(hours=undo_hours),
    )
    session.add(erasure)
    new = {"due_at": erasure.due_at, **_proved(erasure)}
    _record(session, act, "customer.erasure_asked", erasure, new=new)
    announce_cards_changed(session, [card.id], act.now)
    return erasure


def pending(session: Session, card: LoyaltyCard, *, lock: bool = False) -> Erasure | None:
    """Return the erasure that waits for a card's holder, or None."""
    of = Erasure.card_id == card.id
    if card.customer_id is not None:
        of = Erasure.customer_id == card.customer_id
    wanted = select(Erasure).where(of, Erasure.undone_at.is_(None), Erasure.done_at.is_(None))
    wanted = wanted.order_by(Erasure.id).limit(1)
    return session.scalar(wanted.with_for_update() if lock else wanted)


def undo(session: Session, act: Act, card: LoyaltyCard) -> bool:
    """Let a card's holder stay known after all; False when nothing waits, or it is done already."""
    is_undone = False
    # One at a time: who asks twice at once leaves two.
    while (erasure := pending(session, card, lock=True)) is not None:
        is_undone, erasure.undone_at = True, act.now
        session.flush()
        _record(session, act, "customer.erasure_undone", erasure, new={"due_at": erasure.due_at})
    if is_undone:
        announce_cards_changed(session, [card.id], act.now)
    return is_undone


def carry_out(session: Session, act: Act, former: FormerContacts, *, limit: int) -> int:
    """Forget up to `limit` customers whose time to undo it is over; returns how many.

    The audit trail names the customer, and how they showed who they are.
    """
    due = (
        select(Erasure)
        .where(Erasure.due_at <= act.now, Erasure.undone_at.is_(None), Erasure.done_at.is_(None))
        .order_by(Erasure.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(due).all()
    for erasure in found:
        _carry_out(session, act, former, erasure)
    return len(found)


def _carry_out(session: Session, act: Act, former: FormerContacts, erasure: Erasure) -> None:
    card = session.get_one(LoyaltyCard, CardId(erasure.card_id))
    subject = (
        Subject(kind=SubjectKind.CUSTOMER, id=erasure.customer_id)
        if erasure.customer_id is not None
        else holder(card)
    )
    customer_service.erase_holder(
        session,
        replace(act, subject=subject),
        former,
        card_id=card.id,
        customer_id=erasure.customer_id,
        proved=_proved(erasure),
    )
    erasure.done_at = act.now


def _proved(erasure: Erasure) -> Mapping[str, Any]:
    proved: dict[str, Any] = {"proof": erasure.way}
    if erasure.confirmed_by_id is not None:
        proved[f"{erasure.confirmed_by_kind}_id"] = erasure.confirmed_by_id
    return proved


def _record(
    session: Session, act: Act, action: str, erasure: Erasure, *, new: Mapping[str, Any]
) -> None:
    of = ("customer", erasure.customer_id) if erasure.customer_id else ("card", erasure.card_id)
    record_act(session, act, action, of=of, vendor_id=erasure.vendor_id, new=new)
