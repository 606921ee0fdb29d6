"""How long people stay away between two visits: the real gaps of 23,570 customers.

From bench/data: the days between one purchase of a customer and the next. It is a web shop for
music, whose customers come less often than those of a bakery; they were watched for 18 months, so
that longer gaps are not in it. Both make cards rest for longer, which asks for more memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from bench.purchases import Purchases, read_purchases


@dataclass(frozen=True)
class Gaps:
    """Days between visits, sorted, and the share of visits that are a customer's first."""

    days: Sequence[int]
    first_share: float

    @property
    def mean_days(self) -> float:
        """Return how long a customer who comes again stays away, on average."""
        return sum(self.days) / len(self.days)

    def draw(self, random: Random) -> int:
        """Return one of the gaps: each is as likely as any other."""
        return self.days[random.randrange(len(self.days))]


def read_gaps(purchases: Purchases | None = None) -> Gaps:
    """Return the gaps between the purchases of each customer in the file."""
    bought = (purchases or read_purchases()).bought
    last: dict[str, date] = {}
    days = []
    for one in bought:
        day = date.fromisoformat(one.day)
        if one.customer in last:
            days.append((day - last[one.customer]).days)
        last[one.customer] = day
    return Gaps(sorted(days), len(last) / len(bought))
