"""A receipt that somebody shows: what it is over, and whether it can be put on a card now."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts.models import Location, Vendor
from punchcard.accounts.vocabulary import VendorStatus
from punchcard.connect.claims.claim_service import check_reference, state_at
from punchcard.connect.claims.errors import (
    ReceiptExpired,
    ReceiptIsTest,
    ReceiptNotFound,
    ReceiptNotGenuine,
    ReceiptTooEarly,
    ReceiptUsed,
    ReceiptWithdrawn,
)
from punchcard.connect.claims.models import ReceiptClaim, ReceiptKey
from punchcard.connect.claims.receipt_keys import ReceiptSecrets
from punchcard.connect.claims.receipt_texts import SignedReceipt, parse_receipt
from punchcard.connect.claims.vocabulary import (
    CLAIM_CODE_LENGTH,
    LIVE_STATES,
    ClaimSource,
    ClaimState,
)
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import Ids, LocationId
from punchcard.kit.security.request_domain import is_elsewhere
from punchcard.kit.security.spoken_codes import as_code
from punchcard.kit.settings import Settings
from punchcard.loyalty.errors.programs import ProgramInactive
from punchcard.loyalty.errors.till import ReferenceAlreadyUsed
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs.public_service import ShopPaused
from punchcard.loyalty.programs.rules_loader import zone_of
from punchcard.loyalty.vocabulary import ActorKind, ProgramStatus

PATH = "/r/"
"""Below it lies the page of each receipt: `/r/{code or signed text}`."""
TEXT_CHARACTERS = 300
"""Longer than any receipt's code with the address before it."""


@dataclass(frozen=True)
class Presented:
    """A receipt that somebody shows.

    `claim` is its row; one that a till signed has none until it is put on a card: `claim` is then
    what it would be, and `is_kept` False. `refusal` is why it can't be put on a card now.
    """

    text: str
    program: LoyaltyProgram
    vendor: Vendor
    claim: ReceiptClaim
    is_kept: bool
    refusal: DomainError | None


class ReceiptReader:
    """Reads the codes and signed texts of receipts."""

    def __init__(self, settings: Settings, secrets: ReceiptSecrets, ids: Ids) -> None:
        self._skew = timedelta(minutes=settings.claim_clock_skew_minutes)
        self._good_for = timedelta(hours=settings.claim_hours)
        self._secrets = secrets
        self._ids = ids

    def read(self, session: Session, text: str, *, now: datetime, lock: bool = False) -> Presented:
        """Return the receipt that `text` names: a code as it was typed, a signed text, an address.

        Raises ReceiptNotFound, ReceiptNotGenuine.
        """
        text = text.strip()[:TEXT_CHARACTERS].rpartition(PATH)[2]
        if receipt := parse_receipt(text):
            return self._signed(session, text, receipt, now, lock=lock)
        code = as_code(text, CLAIM_CODE_LENGTH) if text.isascii() else None
        query = select(ReceiptClaim).where(ReceiptClaim.code == code)
        claim = session.scalar(query.with_for_update() if lock else query) if code else None
        if claim is None:
            raise ReceiptNotFound
        return self._presented(session, claim.code or text, claim, now, is_kept=True)

    def _signed(
        self,
        session: Session,
        text: str,
        receipt: SignedReceipt,
        now: datetime,
        *,
        lock: bool,
    ) -> Presented:
        key = session.scalar(select(ReceiptKey).where(ReceiptKey.code == receipt.key))
        if key is None or not self._secrets.has_signed(key, receipt):
            raise ReceiptNotGenuine
        presented = self._looked_up(session, text, key, receipt, now, lock=lock)
        if not presented.is_kept and isinstance(presented.refusal, ReceiptUsed):
            # Its number was free at the first look: what took it may be this very receipt.
            presented = self._looked_up(session, text, key, receipt, now, lock=lock)
        if receipt.is_test:
            return _refused(presented, ReceiptIsTest())
        if not presented.is_kept and receipt.occurred_at > now + self._skew:
            refusal = ReceiptTooEarly(occurred_at=receipt.occurred_at)
            return _refused(presented, refusal.by_clocks_of(zone_of(presented.program)))
        return presented

    def _looked_up(
        self,
        session: Session,
        text: str,
        key: ReceiptKey,
        receipt: SignedReceipt,
        now: datetime,
        *,
        lock: bool,
    ) -> Presented:
        kept = _of_reference(session, key, receipt, lock=lock)
        claim = kept or self._new(key, receipt, now)
        return self._presented(session, text, claim, now, is_kept=kept is not None)

    def _new(self, key: ReceiptKey, receipt: SignedReceipt, now: datetime) -> ReceiptClaim:
        """Return what is kept of a signed receipt once it is put on a card."""
        return ReceiptClaim(
            id=self._ids.new_id(),
            vendor_id=key.vendor_id,
            program_id=key.program_id,
            location_id=key.location_id,
            key_id=key.id,
            source=ClaimSource.SIGNED,
            amount_minor=receipt.amount_minor,
            reference=receipt.reference,
            occurred_at=min(receipt.occurred_at, now),
            expires_at=receipt.occurred_at + self._good_for,
            state=ClaimState.OPEN,
            actor_kind=ActorKind.PUBLIC,
            created_at=now,
        )

    def _presented(
        self, session: Session, text: str, claim: ReceiptClaim, now: datetime, *, is_kept: bool
    ) -> Presented:
        if is_elsewhere(claim.vendor_id):
            raise ReceiptNotFound
        program = session.get_one(LoyaltyProgram, claim.program_id)
        vendor = session.get_one(Vendor, claim.vendor_id)
        refusal = _refusal_of(session, claim, program, vendor, now)
        return Presented(text, program, vendor, claim, is_kept, refusal)


