"""How often one address may call what needs no credentials: a bucket of tokens for each."""

import threading
from math import ceil
from typing import Final

from punchcard.accounts.errors import TooManyRequests
from punchcard.kit.clock import Clock
from punchcard.kit.security.request_origin import counted_address
from punchcard.kit.settings import Settings

__all__ = ["PublicLimits", "RateLimiter", "counted_address"]

ADDRESSES_LIMIT: Final = 10_000


class RateLimiter:
    """Lets each address through `per_minute` times a minute, and up to that many at once.

    Kept in the memory of this process, for a bounded number of addresses. When there are more,
    those that have been quiet for a minute are forgotten, and at least the half that was seen
    longest ago: a crowd of new addresses does not free one that is being refused right now.
    """

    def __init__(self, clock: Clock, *, per_minute: int) -> None:
        self._clock = clock
        self._size = float(per_minute)
        self._per_second = per_minute / 60
        self._guard = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, address: str) -> None:
        """Count one call of `address`; raises TooManyRequests with the time to wait."""
        now = self._clock.now().timestamp()
        with self._guard:
            left, seen = self._buckets.get(address, (self._size, now))
            left = min(self._size, left + max(0.0, now - seen) * self._per_second)
            if left < 1:
                # Seen now, so that it is among the last to be forgotten.
                self._buckets[address] = (left, now)
                raise TooManyRequests(retry_after_seconds=ceil((1 - left) / self._per_second))
            if address not in self._buckets and len(self._buckets) >= ADDRESSES_LIMIT:
                self._make_room(now)
            self._buckets[address] = (left - 1, now)

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
