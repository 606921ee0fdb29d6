"""Counters of wrong PINs, moved by atomic SQL alone: no value is read first and written later.

Each lock lasts twice as long as the one before, until a day has passed without one and without a
wrong PIN: a thief with a terminal gets a few guesses a day, not hundreds. A PIN that was guessed at
a hundred times with no right one in between is exhausted, and a manager must set another (NIST SP
800-63B, section 5.2.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    String,
    and_,
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

from punchcard.accounts import throttle
from punchcard.accounts.models import Throttle
from punchcard.accounts.subjects import Subject
from punchcard.db.dialects import insert_for
from punchcard.db.types import Id, UtcDateTime
from punchcard.kit.ids import ProgramId, StaffPinId, VendorId
from punchcard.loyalty.models import LoyaltyProgram, StaffPin

DEFAULT_ATTEMPTS = 5
DEFAULT_LOCKOUT_MINUTES = 30
_DOUBLINGS: Final = 10
"""From the shortest lock (5 minutes) to the longest that makes sense (a day) are nine."""
_LOCK: Final = (StaffPin.locked_until, StaffPin.locks, StaffPin.exhausted_at)


@dataclass(frozen=True, slots=True)
class PinLimit:
    """How many wrong PINs lead to a lock, and how long it lasts."""

    attempts: int
    lockout: timedelta


@dataclass(frozen=True, slots=True)
class LockGrowth:
    """How locks grow: up to `longest`, anew after `forgotten_after` without lock or wrong PIN.

    `misses` are the wrong PINs in a row that exhaust a PIN.
    """

    longest: timedelta
    forgotten_after: timedelta
    misses: int


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """What a wrong PIN led to; `was_open` is False if a lock stood already and nothing counted.

    `locks` counts the locks in a row, this one included.
    """

    was_open: bool
    remaining_attempts: int
    locked_until: datetime | None
    locks: int = 0
    exhausted_at: datetime | None = None


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

    Returns False, and changes nothing, if they are, or if the PIN was changed, retired or
    exhausted. How often they were locked is not forgotten: a thief may guess between two uses.
    """
    is_same = StaffPin.generation == generation
    # Until its end a lock kept every guess away: the quiet while begins there.
    missed_at = case(
        (StaffPin.locked_until <= now, StaffPin.locked_until), else_=StaffPin.last_missed_at
    )
    statement = (
        update(StaffPin)
        .where(StaffPin.id == pin_id, StaffPin.retired_at.is_(None), is_same)
        .where(_is_open(now))
        .values(
            failed_attempts=0,
            misses=0,
            locked_until=None,
            last_missed_at=missed_at,
            last_used_at=now,
        )
        .returning(StaffPin.id)
    )
    return connection.execute(statement).one_or_none() is not None


def record_failure_of_person(
    connection: Connection,
    pin_id: StaffPinId,
    vendor_id: VendorId,
    program_id: ProgramId | None,
    growth: LockGrowth,
    *,
    now: datetime,
) -> FailedAttempt:
    """Count a wrong PIN against the person who was named; the last allowed one locks them."""
    limit = limit_of(connection, vendor_id, program_id)
    # A lock that has run out is followed by a fresh set of attempts.
    failures = case((StaffPin.locked_until.is_not(None), 1), else_=StaffPin.failed_attempts + 1)
    quiet_at = now - growth.forgotten_after
    is_quiet = and_(StaffPin.last_missed_at <= quiet_at, _ended(StaffPin.locked_until, quiet_at))
    locks = case((is_quiet, 0), else_=StaffPin.locks)
    is_lock = failures >= limit.attempts
    misses = StaffPin.misses + 1
    statement = (
        update(StaffPin)
        .where(StaffPin.id == pin_id, _is_open(now))
        .values(
            failed_attempts=failures,
            locked_until=case((is_lock, _until(locks, limit, growth, now)), else_=null()),
            locks=locks + case((is_lock, 1), else_=0),
            misses=misses,
            exhausted_at=case((misses >= growth.misses, literal(now, UtcDateTime)), else_=null()),
            last_missed_at=now,
        )
        .returning(*_LOCK, StaffPin.failed_attempts)
    )
    row = connection.execute(statement).one_or_none()
    if row is None:
        lock = connection.execute(select(*_LOCK).where(StaffPin.id == pin_id)).one()
        return FailedAttempt(False, 0, lock.locked_until, lock.locks, lock.exhausted_at)
    left = max(0, limit.attempts - row.failed_attempts)
    return FailedAttempt(True, left, row.locked_until, row.locks, row.exhausted_at)


