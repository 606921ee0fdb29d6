"""From a receipt to what is asked of the till: pure, the same operation every time it is asked."""

import hashlib
from datetime import datetime

from punchcard.connect.claims.models import ReceiptClaim
from punchcard.connect.claims.vocabulary import ClaimSource
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import CardId, LocationId, ProgramId, ReceiptClaimId, VendorId
from punchcard.kit.validation.request_keys import CLAIM
from punchcard.kit.values import value
from punchcard.loyalty.errors.balances import (
    PurchaseBelowMinimum,
    TooManyStampsAtOnce,
    VisitStampLimitReached,
)
from punchcard.loyalty.operations import (
    Actor,
    AddStamp,
    CardKey,
    CardOperation,
    CardRef,
    EarnPoints,
    OperationMetadata,
    RecordVisit,
)
from punchcard.loyalty.rules.values import ProgramRules
from punchcard.loyalty.vocabulary import ActorKind, ProgramType


@value
class Booking:
    """A receipt on its way onto a card: all that the till must know of it."""

    claim_id: ReceiptClaimId
    vendor_id: VendorId
    program_id: ProgramId
    program_type: ProgramType
    location_id: LocationId | None
    amount_minor: int | None
    stamps: int | None
    reference: str
    occurred_at: datetime
    card_id: CardId
    source: ClaimSource


def booking_of(
    claim: ReceiptClaim, program: ProgramRules, card_id: CardId, location_id: LocationId | None
) -> Booking:
    """Return the booking of a receipt; `location_id` is its place, None if that was closed."""
    return Booking(
        claim_id=claim.id,
        vendor_id=claim.vendor_id,
        program_id=claim.program_id,
        program_type=program.type,
        location_id=location_id,
        amount_minor=claim.amount_minor,
        stamps=claim.stamps,
        reference=claim.reference,
        occurred_at=claim.occurred_at,
        card_id=card_id,
        source=claim.source,
    )


def key_of(claim_id: ReceiptClaimId) -> str:
    """Return the idempotency key under which a receipt is booked, whichever card it goes on."""
    return f"{CLAIM}{claim_id}"


def operation_of(booking: Booking) -> CardOperation:
    """Return what books a receipt: under one key, so that the till does it once."""
    told = f"{booking.claim_id}:{booking.card_id}"
    metadata: OperationMetadata = {
        "vendor_id": booking.vendor_id,
        "actor": Actor(ActorKind.CLAIM, booking.claim_id),
        "location_id": booking.location_id,
        "occurred_at": booking.occurred_at,
        "idempotency_key": key_of(booking.claim_id),
        "fingerprint": hashlib.sha256(told.encode()).digest(),
    }
    card = CardRef(CardKey.ID, booking.card_id)
    reference = booking.reference
    if booking.program_type == ProgramType.POINTS:
        amount_minor = booking.amount_minor or 0
        return EarnPoints(card=card, amount_minor=amount_minor, reference=reference, **metadata)
    # An order's stamps go back with its money, as only those of a visit over an amount do.
    is_visit = booking.program_type == ProgramType.HYBRID or booking.source is ClaimSource.ORDER
    if not is_visit:
        return AddStamp(card=card, quantity=booking.stamps or 1, reference=reference, **metadata)
    return RecordVisit(
        card=card,
        amount_minor=booking.amount_minor,
        stamps=booking.stamps,
        reference=reference,
        **metadata,
    )


def check_amounts(program: ProgramRules, *, amount_minor: int | None, stamps: int | None) -> None:
    """Refuse what no card of the program could be given, while the guest is still at the counter.

    Raises InvalidInput, PurchaseBelowMinimum, TooManyStampsAtOnce, VisitStampLimitReached.
    """
    if amount_minor is None and stamps is None:
        raise invalid_field("amount_minor", message=N_("Give an amount or a number of stamps."))
    if program.type == ProgramType.POINTS and amount_minor is None:
        raise invalid_field("amount_minor", message=N_("Cards of this program need an amount."))
    if stamps is not None and not program.has_stamps:
        raise invalid_field("stamps", message=N_("Cards of this program collect no stamps."))
    minimum = program.minimum_purchase_minor
    if program.has_points and amount_minor is not None and amount_minor < minimum:
        raise PurchaseBelowMinimum(minimum_purchase_minor=minimum, currency=program.currency)
    limit, most = program.max_stamps_per_visit, program.max_daily_stamps
    if stamps is not None and limit is not None and stamps > limit:
        raise VisitStampLimitReached(max_stamps_per_visit=limit)
    if stamps is not None and stamps > most:
        raise TooManyStampsAtOnce(next_stamp_at=None, stamps_left_today=most, max_daily_stamps=most)
