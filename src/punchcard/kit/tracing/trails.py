"""Which span left which work: remembered in this process, for as many as fit."""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final, Generic, TypeVar

TRAILS_LIMIT: Final = 10_000

SpanParent = TypeVar("SpanParent")


class Trails(Generic[SpanParent]):
    """Remembers by topic and key what left the work; the oldest are forgotten first.

    May be used from several threads. Lost with the process, as traces may be.
    """

    def __init__(self, limit: int = TRAILS_LIMIT) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._left: OrderedDict[tuple[str, str], SpanParent] = OrderedDict()

    def leave(self, topic: str, keys: Iterable[str], origin: SpanParent) -> None:
        """Remember that `origin` left work on `keys`."""
        with self._lock:
            for key in keys:
                self._left[topic, key] = origin
                self._left.move_to_end((topic, key))
            while len(self._left) > self._limit:
                self._left.popitem(last=False)

    def take(self, topic: str, key: str) -> SpanParent | None:
        """Return what left the work, and forget it."""
        with self._lock:
            return self._left.pop((topic, key), None)
