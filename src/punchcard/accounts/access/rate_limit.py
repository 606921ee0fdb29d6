"""How often one address may call what needs no credentials, and what one credential may do.

A bucket of tokens for each, taken before any work is done.
"""

import threading
from math import ceil
from typing import Final

from punchcard.accounts.errors import TooManyRequests
from punchcard.accounts.subjects import Subject
from punchcard.kit.clock import Clock
from punchcard.kit.security.request_origin import counted_address
from punchcard.kit.settings import Settings

__all__ = [
    "CredentialLimits",
    "PublicLimits",
    "RateLimiter",
    "counted_address",
    "counted_credential",
]

ADDRESSES_LIMIT: Final = 10_000


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
            if address not in self._buckets and len(self._buckets) >= ADDRESSES_LIMIT:
                self._make_room(now)
            self._buckets[address] = (left - wanted, now)
        return 0.0

    def _make_room(self, now: float) -> None:
        # Half at once: to sort is dear, and this many newcomers pay for it together.
        keep = ADDRESSES_LIMIT // 2
        latest = sorted(self._buckets.items(), key=lambda one: one[1][1], reverse=True)[:keep]
        self._buckets = {address: bucket for address, bucket in latest if bucket[1] > now - 60}


class PublicLimits:
    """The limits of the routes that need no credentials."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.reads = RateLimiter(clock, per_minute=settings.public_reads_per_minute)
        self.enrolments = RateLimiter(clock, per_minute=settings.public_enrolments_per_minute)
        self.sign_ins = RateLimiter(clock, per_minute=settings.sign_ins_per_minute)
        self.pairings = RateLimiter(clock, per_minute=settings.pairing_attempts_per_minute)
        self.phone_logs = RateLimiter(clock, per_minute=settings.apple_logs_per_minute)
        self.mails = RateLimiter(clock, per_minute=settings.mail_requests_per_minute)


class CredentialLimits:
    """What one credential may do a minute: a person's counts over all of their sessions."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.requests = RateLimiter(clock, per_minute=settings.credential_requests_per_minute)
        self.contacts = RateLimiter(clock, per_minute=settings.contact_lookups_per_minute)


def counted_credential(subject: Subject) -> str:
    """Return what a credential is counted as: signing in again buys nothing."""
    return subject.id or subject.kind
