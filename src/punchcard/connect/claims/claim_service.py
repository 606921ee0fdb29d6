"""Receipts as the shop makes them: by its own software, or by an order that nobody's card is on."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from punchcard.accounts import location_service
from punchcard.accounts.audit_service import Act, record_row
from punchcard.accounts.rows import find_own, paginate_back
from punchcard.connect.claims.bookings import check_amounts
from punchcard.connect.claims.errors import ReceiptClaimNotFound, ReceiptClaimTaken
from punchcard.connect.claims.models import ReceiptClaim, ReceiptKey
from punchcard.connect.claims.vocabulary import (
    CLAIM_CODE_LENGTH,
    ON_CARD,
    ClaimSource,
    ClaimState,
)
from punchcard.db.unique import refusing_duplicates
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import LocationId, ProgramId, ReceiptClaimId, VendorId
from punchcard.kit.security.spoken_codes import new_code
from punchcard.kit.settings import Settings
from punchcard.kit.values import value
from punchcard.loyalty.errors.programs import ProgramInactive
from punchcard.loyalty.errors.till import OccurredAtOutOfRange, ReferenceAlreadyUsed
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.operations import Actor
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.programs.rules_loader import load_rules
from punchcard.loyalty.till.reference_claims import PURCHASE, STAMPS, Claim, claims_in_use
from punchcard.loyalty.vocabulary import ActorKind, ProgramStatus, ProgramType

_NUMBERED_AS: Final = {
    ProgramType.POINTS: (PURCHASE,),
    ProgramType.STAMPS: (STAMPS,),
    ProgramType.HYBRID: (PURCHASE, STAMPS),
}


@value
class NewClaim:
    """What a receipt is over: an amount, or stamps, or both where cards collect both.

    `program_id` may be left out where the vendor has one program that is open for business;
    `occurred_at` None is now, `made_by` None whoever acts.
    """

    reference: str
    amount_minor: int | None = None
    stamps: int | None = None
    program_id: ProgramId | None = None
    location_id: LocationId | None = None
    occurred_at: datetime | None = None
    source: ClaimSource = ClaimSource.API
    made_by: Actor | None = None


def create_claim(
    session: Session, act: Act, vendor_id: VendorId, new: NewClaim, settings: Settings
) -> ReceiptClaim:
    """Make a receipt that can be put on a card until `claim_hours` after the purchase.

    Raises ProgramNotFound, ProgramInactive, LocationNotFound, OccurredAtOutOfRange, InvalidInput,
    what `check_amounts` does, and ReferenceAlreadyUsed: by an entry of the ledger, or by another
    receipt that was neither withdrawn nor let pass.
    """
    program = _program(session, vendor_id, new.program_id)
    _, rules = load_rules(session, [program.id])[program.id]
    check_amounts(rules, amount_minor=new.amount_minor, stamps=new.stamps)
    if new.location_id is not None:
        location_service.get_open_location(session, vendor_id, new.location_id)
    occurred_at = _occurred_at(new.occurred_at, settings, act.now, rules.zone)
    check_reference(session, program, new.reference)
    expire_reference(session, program.id, new.reference, act.now)
    made_by = new.made_by or Actor(ActorKind(act.subject.kind), act.subject.id)
    claim = ReceiptClaim(
        id=act.ids.new_id(),
        vendor_id=vendor_id,
        program_id=program.id,
        location_id=new.location_id,
        source=new.source,
        code=new_code(CLAIM_CODE_LENGTH),
        amount_minor=new.amount_minor,
        stamps=new.stamps,
        reference=new.reference,
        occurred_at=occurred_at,
        expires_at=occurred_at + timedelta(hours=settings.claim_hours),
        state=ClaimState.OPEN,
        actor_kind=made_by.kind,
        actor_id=made_by.id,
        created_at=act.now,
    )
    with refusing_duplicates(session, ReferenceAlreadyUsed):
        session.add(claim)
        session.flush()
    if made_by.kind == ActorKind.MEMBER:
        # Tills and shops make one a sale; a person who does has no sale that shows it.
        _record(session, act, "receipt.created", claim)
    return claim


def check_reference(session: Session, program: LoyaltyProgram, reference: str) -> None:
    """Refuse a receipt number that an entry of the program holds. Raises ReferenceAlreadyUsed."""
    claims: list[Claim] = [(program.id, kind, reference) for kind in _NUMBERED_AS[program.type]]
    for entry_id in claims_in_use(session.connection(), claims).values():
        raise ReferenceAlreadyUsed(transaction_id=entry_id)


def expire_reference(
    session: Session, program_id: ProgramId, reference: str, now: datetime
) -> None:
    """Let go of a receipt number whose receipt nobody put on a card in its time."""
    session.execute(
        update(ReceiptClaim)
        .where(
            ReceiptClaim.program_id == program_id,
            ReceiptClaim.reference == reference,
            ReceiptClaim.state == ClaimState.OPEN,
            ReceiptClaim.expires_at <= now,
        )
        .values(state=ClaimState.EXPIRED)
    )


def list_claims(
    session: Session,
    vendor_id: VendorId,
    *,
    now: datetime,
    before_id: str | None = None,
    limit: int,
    state: ClaimState | None = None,
) -> Sequence[ReceiptClaim]:
    """Return up to `limit` of the vendor's receipts before `before_id`, newest first."""
    query = select(ReceiptClaim).where(ReceiptClaim.vendor_id == vendor_id)
    if state is not None:
        query = query.where(_is_in(state, now))
    return paginate_back(session, query, ReceiptClaim, before_id, limit)


