"""How old a replica is, by how far the primary had written when: no clock is compared, and nobody
needs a privilege.
"""

from collections import deque
from typing import Final

_KEPT: Final = 1000


class ReplicaAge:
    """Follows places in the write-ahead log, in bytes, and moments of one clock, in seconds.

    What the primary had written at a moment, a replica has once it has replayed as far.
    """

    def __init__(self) -> None:
        self._written: deque[tuple[int, float]] = deque(maxlen=_KEPT)
        self._replayed = 0
        self.as_of: float | None = None
        """The moment whose state the replica has; None while that is not known."""

    def note_primary(self, written: int, at: float) -> bool:
        """Note how far the primary had written at a moment.

        Returns whether that fits with what the replica told: no replica is ahead of its primary.
        """
        is_of_one_history = written >= self._replayed
        if not is_of_one_history or (self._written and written < self._written[-1][0]):
            # Another server has become the primary: what was known is of another history.
            self.forget()
        self._written.append((written, at))
        return is_of_one_history

    def note_replica(self, replayed: int) -> None:
        """Note how far the replica has replayed what the primary had written."""
        self._replayed = replayed
        while self._written and self._written[0][0] <= replayed:
            self.as_of = self._written.popleft()[1]

    def forget(self) -> None:
        """Know nothing any more."""
        self._written.clear()
        self._replayed = 0
        self.as_of = None
