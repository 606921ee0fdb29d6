"""An order that is nobody's leaves a receipt, which whoever bought puts on their own card.

One for each order, under the number of its first booking: what is on a card by the receipt is not
booked for the order again, and what is paid back later is taken off where the receipt went.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act
from punchcard.accounts.subjects import SYSTEM
from punchcard.connect.claims import claim_service
from punchcard.connect.claims.claim_service import NewClaim, state_at
from punchcard.connect.claims.models import ReceiptClaim
from punchcard.connect.claims.presented import open_place
from punchcard.connect.claims.vocabulary import ClaimSource, ClaimState
from punchcard.connect.integrations.models import (
    Integration,
    IntegrationBooking,
    IntegrationOrder,
)
from punchcard.connect.integrations.order_book import bookings_of, paid_within, reference_of
from punchcard.connect.integrations.settling import due_minor
from punchcard.connect.integrations.vocabulary import BookingKind, BookingState
from punchcard.db.outbox import RetryLater
from punchcard.db.unique import refusing_duplicates
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import Ids
from punchcard.kit.settings import Settings
from punchcard.loyalty.errors.till import ReferenceAlreadyUsed
from punchcard.loyalty.operations import Actor, PurchaseItem
from punchcard.loyalty.programs.rules_loader import load_rules
from punchcard.loyalty.rules.stamps.purchase_items import stamps_of_items
from punchcard.loyalty.rules.values import ProgramRules
from punchcard.loyalty.vocabulary import ActorKind, ProgramType


class _Gives(NamedTuple):
    """What a receipt is over: minor units, and stamps where its items say how many."""

    amount_minor: int
    stamps: int | None


def claim_of(
    session: Session, order: IntegrationOrder, *, lock: bool = False
) -> ReceiptClaim | None:
    """Return the receipt that an order left, held if so wanted; None where it left none."""
    if order.claim_id is None:
        return None
    return session.get(
        ReceiptClaim, order.claim_id, with_for_update=lock or None, populate_existing=lock
    )


def follow_claim(session: Session, order: IntegrationOrder, ids: Ids, now: datetime) -> None:
    """Let an order that is held be of the card that its receipt was put on, with what that gave.

    Raises RetryLater while the receipt is on its way onto a card.
    """
    if order.card_id is not None:
        return
    claim = claim_of(session, order, lock=True)
    if claim is None:
        return
    if claim.state is ClaimState.TAKING:
        raise RetryLater("receipt_on_its_way")
    if claim.state is not ClaimState.CLAIMED:
        return
    order.card_id, order.updated_at = claim.card_id, now
    bookings = bookings_of(session, order.id)
    session.add(
        IntegrationBooking(
            id=ids.new_id(),
            order_id=order.id,
            number=bookings[-1].number + 1 if bookings else 1,
            kind=BookingKind.EARN,
            state=BookingState.BOOKED,
            amount_minor=claim.amount_minor or 0,
            entry_id=claim.transaction_id,
            created_at=now,
        )
    )
    session.flush()


def level_claim(
    session: Session,
    row: Integration,
    order: IntegrationOrder,
    *,
    settings: Settings,
    ids: Ids,
    now: datetime,
) -> None:
    """Bring the receipt of an order that is held up to what the order is over by now.

    One that is nobody's and counts leaves a receipt, once. What counts less lowers it, to nothing
    withdraws it until it counts again; an order that has a card needs none any more.
    """
    due = 0 if order.card_id is not None else due_minor(order)
    if order.claim_id is None:
        if due:
            _leave_claim(session, row, order, settings=settings, ids=ids, now=now)
        return
    claim = claim_of(session, order, lock=True)
    if claim is None or claim.expires_at <= now:
        return
    if order.card_id is not None:
        withdraw_open(claim, now)
    elif claim.state is ClaimState.OPEN or _was_lowered_to_nothing(claim):
        _set_amount(session, row, order, claim)


def withdraw_open(claim: ReceiptClaim, now: datetime) -> None:
    """Withdraw a receipt that is held and is on no card: its purchase is on one by now."""
    if state_at(claim, now) is ClaimState.OPEN:
        claim.state = ClaimState.WITHDRAWN


def _leave_claim(
    session: Session,
    row: Integration,
    order: IntegrationOrder,
    *,
    settings: Settings,
    ids: Ids,
    now: datetime,
) -> None:
    gives = _gives(session, row, order)
    if gives is None:
        return
    new = NewClaim(
        reference=reference_of(row, order),
        amount_minor=gives.amount_minor,
        stamps=gives.stamps,
        program_id=row.program_id,
        location_id=open_place(session, row.location_id),
        occurred_at=_paid_at(order, settings, now),
        source=ClaimSource.ORDER,
        made_by=Actor(ActorKind.INTEGRATION, row.id),
    )
    act = Act(subject=SYSTEM, now=now, ids=ids)
    try:
        claim = claim_service.create_claim(session, act, row.vendor_id, new, settings)
    except DomainError:
        # Below the minimum, a program that pauses, a number that is used: it waits for a person.
        return
    order.claim_id = claim.id
    session.flush()


def _paid_at(order: IntegrationOrder, settings: Settings, now: datetime) -> datetime | None:
    """Return when an order was paid, as a receipt may say it: one that is past is good for none."""
    hours = min(settings.offline_grace_hours, settings.claim_hours - 1)
    return paid_within(order, seen_at=now, grace=timedelta(hours=hours))


def _set_amount(
    session: Session, row: Integration, order: IntegrationOrder, claim: ReceiptClaim
) -> None:
    gives = _gives(session, row, order)
    if gives is None:
        claim.amount_minor, claim.state = 0, ClaimState.WITHDRAWN
        return
    try:
        with refusing_duplicates(session, ReferenceAlreadyUsed):
            claim.amount_minor, claim.stamps, claim.state = *gives, ClaimState.OPEN
            session.flush()
    except ReferenceAlreadyUsed:
        # While it was withdrawn, another receipt was made under its number: that one holds.
        return


def _was_lowered_to_nothing(claim: ReceiptClaim) -> bool:
    """Return whether the order withdrew the receipt; one that a person withdrew stays so."""
    return claim.state is ClaimState.WITHDRAWN and claim.amount_minor == 0


def _gives(session: Session, row: Integration, order: IntegrationOrder) -> _Gives | None:
    """Return what an order gives whoever has its receipt; None for nothing."""
    due = due_minor(order)
    if not due:
        return None
    _, rules = load_rules(session, [row.program_id])[row.program_id]
    stamps = _stamps(rules, order)
    if stamps == 0 and rules.type == ProgramType.STAMPS:
        return None
    return _Gives(due, stamps)


def _stamps(rules: ProgramRules, order: IntegrationOrder) -> int | None:
    if not rules.has_stamps or not rules.stamps_per_item or not order.items:
        return None
    items = [PurchaseItem(sku, quantity, minor or None) for sku, quantity, minor in order.items]
    return min(stamps_of_items(items, rules), rules.max_daily_stamps)
