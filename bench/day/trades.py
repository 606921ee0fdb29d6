"""Trades and where they are: when they are open, when their guests come, and how many.

These are assumptions, not measurements: whoever hosts other shops changes them here. Together they
come to 60 visits a shop and day, as docs/scale.md has always reckoned with.
"""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import exp
from random import Random
from typing import Final

MINUTES: Final = 24 * 60


@dataclass(frozen=True)
class Peak:
    """A time of day around which guests come: the middle and the width in minutes of local time.

    `weight` is how many come a minute in the middle, beside the one that comes at any time.
    """

    middle: int
    width: int
    weight: float


@dataclass(frozen=True)
class Trade:
    """Shops of one kind: their share of all, visits a day, hours, peaks and weekdays.

    `hours` are minutes of local time; `weekdays` are what each day has beside the average one,
    Monday first; `purchases` is the share of visits that are booked with an amount, for points.
    """

    name: str
    share: float
    visits: float
    hours: Sequence[tuple[int, int]]
    peaks: Sequence[Peak]
    weekdays: Sequence[float]
    purchases: float

    @cached_property
    def _until(self) -> Sequence[float]:
        return list(accumulate(self._weight(minute) for minute in range(MINUTES)))

    def minute(self, random: Random) -> int:
        """Return a minute of local time at which a guest comes: only while the shop is open."""
        return bisect(self._until, random.random() * self._until[-1])

    def _weight(self, minute: int) -> float:
        if not any(begin <= minute < end for begin, end in self.hours):
            return 0.0
        return 1 + sum(
            peak.weight * exp(-(((minute - peak.middle) / peak.width) ** 2) / 2)
            for peak in self.peaks
        )


def _at(hour: float) -> int:
    return round(hour * 60)


_EVEN = (1.0, 1.0, 1.0, 1.05, 1.25, 1.4, 0.3)
_OUT = (0.75, 0.8, 0.9, 1.0, 1.3, 1.45, 0.8)
_OFFICE = (1.2, 1.3, 1.3, 1.3, 1.2, 0.5, 0.2)

TRADES: Final = (
    Trade("bakery", 0.2, 95, [(_at(6.5), _at(18.5))], [Peak(_at(7.75), 45, 4)], _EVEN, 0.3),
    Trade(
        "café",
        0.25,
        70,
        [(_at(7), _at(19))],
        [Peak(_at(8.5), 50, 3), Peak(_at(12.75), 40, 4)],
        _EVEN,
        0.1,
    ),
    Trade("lunch", 0.2, 60, [(_at(11), _at(15))], [Peak(_at(12.5), 25, 8)], _OFFICE, 0.2),
    Trade(
        "restaurant",
        0.15,
        28,
        [(_at(11.5), _at(14.5)), (_at(18), _at(22))],
        [Peak(_at(13.25), 30, 4), Peak(_at(20.5), 40, 5)],
        _OUT,
        0.8,
    ),
    Trade("shop", 0.12, 54, [(_at(9), _at(19))], [Peak(_at(17.5), 60, 2)], _EVEN, 0.9),
    Trade("hairdresser", 0.08, 12.75, [(_at(9), _at(18.5))], [Peak(_at(12), 90, 0.5)], _EVEN, 0.6),
)

ZONES: Final = (
    ("Europe/Lisbon", 0.15),
    ("Europe/Luxembourg", 0.65),
    ("Europe/Athens", 0.2),
)
"""Time zones and their share of the shops: one hour apart, so that their lunches overlap."""


def beside_average(weekday: int) -> float:
    """Return how many visits a weekday (0 is Monday) has beside the average day, of all trades."""
    every = sum(trade.share * trade.visits for trade in TRADES)
    return sum(one.share * one.visits * one.weekdays[weekday] for one in TRADES) / every
