"""Counters of wrong PINs, moved by atomic SQL alone: no value is read first and written later."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    String,
    bindparam,
    case,
    func,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Dialect

from punchcard.accounts.models import Throttle
from punchcard.accounts.subjects import Subject
from punchcard.db.dialects import insert_for
from punchcard.db.types import Id, UtcDateTime
from punchcard.kit.ids import ProgramId, StaffPinId, VendorId
from punchcard.loyalty.models import LoyaltyProgram, StaffPin

DEFAULT_ATTEMPTS = 5
DEFAULT_LOCKOUT_MINUTES = 30


@dataclass(frozen=True, slots=True)
class PinLimit:
    """How many wrong PINs lead to a lock, and how long it lasts."""

    attempts: int
    lockout: timedelta


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """What a wrong PIN led to; `was_open` is False if a lock stood already and nothing counted."""

    was_open: bool
    remaining_attempts: int
    locked_until: datetime | None


def credential_key(subject: Subject) -> str:
    """Return the name under which a credential's misses count.

    A user's count follows the person: signing in again buys no new attempts.
    """
    return f"pin:{subject.kind}:{subject.id}"


def limit_of(
    connection: Connection, vendor_id: VendorId | None, program_id: ProgramId | None
) -> PinLimit:
    """Return the limit of a program, or (None) the strictest of the vendor's programs."""
    wanted = {"vendor": vendor_id, "program": program_id}
    statement = _STRICTEST if program_id is None else _OF_PROGRAM
    attempts, minutes = connection.execute(statement, wanted).one()
    return PinLimit(
        attempts or DEFAULT_ATTEMPTS, timedelta(minutes=minutes or DEFAULT_LOCKOUT_MINUTES)
    )


def record_success(
    connection: Connection, pin_id: StaffPinId, generation: int, *, now: datetime
) -> bool:
    """Forget a person's misses and note the use, if they are not locked at this very moment.

    Returns False, and changes nothing, if they are, or if the PIN was changed or retired.
    """
    is_open = or_(StaffPin.locked_until.is_(None), StaffPin.locked_until <= now)
    is_same = StaffPin.generation == generation
    statement = (
        update(StaffPin)
        .where(StaffPin.id == pin_id, StaffPin.retired_at.is_(None), is_same, is_open)
        .values(failed_attempts=0, locked_until=None, last_used_at=now)
        .returning(StaffPin.id)
    )
    return connection.execute(statement).one_or_none() is not None


def record_failure_of_person(
    connection: Connection,
    pin_id: StaffPinId,
    vendor_id: VendorId,
    program_id: ProgramId | None,
    *,
    now: datetime,
) -> FailedAttempt:
    """Count a wrong PIN against the person who was named; the last allowed one locks them."""
    limit = limit_of(connection, vendor_id, program_id)
    # A lock that has run out is followed by a fresh set of attempts.
    failures = case((StaffPin.locked_until.is_not(None), 1), else_=StaffPin.failed_attempts + 1)
    statement = (
        update(StaffPin)
        .where(
            StaffPin.id == pin_id,
            or_(StaffPin.locked_until.is_(None), StaffPin.locked_until <= now),
        )
        .values(failed_attempts=failures, locked_until=_lock(failures, limit, now))
        .returning(StaffPin.failed_attempts, StaffPin.locked_until)
    )
    row = connection.execute(statement).one_or_none()
    if row is None:
        lock = select(StaffPin.locked_until).where(StaffPin.id == pin_id)
        return FailedAttempt(False, 0, connection.scalar(lock))
    return FailedAttempt(True, max(0, limit.attempts - row.failed_attempts), row.locked_until)


def record_failure_of_credential(
    connection: Connection, subject: Subject, *, now: datetime
) -> FailedAttempt:
    """Count a wrong PIN that named nobody against the credential that typed it.

    A right PIN does not forgive these: who knows one PIN could guess at all the others for ever.
    They are forgotten when no further miss follows for as long as a lock lasts.
    """
    limit = limit_of(connection, subject.vendor_id, None)
    key, until = credential_key(subject), now + limit.lockout
    facts = {
        "credential": key,
        "first_until": until if limit.attempts == 1 else None,
        "attempts": limit.attempts,
        "until": until,
        "at": now,
        "stale_at": now - limit.lockout,
    }
    row = connection.execute(_count_credential(connection.dialect), facts).one_or_none()
    if row is None:
        lock = select(Throttle.blocked_until).where(Throttle.key == key)
        return FailedAttempt(False, 0, connection.scalar(lock))
    return FailedAttempt(True, max(0, limit.attempts - row.failures), row.blocked_until)


# Statements that are made once: to put one together costs more than to run it, and a wrong PIN
# shall take no longer than a right one.
_STRICTEST = select(
    func.min(LoyaltyProgram.pin_max_attempts), func.max(LoyaltyProgram.pin_lockout_minutes)
).where(LoyaltyProgram.vendor_id == bindparam("vendor", type_=Id))
_OF_PROGRAM = _STRICTEST.where(LoyaltyProgram.id == bindparam("program", type_=Id))


@lru_cache(maxsize=2)
def _count_credential(dialect: Dialect) -> Any:
    at, until, stale_at, first_until = (
        bindparam(name, type_=UtcDateTime) for name in ("at", "until", "stale_at", "first_until")
    )
    is_stale = or_(Throttle.blocked_until.is_not(None), Throttle.updated_at <= stale_at)
    failures = case((is_stale, 1), else_=Throttle.failures + 1)
    lock = case((failures >= bindparam("attempts", type_=Integer), until), else_=null())
    first = insert_for(dialect, Throttle).values(
        key=bindparam("credential", type_=String),
        failures=1,
        blocked_until=first_until,
        updated_at=at,
    )
    return first.on_conflict_do_update(
        index_elements=["key"],
        set_={"failures": failures, "blocked_until": lock, "updated_at": at},
        where=or_(Throttle.blocked_until.is_(None), Throttle.blocked_until <= at),
    ).returning(Throttle.failures, Throttle.blocked_until)


def _lock(
    failures: ColumnElement[int], limit: PinLimit, now: datetime
) -> ColumnElement[datetime | None]:
    until = literal(now + limit.lockout, UtcDateTime)
    return case((failures >= limit.attempts, until), else_=null())
