"""Settles receipts that are on their way onto a card for too long, and lets go of old ones."""

from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.orm import Session

from punchcard.connect.claims.models import ReceiptClaim
from punchcard.connect.claims.receipt_claimer import ReceiptClaimer
from punchcard.connect.claims.vocabulary import ClaimState
from punchcard.db import outbox
from punchcard.db.outbox import RetryLater
from punchcard.kit.errors import DomainError, Kind

RECEIPTS_BEGUN: Final = "receipts.begun"
"""Some receipts are on their way onto cards, and nobody comes back for them. There is one key."""

_ALL: Final = "all"
_TOO_LONG: Final = timedelta(minutes=1)
_AT_ONCE: Final = 100
_FORGOTTEN: Final = (ClaimState.WITHDRAWN, ClaimState.EXPIRED)


def enqueue_begun(session: Session, now: datetime) -> int:
    """Leave word when a receipt was begun a minute ago and never ended; returns whether one was."""
    query = select(ReceiptClaim.id).where(
        ReceiptClaim.state == ClaimState.TAKING, ReceiptClaim.claimed_at <= now - _TOO_LONG
    )
    if session.scalar(query.limit(1)) is None:
        return 0
    outbox.enqueue(session, RECEIPTS_BEGUN, _ALL, now)
    return 1


def settle_begun(claimer: ReceiptClaimer, now: datetime) -> int:
    """Book what was begun and never ended, or open it again; returns how many. Raises RetryLater.

    The receipts of a server that was killed: their keys keep them from being booked twice.
    """
    bookings = claimer.begun_before(now - _TOO_LONG, limit=_AT_ONCE)
    for booking in bookings:
        try:
            claimer.book(booking)
        except DomainError as refusal:
            if refusal.kind is Kind.BUSY:
                raise RetryLater(refusal.code) from refusal
    return len(bookings)


def forget_claims(session: Session, now: datetime, *, days: int, limit: int) -> int:
    """Note which receipts nobody put on a card in time, and forget those after so many days."""
    is_over = (ReceiptClaim.state == ClaimState.OPEN, ReceiptClaim.expires_at <= now)
    over = select(ReceiptClaim.id).where(*is_over).order_by(ReceiptClaim.expires_at).limit(limit)
    expire = update(ReceiptClaim).where(ReceiptClaim.id.in_(over), *is_over)
    expired = _count(session, expire.values(state=ClaimState.EXPIRED))
    is_old = (
        ReceiptClaim.state.in_(_FORGOTTEN),
        ReceiptClaim.expires_at <= now - timedelta(days=days),
    )
    old = select(ReceiptClaim.id).where(*is_old).order_by(ReceiptClaim.expires_at).limit(limit)
    return expired + _count(session, delete(ReceiptClaim).where(ReceiptClaim.id.in_(old), *is_old))


def _count(session: Session, statement: Any) -> int:
    statement = statement.execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount
