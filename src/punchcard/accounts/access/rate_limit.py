"""How often one address may call what needs no credentials, and what one credential may do.

A bucket of tokens for each, taken before any work is done.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from punchcard.accounts import throttle
from punchcard.accounts.errors import TooManyRequests
from punchcard.accounts.subjects import Subject
from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.secrets import Digests
from punchcard.kit.security.request_origin import counted_address
from punchcard.kit.settings import Settings

__all__ = [
    "CredentialLimits",
    "PublicLimits",
    "RateLimiter",
    "SharedBuckets",
    "counted_address",
    "counted_credential",
]

ADDRESSES_LIMIT: Final = 10_000
_MINUTE: Final = timedelta(minutes=1)
_MINUTES_OWED: Final = 9


class RateLimiter:
    """Lets each address through `per_minute` times a minute, and up to that many at once.

    Without a limit if that is 0. Kept in the memory of this process, for a bounded number of
    addresses. When there are more, those that have been quiet for a minute are forgotten, and at
    least the half that was seen longest ago: a crowd of new addresses does not free one that is
    being refused right now.
    """

    def __init__(self, clock: Clock, *, per_minute: int) -> None:
        self._clock = clock
        self._size = float(per_minute)
        self._per_second = per_minute / 60
        self._guard = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, address: str, count: int = 1) -> None:
        """Count `count` calls of `address` at once; raises TooManyRequests with the time to wait.

        What is more than a minute's worth counts as that, less the one that was counted when a list
        came in: it would never be let through.
        """
        missing = self._missing(address, count)
        if missing > 0:
            raise TooManyRequests(retry_after_seconds=ceil(missing / self._per_second))

    def check(self, address: str) -> None:
        """Raise TooManyRequests as `take` would now, and count nothing."""
        if not self._size:
            return
        now = self._clock.now().timestamp()
        with self._guard:
            left, seen = self._buckets.get(address, (self._size, now))
        missing = 1 - min(self._size, left + max(0.0, now - seen) * self._per_second)
        if missing > 0:
            raise TooManyRequests(retry_after_seconds=ceil(missing / self._per_second))

    def spend(self, address: str) -> None:
        """Count one call of `address` that `check` let through, though nothing may be left by now.

        Many that were let through at once are made up for by as long a wait, up to ten minutes.
        """
        if not self._size:
            return
        now = self._clock.now().timestamp()
        with self._guard:
            left, seen = self._buckets.get(address, (self._size, now))
            left = min(self._size, left + max(0.0, now - seen) * self._per_second)
            self._keep(address, max(left - 1, -_MINUTES_OWED * self._size), now)

    def try_take(self, address: str) -> bool:
        """Count one call of `address`, and return whether it is let through."""
        return self._missing(address, 1) <= 0

    def _missing(self, address: str, count: int) -> float:
        """Take `count` from the bucket, or return how many it is short of."""
        if not self._size:
            return 0.0
        wanted = min(float(count), max(1.0, self._size - 1))
        now = self._clock.now().timestamp()
        with self._guard:
            left, seen = self._buckets.get(address, (self._size, now))
            left = min(self._size, left + max(0.0, now - seen) * self._per_second)
            if left < wanted:
                # Seen now, so that it is among the last to be forgotten.
                self._buckets[address] = (left, now)
                return wanted - left
            self._keep(address, left - wanted, now)
        return 0.0

    def _keep(self, address: str, left: float, now: float) -> None:
        if address not in self._buckets and len(self._buckets) >= ADDRESSES_LIMIT:
            self._make_room(now)
        self._buckets[address] = (left, now)

    def _make_room(self, now: float) -> None:
        # Half at once: to sort is dear, and this many newcomers pay for it together.
        keep = ADDRESSES_LIMIT // 2
        latest = sorted(self._buckets.items(), key=lambda one: one[1][1], reverse=True)[:keep]
        self._buckets = {address: bucket for address, bucket in latest if bucket[1] > now - 60}


@dataclass(frozen=True, kw_only=True)
class SharedBuckets:
    """Buckets in the database, for what several processes let through together.

    Only digests of what is counted are kept.
    """

    database: Database
    digests: Digests

    @classmethod
    def of(cls, database: Database, settings: Settings) -> "SharedBuckets | None":
        """Return the buckets of a database of several processes; None where there is only one."""
        if database.is_sqlite:
            return None
        return cls(database=database, digests=Digests(settings.keys, "punchcard shared buckets"))

    def wait(self, kind: str, what: str, *, lasts: timedelta, now: datetime) -> timedelta | None:
        """Take from the bucket of `what`, or return how long to wait for it."""
        key = f"{kind}:{self.digests.of(what.encode('utf-8', 'replace')).hex()}"
        with self.database.write() as session:
            return throttle.take_turn(session, key, lasts=lasts, ahead=_MINUTE, now=now)


class SharedRateLimiter(RateLimiter):
    """The same over all processes: what this one lets through is counted in the database, too.

    For what is rare and worth guessing: each call that this process would let through costs a
    transaction of its own, so it must not be made on the event loop.
    """

    def __init__(
        self, clock: Clock, *, per_minute: int, kind: str, buckets: SharedBuckets | None
    ) -> None:
        super().__init__(clock, per_minute=per_minute)
        self._kind = kind
        self._buckets_of_all = buckets

    def _missing(self, address: str, count: int) -> float:
        missing = super()._missing(address, count)
        if missing > 0 or self._buckets_of_all is None or not self._size:
            return missing
        lasts = timedelta(seconds=count / self._per_second)
        now = self._clock.now()
        wait = self._buckets_of_all.wait(self._kind, address, lasts=lasts, now=now)
        return wait.total_seconds() * self._per_second if wait is not None else 0.0


class PublicLimits:
    """The limits of the routes that need no credentials.

    What may be guessed, and what mails strangers, is counted over all processes.
    """

    def __init__(
        self, settings: Settings, clock: Clock, buckets: SharedBuckets | None = None
    ) -> None:
        def shared(kind: str, per_minute: int) -> RateLimiter:
            return SharedRateLimiter(clock, per_minute=per_minute, kind=kind, buckets=buckets)

        self.reads = RateLimiter(clock, per_minute=settings.public_reads_per_minute)
        self.enrolments = RateLimiter(clock, per_minute=settings.public_enrolments_per_minute)
        self.phone_logs = RateLimiter(clock, per_minute=settings.apple_logs_per_minute)
        self.sign_ins = shared("sign_ins_of", settings.sign_ins_per_minute)
        self.pairings = shared("pairings_of", settings.pairing_attempts_per_minute)
        self.card_numbers = shared("numbers_of", settings.card_numbers_per_minute)
        self.mails = shared("mails_of", settings.mail_requests_per_minute)


class CredentialLimits:
    """What one credential may do a minute: a person's counts over all of their sessions.

    Questions for people by their contacts are counted over all processes.
    """

    def __init__(
        self, settings: Settings, clock: Clock, buckets: SharedBuckets | None = None
    ) -> None:
        self.requests = RateLimiter(clock, per_minute=settings.credential_requests_per_minute)
        self.contacts: RateLimiter = SharedRateLimiter(
            clock,
            per_minute=settings.contact_lookups_per_minute,
            kind="contacts_of",
            buckets=buckets,
        )


def counted_credential(subject: Subject) -> str:
    """Return what a credential is counted as: signing in again buys nothing."""
    return subject.id or subject.kind
