"""How often other systems may post hooks: each address of an integration, and who keeps guessing.

A network's misses, wrong addresses and wrong signatures, are counted; when there are too many it is
answered before anything is read. Makers send the hooks of thousands of shops from a few networks,
of which one may be set up badly: an address that was genuine lately is let through all the same.
Others are counted apart from those: however many somebody makes up, none of a shop's is forgotten
for them.
"""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from punchcard.accounts.access.rate_limit import RateLimiter
from punchcard.kit.clock import Clock

_GENUINE_FOR: Final = timedelta(days=1)
_KNOWN_LIMIT: Final = 10_000
_NOTES_PER_MINUTE: Final = 1


class HookLimits:
    """Counts hooks by a digest of their path and by their network; in this process alone."""

    def __init__(self, clock: Clock, *, per_minute: int, misses_per_minute: int) -> None:
        """Let each path through so often a minute, and each network miss so often; 0: no limit."""
        self._clock = clock
        self._hooks = RateLimiter(clock, per_minute=per_minute)
        self._unknown = RateLimiter(clock, per_minute=per_minute)
        self._misses = RateLimiter(clock, per_minute=misses_per_minute)
        self._notes = RateLimiter(clock, per_minute=_NOTES_PER_MINUTE)
        self._guard = threading.Lock()
        self._genuine: OrderedDict[str, datetime] = OrderedDict()

    def take(self, path: str, network: str) -> None:
        """Count one request before it is read. Raises TooManyRequests."""
        if self.was_genuine(path):
            self._hooks.take(path)
            return
        self._misses.check(network)
        self._unknown.take(path)

    def was_genuine(self, path: str) -> bool:
        """Tell whether something genuine came to this path lately."""
        with self._guard:
            seen = self._genuine.get(path)
        return seen is not None and self._clock.now() - seen < _GENUINE_FOR

    def note_genuine(self, path: str) -> None:
        """Remember that what came to this path was genuine."""
        if not self.was_genuine(path):
            # What `take` counted among the unknown.
            self._hooks.try_take(path)
        with self._guard:
            self._genuine[path] = self._clock.now()
            self._genuine.move_to_end(path)
            if len(self._genuine) > _KNOWN_LIMIT:
                self._genuine.popitem(last=False)

    def note_miss(self, network: str) -> None:
        """Count a wrong address or a wrong signature."""
        self._misses.spend(network)

    def may_tell(self, path: str) -> bool:
        """Tell whether the shop is to be told now that this path sends too much: once a minute."""
        return self.was_genuine(path) and self._notes.try_take(path)
