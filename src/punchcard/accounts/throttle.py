"""Counts against a key by atomic SQL: failures, the pause after too many of them, calls a minute.

An attempt is counted before it is checked, and its key is reset when it was right: guesses that
arrive at the same moment can't slip past the limit, because each must get through the counter
first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    case,
    delete,
    func,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from punchcard.accounts.errors import TooManyRequests
from punchcard.accounts.models import Throttle
from punchcard.db.dialects import insert_into
from punchcard.db.types import UtcDateTime
from punchcard.kit.clock import CLOCKS_DIFFER

# Longer than any pause (PINs are locked for a day at most), or waiting it out would buy a fresh set
# of attempts.
FORGOTTEN_AFTER = timedelta(days=1)
_LONGEST_LEFT: Final = FORGOTTEN_AFTER + CLOCKS_DIFFER


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How many failures are free, and how long the pause is, doubling up to its own limit."""

    attempts: int
    block_seconds: int
    block_limit_seconds: int


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One counted attempt: how many there are now, and the pause that this one began."""

    key: str
    failures: int
    blocked_until: datetime | None


def holds(until: datetime | None, now: datetime) -> bool:
    """Return whether a pause that ends at `until` is on.

    One that is longer than any was begun by a clock that ran ahead: it holds nobody up for days.
    """
    return until is not None and now < until <= end_of_longest(now)


def end_of_longest(now: datetime) -> datetime:
    """Return when the longest pause ends that begins now, by any clock of this shop."""
    return now + _LONGEST_LEFT


def is_over(until: Any, now: datetime) -> ColumnElement[bool]:
    """Return in SQL whether no pause is on that ends at the column `until`: see `holds`."""
    return or_(until.is_(None), until <= now, until > _moment(end_of_longest(now)))


def fail(session: Session, key: str, *, limit: Limit, now: datetime) -> Failure:
    """Count one attempt against `key` as a failure, until `reset`.

    The attempt that reaches the limit is still allowed, and begins the pause for those after it.
    Commit this on its own, before the attempt is checked, so that it survives a refusal.
    Raises TooManyRequests while a pause lasts; that attempt is not counted.
    """
    failures = case((Throttle.updated_at < now - FORGOTTEN_AFTER, 1), else_=Throttle.failures + 1)
    statement = insert_into(session, Throttle).values(
        key=key, failures=1, blocked_until=_pause(1, limit, now), updated_at=now
    )
    row = session.execute(
        statement.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "failures": failures,
                "blocked_until": _pause_in_sql(failures, limit, now),
                "updated_at": now,
            },
            where=is_over(Throttle.blocked_until, now),
        ).returning(Throttle.failures, Throttle.blocked_until)
    ).one_or_none()
    if row is None:
        raise TooManyRequests(retry_after_seconds=_seconds_left(session, key, now))
    return Failure(key=key, failures=row.failures, blocked_until=row.blocked_until)


def take_turn(
    session: Session, key: str, *, lasts: timedelta, ahead: timedelta, now: datetime
) -> timedelta | None:
    """Take a turn of `key` that lasts so long, unless its turns then reach further `ahead` than so.

    That is a bucket of tokens, held as the moment at which it is full again. Returns how long to
    wait, None when the turn was taken. For PostgreSQL: an embedded database has one process.
    """
    # Further ahead than turns ever reach: the clock was put back since.
    is_misplaced = Throttle.blocked_until > _moment(now + ahead + CLOCKS_DIFFER)
    taken_until = case((is_misplaced, _moment(now)), else_=Throttle.blocked_until)
    free_at = func.greatest(taken_until, _moment(now)) + literal(lasts)
    statement = insert_into(session, Throttle).values(
        key=key, failures=0, blocked_until=now + lasts, updated_at=now
    )
    taken = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={"blocked_until": free_at, "updated_at": now},
        where=free_at <= _moment(now + ahead),
    ).returning(Throttle.key)
    if session.execute(taken).one_or_none() is not None:
        return None
    until = session.scalar(select(Throttle.blocked_until).where(Throttle.key == key)) or now
    return max(until, now) + lasts - (now + ahead)


def reset(session: Session, key: str) -> None:
    """Forget every failure of `key`: an attempt was right."""
    session.execute(delete(Throttle).where(Throttle.key == key))


def take_back(session: Session, failure: Failure) -> None:
    """Count one attempt no longer, and end the pause that began with it: it alone was right."""
    row = Throttle.key == failure.key
    counted_less: dict[str, Any] = {"failures": Throttle.failures - 1}
    if failure.blocked_until is not None:
        counted_less["blocked_until"] = None
    session.execute(
        update(Throttle).where(row).values(counted_less),
        execution_options={"synchronize_session": False},
    )
    session.execute(
        delete(Throttle).where(row, Throttle.failures <= 0),
        execution_options={"synchronize_session": False},
    )


def expire_old(session: Session, now: datetime) -> int:
    """Delete the counters that stand for nothing any more; returns how many there were.

    A counter that is as old as FORGOTTEN_AFTER and blocks nobody counts as none.
    """
    is_idle = is_over(Throttle.blocked_until, now)
    old = delete(Throttle).where(Throttle.updated_at < now - FORGOTTEN_AFTER, is_idle)
    result = session.execute(old.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount


def _pause(failures: int, limit: Limit, now: datetime) -> datetime | None:
    if failures < limit.attempts:
        return None
    seconds = limit.block_seconds * 2 ** min(failures - limit.attempts, 30)
    return now + timedelta(seconds=min(seconds, limit.block_limit_seconds))


def _pause_in_sql(
    failures: ColumnElement[int], limit: Limit, now: datetime
) -> ColumnElement[datetime | None]:
    """Return the pause as a table of cases: arithmetic on times differs between databases."""
    longest = now + timedelta(seconds=limit.block_limit_seconds)
    steps = []
    count = limit.attempts
    while (pause := _pause(count, limit, now)) is not None and pause < longest:
        steps.append((failures == count, _moment(pause)))
        count += 1
    below = (failures < limit.attempts, null())
    return case(below, *steps, else_=_moment(longest))


def _moment(value: datetime) -> ColumnElement[datetime]:
    return literal(value, UtcDateTime)


def _seconds_left(session: Session, key: str, now: datetime) -> int:
    until = session.scalar(select(Throttle.blocked_until).where(Throttle.key == key))
    return max(1, ceil((until - now).total_seconds())) if until is not None else 1
