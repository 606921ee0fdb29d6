"""Which of several hosts to ask: first who was the primary last, and none that hangs."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

CONNECT_SECONDS_OF_SEVERAL: Final = 2
"""Where others can be tried one that is cut off must not take long."""

SHUN_SECONDS: Final = 5.0
"""For so long a host that hung isn't asked, while there are others."""


class HostWatch:
    """Remembers how hosts answered, for all connections of a process; may be used from any thread.

    A host hangs while the last attempt to connect to it got no answer at all. `monotonic` tells
    seconds.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._hung_at: dict[str, float] = {}
        self._good: str | None = None

    def in_order(self, hosts: Sequence[str]) -> list[str]:
        """Return those of `hosts` to ask now: the best first, those that hung last or not at all.

        If all of them hung lately all are asked.
        """
        with self._lock:
            hung_at, good = dict(self._hung_at), self._good
        lately = self._monotonic() - SHUN_SECONDS
        asked = [host for host in hosts if hung_at.get(host, lately) <= lately] or list(hosts)
        return sorted(asked, key=lambda host: (hung_at.get(host, 0.0), host != good))

    def hangs(self, host: str) -> bool:
        """Return whether the last attempt to connect to a host got no answer."""
        return host in self._hung_at

    def note_hung(self, host: str) -> None:
        """Note that an attempt to connect got no answer."""
        with self._lock:
            self._hung_at[host] = self._monotonic()

    def note_refused(self, host: str) -> None:
        """Note that a host answered, if only that it takes no such connection."""
        with self._lock:
            self._hung_at.pop(host, None)

    def note_connected(self, host: str) -> None:
        """Note that a connection was made."""
        with self._lock:
            self._hung_at.pop(host, None)
            self._good = host