def record_failure_of_credential(
    connection: Connection, subject: Subject, growth: LockGrowth, *, now: datetime
) -> FailedAttempt:
    """Count a wrong PIN that named nobody against the credential that typed it.

    A right PIN does not forgive these: who knows one PIN could guess at all the others for ever.
    They are forgotten when no further miss follows for as long as a first lock lasts.
    """
    limit = limit_of(connection, subject.vendor_id, None)
    key, is_first_locked = credential_key(subject), limit.attempts == 1
    facts = {
        "credential": key,
        "first_until": now + limit.lockout if is_first_locked else None,
        "first_locks": int(is_first_locked),
        "attempts": limit.attempts,
        "at": now,
        "stale_at": now - limit.lockout,
        "quiet_at": now - growth.forgotten_after,
        "beyond": throttle.end_of_longest(now),
        **{f"until_{n}": now + lock for n, lock in enumerate(_locks_in_a_row(limit, growth))},
    }
    row = connection.execute(_count_credential(connection.dialect), facts).one_or_none()
    if row is None:
        lock = select(Throttle.blocked_until, Throttle.locks).where(Throttle.key == key)
        return FailedAttempt(False, 0, *connection.execute(lock).one())
    left = max(0, limit.attempts - row.failures)
    return FailedAttempt(True, left, row.blocked_until, row.locks)


# Statements that are made once: to put one together costs more than to run it, and a wrong PIN
# shall take no longer than a right one.
_STRICTEST = select(
    func.min(LoyaltyProgram.pin_max_attempts), func.max(LoyaltyProgram.pin_lockout_minutes)
).where(LoyaltyProgram.vendor_id == bindparam("vendor", type_=Id))
_OF_PROGRAM = _STRICTEST.where(LoyaltyProgram.id == bindparam("program", type_=Id))


@lru_cache(maxsize=2)
def _count_credential(dialect: Dialect) -> Any:
    at, stale_at, quiet_at, beyond, first_until = (
        bindparam(name, type_=UtcDateTime)
        for name in ("at", "stale_at", "quiet_at", "beyond", "first_until")
    )
    until = Throttle.blocked_until
    is_stale = or_(Throttle.blocked_until.is_not(None), Throttle.updated_at <= stale_at)
    failures = case((is_stale, 1), else_=Throttle.failures + 1)
    is_quiet = and_(Throttle.updated_at <= quiet_at, _ended(until, quiet_at))
    locks = case((is_quiet, 0), else_=Throttle.locks)
    is_lock = failures >= bindparam("attempts", type_=Integer)
    ends = [bindparam(f"until_{n}", type_=UtcDateTime) for n in range(_DOUBLINGS)]
    first = insert_for(dialect, Throttle).values(
        key=bindparam("credential", type_=String),
        failures=1,
        locks=bindparam("first_locks", type_=Integer),
        blocked_until=first_until,
        updated_at=at,
    )
    return first.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "failures": failures,
            "locks": locks + case((is_lock, 1), else_=0),
            "blocked_until": case((is_lock, _one_of(ends, locks)), else_=null()),
            "updated_at": at,
        },
        where=or_(until.is_(None), until <= at, until > beyond),
    ).returning(Throttle.failures, Throttle.blocked_until, Throttle.locks)


def _ended(until: Any, at: Any) -> ColumnElement[bool]:
    """Return in SQL whether no lock has held since: nobody can miss while one does."""
    return or_(until.is_(None), until <= at)


def _is_open(now: datetime) -> ColumnElement[bool]:
    return and_(throttle.is_over(StaffPin.locked_until, now), StaffPin.exhausted_at.is_(None))


def _until(locks: ColumnElement[int], limit: PinLimit, growth: LockGrowth, now: datetime) -> Any:
    ends = [literal(now + lock, UtcDateTime) for lock in _locks_in_a_row(limit, growth)]
    return _one_of(ends, locks)


def _locks_in_a_row(limit: PinLimit, growth: LockGrowth) -> list[timedelta]:
    """Return how long the first lock lasts, the second and so on; the last one stands for more."""
    longest = max(limit.lockout, growth.longest)
    return [min(limit.lockout * 2**doublings, longest) for doublings in range(_DOUBLINGS)]


def _one_of(ends: Sequence[ColumnElement[datetime]], locks: ColumnElement[int]) -> Any:
    """Return the end of the next lock after so many: there is no arithmetic of times that both
    databases share.
    """
    *growing, longest = ends
    return case(*((locks == n, end) for n, end in enumerate(growing)), else_=longest)
