"""What is booked for an order goes onto its card through the till, each booking once.

Bookings are written down before the till is asked, and each has a key and a receipt number of its
own: whoever finds one planned asks again, and is given the same entry.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.connect.integrations.models import (
    Integration,
    IntegrationBooking,
    IntegrationOrder,
)
from punchcard.connect.integrations.order_book import bookings_of, paid_within, reference_of
from punchcard.connect.integrations.settling import left_of
from punchcard.connect.integrations.vocabulary import BookingKind, BookingState
from punchcard.db.database import Database
from punchcard.db.outbox import RetryLater
from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.ids import CardId, EntryId, IntegrationBookingId, IntegrationOrderId
from punchcard.kit.validation.request_keys import INTEGRATION
from punchcard.loyalty.cards.merges.merged_cards import leads_to
from punchcard.loyalty.errors.balances import (
    TooManyStampsAtOnce,
    VisitStampLimitReached,
)
from punchcard.loyalty.errors.till import (
    AlreadyVoided,
    NotRefundable,
    ReferenceAlreadyUsed,
    RefundExceedsPurchase,
)
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.operations import (
    Actor,
    CardKey,
    CardRef,
    EarnPoints,
    Operation,
    OperationMetadata,
    PurchaseItem,
    RecordVisit,
    RefundPoints,
)
from punchcard.loyalty.till.till import Till
from punchcard.loyalty.vocabulary import ActorKind, ProgramType

_STAMPS_REFUSED: Final = (TooManyStampsAtOnce, VisitStampLimitReached)
_NOTHING_LEFT: Final = (AlreadyVoided, NotRefundable)


@dataclass(frozen=True, slots=True)
class BookingOutcome:
    """What became of a booking: its entry, or why there is none."""

    state: BookingState
    entry_id: EntryId | None = None
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class _Job:
    """A booking with all that the till is asked with; `paid_at` None is now."""

    booking: IntegrationBooking
    order: IntegrationOrder
    row: Integration
    card_id: CardId
    program_type: ProgramType
    counts_items: bool
    of: IntegrationBooking | None
    is_more: bool
    paid_at: datetime | None

    def asking(self, step: str = "") -> OperationMetadata:
        """Return what the operation carries; a second one for the same booking names its step."""
        key = f"{INTEGRATION}{self.booking.id}{step}"
        return {
            "vendor_id": self.row.vendor_id,
            "actor": Actor(ActorKind.INTEGRATION, self.row.id),
            "location_id": self.row.location_id,
            "idempotency_key": key,
            "fingerprint": hashlib.sha256(key.encode()).digest(),
        }

    @property
    def reference(self) -> str:
        """Return the receipt number of this booking."""
        return reference_of(self.row, self.order, self.booking.number)


def book_planned(
    database: Database, till: Till, order_id: IntegrationOrderId, *, grace: timedelta
) -> list[IntegrationBooking]:
    """Ask the till for every booking of an order that is planned; returns those it refused.

    What an order earns first counts when it was paid, if that is told and at most `grace` back.
    Raises RetryLater while the till is busy: what was done is not done again.
    """
    refused: list[IntegrationBooking] = []
    while True:
        with database.read() as session:
            job = _next_job(session, order_id, grace)
        if job is None:
            return refused
        outcome = _outcome(till, job)
        with database.write() as session:
            booking = session.get_one(IntegrationBooking, job.booking.id, with_for_update=True)
            if booking.state == BookingState.PLANNED:
                booking.state, booking.entry_id = outcome.state, outcome.entry_id
                booking.refusal = outcome.refusal
            if booking.state == BookingState.REFUSED:
                refused.append(booking)


def _next_job(session: Session, order_id: IntegrationOrderId, grace: timedelta) -> _Job | None:
    bookings = bookings_of(session, order_id)
    booking = next((one for one in bookings if one.state == BookingState.PLANNED), None)
    if booking is None:
        return None
    order = session.get_one(IntegrationOrder, order_id)
    row = session.get_one(Integration, order.integration_id)
    program = session.execute(
        select(LoyaltyProgram.type, LoyaltyProgram.stamps_per_item).where(
            LoyaltyProgram.id == row.program_id
        )
    ).one()
    assert order.card_id is not None
    before = [one for one in bookings if one.number < booking.number]
    return _Job(
        booking=booking,
        order=order,
        row=row,
        card_id=leads_to(session, [order.card_id]).get(order.card_id, order.card_id),
        program_type=program.type,
        counts_items=bool(program.stamps_per_item),
        of=_earning_of(bookings, booking.of_booking_id),
        is_more=any(left_of(before).values()),
        # Measured from when it was written down, so that it is the same however late it is asked.
        paid_at=paid_within(order, seen_at=booking.created_at, grace=grace),
    )


def _earning_of(
    bookings: Sequence[IntegrationBooking], booking_id: IntegrationBookingId | None
) -> IntegrationBooking | None:
    return next((one for one in bookings if one.id == booking_id), None)


def _outcome(till: Till, job: _Job) -> BookingOutcome:
    if job.booking.kind == BookingKind.REFUND:
        return _refund(till, job)
    if job.program_type == ProgramType.STAMPS and job.is_more:
        # Its stamp was given; that the order grew gives no second one.
        return BookingOutcome(BookingState.MOOT)
    outcome = _asked(till, _earning(job))
    if isinstance(outcome, _STAMPS_REFUSED) and job.program_type == ProgramType.HYBRID:
        # More than one order may stamp, but it was paid for all the same.
        outcome = _asked(till, _earning(job, step=":points"))
    return _booked_or_refused(outcome)


def _earning(job: _Job, step: str = "") -> Operation:
    card = CardRef(CardKey.ID, job.card_id)
    amount, metadata = job.booking.amount_minor, job.asking(step)
    if job.booking.number == 1:
        metadata["occurred_at"] = job.paid_at
    if job.program_type == ProgramType.POINTS:
        return EarnPoints(card=card, amount_minor=amount, reference=job.reference, **metadata)
    no_stamps = job.is_more or bool(step)
    return RecordVisit(
        card=card,
        amount_minor=amount,
        stamps=0 if no_stamps else None,
        items=() if no_stamps or not job.counts_items else _bought(job.order),
        reference=job.reference,
        **metadata,
    )


def _bought(order: IntegrationOrder) -> tuple[PurchaseItem, ...]:
    return tuple(PurchaseItem(sku, quantity, minor or None) for sku, quantity, minor in order.items)


def _refund(till: Till, job: _Job) -> BookingOutcome:
    if job.of is None or job.of.entry_id is None:
        return BookingOutcome(BookingState.MOOT)
    outcome = _asked(till, _refunding(job, job.of.entry_id, job.booking.amount_minor))
    if isinstance(outcome, RefundExceedsPurchase):
        # A person paid some of it back by hand: what is left goes back.
        left = int(str(outcome.facts["refundable_minor"]))
        if not left:
            return BookingOutcome(BookingState.MOOT)
        outcome = _asked(till, _refunding(job, job.of.entry_id, left, step=":rest"))
    if isinstance(outcome, _NOTHING_LEFT):
        return BookingOutcome(BookingState.MOOT)
    return _booked_or_refused(outcome)


def _refunding(job: _Job, entry_id: EntryId, amount_minor: int, step: str = "") -> RefundPoints:
    return RefundPoints(
        transaction_id=entry_id,
        amount_minor=amount_minor,
        refund_reference=job.reference,
        **job.asking(step),
    )


def _asked(till: Till, operation: Operation) -> EntryId | DomainError:
    try:
        return EntryId(till.submit(operation).entry["id"])
    except ReferenceAlreadyUsed as refusal:
        # The number is this booking's alone: it was booked under the key of its other step.
        return EntryId(str(refusal.facts["transaction_id"]))
    except DomainError as refusal:
        if refusal.kind is Kind.BUSY:
            raise RetryLater(refusal.code) from refusal
        return refusal


def _booked_or_refused(outcome: EntryId | DomainError) -> BookingOutcome:
    if isinstance(outcome, DomainError):
        return BookingOutcome(BookingState.REFUSED, refusal=outcome.code)
    return BookingOutcome(BookingState.BOOKED, outcome)
