"""One day of many shops, visit by visit, added up by the minute of UTC.

Up to SAMPLE shops are lived through; of more, each of them stands for as many as there are. Shop
number n is always the same one, whatever others there are, so a day is told by its seed.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from bench.day.gaps import Gaps
from bench.day.trades import MINUTES, TRADES, ZONES, Trade, beside_average

SAMPLE: Final = 10_000

OPERATIONS: Final = ("stamps", "purchases", "redemptions", "enrolments")
READS: Final = ("lookups", "pages", "statistics", "fetches")
KINDS: Final = (*OPERATIONS, *READS, "pushes", "live")
"""What is counted each minute; `live` is how many pages are open and wait for what changes."""

LOOKED_UP: Final = 0.5
"""Visits before which the terminal looks the card up; the others book at once."""
STAMPS_TARGET: Final = 10
"""Visits of a card for one thing that is redeemed."""
IN_WALLET: Final = 0.5
"""Cards that are in a wallet: each change is pushed."""
ON_APPLE: Final = 0.6
"""Of these, those whose phone fetches the pass again after a push."""
OPEN_AT_TILL: Final = 0.15
"""Visits at which the customer's page is open, so that the stamp arrives on it."""
OPEN_MINUTES: Final = 5
DAYS_A_VIEW: Final = 60
"""A card that rests is looked at once in so many days."""
JOIN_PAGES: Final = 3
"""Pages that somebody sees who joins."""
_AWAKE: Final = (8 * 60, 23 * 60)
_SPREAD: Final = 0.6
"""How much sizes of shops differ: the deviation of the logarithm of their visits."""


@dataclass
class Day:
    """What a number of shops did on one day; `counts` holds a number for each minute of UTC.

    `beside_average` is how many visits such a weekday has for one of an average day.
    """

    shops: int
    sampled: int
    counts: dict[str, list[int]]
    visits: int = 0
    first_visits: int = 0
    gaps: Counter[int] = field(default_factory=Counter)
    beside_average: float = 1.0

    @property
    def weight(self) -> float:
        """Return how many shops each one of the sample stands for."""
        return self.shops / self.sampled

    def minutes(self, *kinds: str) -> list[float]:
        """Return how many of these kinds there are in each minute, of all shops together."""
        rows = zip(*(self.counts[kind] for kind in kinds), strict=True)
        return [sum(row) * self.weight for row in rows]

    def total(self, *kinds: str) -> float:
        """Return how many of these kinds there are on the day, of all shops together."""
        return sum(sum(self.counts[kind]) for kind in kinds) * self.weight


def simulate(shops: int, gaps: Gaps, *, on: date, seed: int, sample: int = SAMPLE) -> Day:
    """Live through the day `on` of so many shops."""
    sampled = min(shops, sample)
    counts = {kind: [0] * MINUTES for kind in KINDS}
    day = Day(shops, sampled, counts, beside_average=beside_average(on.weekday()))
    for number in range(sampled):
        _open_shop(day, gaps, on, Random(f"{seed}/{number}"))
    return day


def _open_shop(day: Day, gaps: Gaps, on: date, random: Random) -> None:
    trade: Trade = random.choices(TRADES, [one.share for one in TRADES])[0]
    zone = random.choices([name for name, _ in ZONES], [share for _, share in ZONES])[0]
    # The mean of what is drawn is 1: large shops make up for small ones.
    size = random.lognormvariate(-(_SPREAD**2) / 2, _SPREAD)
    expected = trade.visits * trade.weekdays[on.weekday()] * size
    visits = int(expected) + (random.random() < expected % 1)
    ahead = _minutes_ahead(zone, on)
    for begin, end in trade.hours:
        for minute in range(begin, end, 60):
            day.counts["statistics"][(minute + random.randrange(60) - ahead) % MINUTES] += 1
    for _ in range(visits):
        _visit(day, gaps, trade, ahead, random)


def _visit(day: Day, gaps: Gaps, trade: Trade, ahead: int, random: Random) -> None:
    counts, minute = day.counts, (trade.minute(random) - ahead) % MINUTES
    day.visits += 1
    counts["purchases" if random.random() < trade.purchases else "stamps"][minute] += 1
    counts["lookups"][minute] += random.random() < LOOKED_UP
    in_wallet = random.random() < IN_WALLET
    on_apple = in_wallet and random.random() < ON_APPLE
    if random.random() < gaps.first_share:
        day.first_visits += 1
        counts["enrolments"][minute] += 1
        counts["pages"][minute] += JOIN_PAGES
        counts["fetches"][minute] += on_apple
    else:
        gap = gaps.draw(random)
        day.gaps[gap] += 1
        counts["redemptions"][minute] += random.random() < 1 / STAMPS_TARGET
        # In a day like all others, what falls into the days of the gap falls into this one.
        for _ in range(int(gap / DAYS_A_VIEW + random.random())):
            counts["pages"][(random.randrange(*_AWAKE) - ahead) % MINUTES] += 1
    if random.random() < OPEN_AT_TILL:
        # Opened, and read anew when the stamp arrives.
        counts["pages"][minute] += 2
        for later in range(OPEN_MINUTES):
            counts["live"][(minute + later) % MINUTES] += 1
    counts["pushes"][minute] += in_wallet
    counts["fetches"][minute] += on_apple


@cache
def _minutes_ahead(zone: str, on: date) -> int:
    """Return how far clocks are ahead of UTC at noon of the day."""
    offset = datetime(on.year, on.month, on.day, 12, tzinfo=ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return int(offset.total_seconds()) // 60


def busiest(minutes: Sequence[float]) -> int:
    """Return the minute of the largest number."""
    return max(range(len(minutes)), key=minutes.__getitem__)
