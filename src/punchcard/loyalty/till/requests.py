"""The occasion of an operation: who asks, who stands at the till, where and when it happened."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict

import orjson

from punchcard.accounts.subjects import LOYALTY_MANAGE, Subject
from punchcard.kit.settings import Settings
from punchcard.loyalty.errors import CardNotFound, OccurredAtOutOfRange
from punchcard.loyalty.operations import Actor, CardRef, Origin, StaffIdentity


class OperationMetadata(TypedDict, total=False):
    """What every operation carries, as keyword arguments; see `operations.Operation`."""

    vendor_id: str
    actor: Actor
    staff: StaffIdentity | None
    location_id: str | None
    note: str | None
    occurred_at: datetime | None
    idempotency_key: str | None
    fingerprint: bytes | None
    origin: Origin | None
    request_id: str | None
    is_code_fresh: bool


def card_ref(text: str) -> CardRef:
    """Return what `text` names a card by. Raises CardNotFound if it can name none."""
    ref = CardRef.parse(text)
    if ref is None:
        raise CardNotFound
    return ref


def checked_occurred_at(
    occurred_at: datetime | None, *, now: datetime, subject: Subject, settings: Settings
) -> datetime | None:
    """Return when an operation happened, as the ledger may keep it.

    It lies at most `offline_grace_hours` back, any time back for who may manage, and never ahead
    of now: a terminal's clock that runs ahead by up to `clock_skew_seconds` is read as now.
    Raises OccurredAtOutOfRange.
    """
    if occurred_at is None:
        return None
    earliest = now - timedelta(hours=settings.offline_grace_hours)
    latest = now + timedelta(seconds=settings.clock_skew_seconds)
    is_too_old = occurred_at < earliest and not subject.may(LOYALTY_MANAGE)
    if is_too_old or occurred_at > latest:
        raise OccurredAtOutOfRange(earliest=earliest, latest=now)
    return min(occurred_at, now)


def canonical_request(kind: str, fields: Sequence[Any]) -> bytes:
    """Return what tells one request from another under the same idempotency key.

    The same operation is the same request whether it came alone or in a list. Proofs of staff (PIN
    and token) are left out: they may be renewed, and a digest of a PIN would give it away.
    """
    return orjson.dumps([kind, *fields])