def has_receipts(session: Session, vendor_id: VendorId) -> bool:
    """Return whether the vendor's guests may hold receipts: a till signs them, or one was made."""
    key = select(ReceiptKey.id).where(
        ReceiptKey.vendor_id == vendor_id, ReceiptKey.revoked_at.is_(None)
    )
    made = select(ReceiptClaim.id).where(ReceiptClaim.vendor_id == vendor_id)
    return bool(session.scalar(select(or_(key.exists(), made.exists()))))


def claimed_by_place(
    session: Session,
    vendor_id: VendorId,
    *,
    since: datetime,
    until: datetime,
    program_id: ProgramId | None = None,
) -> dict[LocationId | None, int]:
    """Return how many receipts of each location were put on cards between two moments.

    None stands for those of no location; `until` itself is left out.
    """
    query = select(ReceiptClaim.location_id, func.count()).where(
        ReceiptClaim.vendor_id == vendor_id,
        ReceiptClaim.state == ClaimState.CLAIMED,
        ReceiptClaim.claimed_at >= since,
        ReceiptClaim.claimed_at < until,
    )
    if program_id is not None:
        query = query.where(ReceiptClaim.program_id == program_id)
    rows = session.execute(query.group_by(ReceiptClaim.location_id))
    return {row[0]: row[1] for row in rows}


def state_at(claim: ReceiptClaim, now: datetime) -> ClaimState:
    """Return a receipt's state: one whose time is over is that before anybody has noted it."""
    is_over = claim.state is ClaimState.OPEN and claim.expires_at <= now
    return ClaimState.EXPIRED if is_over else claim.state


def get_claim(
    session: Session, vendor_id: VendorId, claim_id: ReceiptClaimId, *, lock: bool = False
) -> ReceiptClaim:
    """Return the vendor's receipt, held if so wanted. Raises ReceiptClaimNotFound."""
    missing = ReceiptClaimNotFound
    return find_own(session, ReceiptClaim, vendor_id, claim_id, missing=missing, lock=lock)


def withdraw_claim(
    session: Session, act: Act, vendor_id: VendorId, claim_id: ReceiptClaimId
) -> ReceiptClaim:
    """Withdraw a receipt whose purchase was cancelled; a second time changes nothing.

    Raises ReceiptClaimNotFound, and ReceiptClaimTaken for one that is on a card: its entry can be
    taken back.
    """
    claim = get_claim(session, vendor_id, claim_id, lock=True)
    if claim.state in ON_CARD:
        raise ReceiptClaimTaken(transaction_id=claim.transaction_id)
    if claim.state is not ClaimState.WITHDRAWN:
        claim.state = ClaimState.WITHDRAWN
        _record(session, act, "receipt.withdrawn", claim)
    return claim


def _record(session: Session, act: Act, action: str, claim: ReceiptClaim) -> None:
    new = {"reference": claim.reference, "amount_minor": claim.amount_minor}
    record_row(session, act, action, claim, kind="receipt", new=new)


def _program(session: Session, vendor_id: VendorId, program_id: ProgramId | None) -> LoyaltyProgram:
    if program_id is not None:
        program = program_service.get_program(session, vendor_id, program_id)
        if program.status is not ProgramStatus.ACTIVE:
            raise ProgramInactive
        return program
    is_theirs = LoyaltyProgram.vendor_id == vendor_id
    query = select(LoyaltyProgram).where(is_theirs, LoyaltyProgram.status == ProgramStatus.ACTIVE)
    found = session.scalars(query.limit(2)).all()
    if len(found) != 1:
        raise invalid_field("program_id", message=N_("Say which program the receipt is for."))
    return found[0]


def _occurred_at(
    asked: datetime | None, settings: Settings, now: datetime, zone: ZoneInfo
) -> datetime:
    """Return when the purchase was, never ahead of now: a clock that runs ahead a little is now."""
    if asked is None:
        return now
    earliest = now - timedelta(hours=settings.claim_hours)
    latest = now + timedelta(minutes=settings.claim_clock_skew_minutes)
    if not earliest < asked <= latest:
        raise OccurredAtOutOfRange(earliest=earliest, latest=now).by_clocks_of(zone)
    return min(asked, now)


def _is_in(state: ClaimState, now: datetime) -> ColumnElement[bool]:
    is_open = ReceiptClaim.state == ClaimState.OPEN
    if state is ClaimState.OPEN:
        return and_(is_open, ReceiptClaim.expires_at > now)
    if state is ClaimState.EXPIRED:
        is_noted = ReceiptClaim.state == ClaimState.EXPIRED
        return or_(is_noted, and_(is_open, ReceiptClaim.expires_at <= now))
    return ReceiptClaim.state == state