def open_place(session: Session, location_id: LocationId | None) -> LocationId | None:
    """Return the place of a receipt; None where that is not said, or the place was closed."""
    if location_id is None:
        return None
    return session.scalar(
        select(Location.id).where(Location.id == location_id, Location.closed_at.is_(None))
    )


def _of_reference(
    session: Session, key: ReceiptKey, receipt: SignedReceipt, *, lock: bool
) -> ReceiptClaim | None:
    """Return what is known of a receipt's number: what is live of it, else what was withdrawn."""
    told = (*LIVE_STATES, ClaimState.WITHDRAWN)
    query = select(ReceiptClaim).where(
        ReceiptClaim.program_id == key.program_id,
        ReceiptClaim.reference == receipt.reference,
        ReceiptClaim.state.in_(told),
    )
    rows = session.scalars(query.with_for_update() if lock else query).all()
    return min(rows, key=lambda row: told.index(row.state), default=None)


def _refusal_of(
    session: Session,
    claim: ReceiptClaim,
    program: LoyaltyProgram,
    vendor: Vendor,
    now: datetime,
) -> DomainError | None:
    match state_at(claim, now):
        case ClaimState.TAKING | ClaimState.CLAIMED:
            return ReceiptUsed()
        case ClaimState.WITHDRAWN:
            return ReceiptWithdrawn()
        case ClaimState.EXPIRED:
            return ReceiptExpired(expires_at=claim.expires_at).by_clocks_of(zone_of(program))
        case _:
            return _refusal_of_open(session, claim, program, vendor)


def _refusal_of_open(
    session: Session, claim: ReceiptClaim, program: LoyaltyProgram, vendor: Vendor
) -> DomainError | None:
    if vendor.status is not VendorStatus.ACTIVE:
        return ShopPaused()
    if program.status is not ProgramStatus.ACTIVE:
        return ProgramInactive()
    try:
        check_reference(session, program, claim.reference)
    except ReferenceAlreadyUsed:
        # At the counter, with the card: it has had its points.
        return ReceiptUsed()
    return None


def _refused(presented: Presented, refusal: DomainError) -> Presented:
    return replace(presented, refusal=presented.refusal or refusal)
