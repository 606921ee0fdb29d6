"""A count and a measure by labels: what every room notes its figures in.

Both stand on hot paths, so they are a dictionary and a lock each. Labels must be few and known: a
word of ours, a route, a status, never an id or anything that a stranger typed.
"""

import threading
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

Labels = tuple[str, ...]
NO_LABELS: Final[Labels] = ()

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The bounds of waits."""
SIZES: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)
"""The bounds of numbers of things."""


class Tally:
    """Counts things by labels; it only grows. May be used from several threads.

    What is `known` is told as 0 before it is counted: an alert sees the first one as an increase.
    """

    def __init__(self, *names: str, known: Iterable[Labels] = ()) -> None:
        self.names: Final = names
        self._lock = threading.Lock()
        self._counts: dict[Labels, int] = dict.fromkeys(known, 0)

    def add(self, labels: Labels = NO_LABELS, number: int = 1) -> None:
        """Count `number` more under `labels`, in the order of the names."""
        with self._lock:
            self._counts[labels] = self._counts.get(labels, 0) + number

    def counts(self) -> Mapping[Labels, int]:
        """Return what was counted so far."""
        with self._lock:
            return dict(self._counts)

    def total(self) -> int:
        """Return what was counted under all labels together."""
        return sum(self.counts().values())


class Spread(NamedTuple):
    """How values spread: how many were up to each bound and above all of them, and their sum."""

    numbers: Sequence[int]
    sum: float


class Measure:
    """Measures values by labels, as how many lie up to each of `bounds`, in ascending order.

    May be used from several threads.
    """

    def __init__(self, *names: str, bounds: Sequence[float] = SECONDS) -> None:
        self.names: Final = names
        self.bounds: Final = tuple(bounds)
        self._lock = threading.Lock()
        self._numbers: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}

    def note(self, value: float, labels: Labels = NO_LABELS) -> None:
        """Measure one value under `labels`, in the order of the names."""
        place = bisect_left(self.bounds, value)
        with self._lock:
            numbers = self._numbers.get(labels)
            if numbers is None:
                numbers = self._numbers[labels] = [0] * (len(self.bounds) + 1)
                self._sums[labels] = 0.0
            numbers[place] += 1
            self._sums[labels] += value

    def spreads(self) -> Mapping[Labels, Spread]:
        """Return what was measured so far; without labels there is always one."""
        with self._lock:
            found = {
                labels: Spread(tuple(numbers), self._sums[labels])
                for labels, numbers in self._numbers.items()
            }
        if not self.names and not found:
            return {NO_LABELS: Spread((0,) * (len(self.bounds) + 1), 0.0)}
        return found
