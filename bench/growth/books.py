"""What the purchases of the file must come to with dates, tiers and a month that counts double.

A bookkeeper with paper and pencil: shares no code with the rules, and asks the second opinion of
`tests/oracle` for tiers. A point is good for twelve months and to the end of that month. What was
spent in this month and the eleven before it makes a tier, which is kept for six months, and a
fortnight of grace. Who has enough for the reward after a purchase takes it at once. The tills where
every seventh customer buys are offline: what happens there is told two days later, and they hand
out no rewards.
"""

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import NamedTuple

from bench.purchases import POINTS_PER_DOLLAR, Purchases
from tests.oracle.tiers import Member, Plan

REWARD_POINTS, REWARD_CENTS = 300, 1000
FACTORS = {"basic": Fraction(1), "silver": Fraction(5, 4), "gold": Fraction(3, 2)}
TIERS: Plan = {
    "tiers": [("basic", 0), ("silver", 100_00), ("gold", 300_00)],
    "window": "rolling_12_months",
    "falls": "to_fit",
    "holds": 6,
    "grace": 14,
}
DOUBLED = (date(1997, 12, 1), date(1997, 12, 31))
LAST_DAY = date(1999, 1, 5)
"""A few days after points ended last, so that the due work has booked that."""

ONE_DAY = timedelta(days=1)
TOLD_LATE = timedelta(days=2)


class Ask(NamedTuple):
    """A purchase of `cents`, or a reward taken where there are none; when it happened."""

    customer: str
    happened: date
    cents: int | None


class Sums(NamedTuple):
    """What a program owes before `first` and after `last`, and how it moved from one to the other.

    `ending` is what ends by the first day of the month it ends in; `ever` all movements until then.
    """

    opening: int
    moved: Mapping[str, int]
    closing: int
    ending: Mapping[date, int]
    ever: Mapping[str, int]


@dataclass
class Account:
    """A customer's points by the last day they are good, what is less than one, and their tier."""

    member: Member
    carry: Fraction = Fraction(0)
    lifetime: int = 0
    good_until: Counter[date] = field(default_factory=Counter)

    @property
    def points(self) -> int:
        return self.good_until.total()

    @property
    def lots(self) -> list[tuple[int, str]]:
        """Return the points with the last day they are good, the first to end first."""
        return [(n, day.isoformat()) for day, n in sorted(self.good_until.items()) if n]

    @property
    def tier(self) -> tuple[str, str | None, int]:
        """Return the tier, the last day of it, and what counts towards it."""
        key, _ = TIERS["tiers"][self.member.place]
        until = self.member.until
        return key, until.isoformat() if until else None, self.member.counts()


class Books:
    """All accounts, moved on day by day; `has_double` says whether a month counts double."""

    def __init__(self, purchases: Purchases, *, has_double: bool) -> None:
        self.has_double = has_double
        self.opening_days: defaultdict[date, list[str]] = defaultdict(list)
        self.accounts: dict[str, Account] = {}
        for customer, first in purchases.first_days.items():
            self.opening_days[date.fromisoformat(first)].append(customer)
            self.accounts[customer] = Account(Member(TIERS, date.fromisoformat(first)))
        self._told: defaultdict[date, list[Ask]] = defaultdict(list)
        for one in purchases.bought:
            day = date.fromisoformat(one.day)
            told = day + TOLD_LATE if is_offline(one.customer) else day
            self._told[told].append(Ask(one.customer, day, one.cents))
        self.moves: Counter[tuple[str, date]] = Counter()
        self.ends: Counter[tuple[date, date]] = Counter()
        self.doubled_points = self.doubled_purchases = 0
        self.doubled_cards: set[str] = set()

    def asks_of(self, day: date) -> list[Ask]:
        """Let a day go by; return what is asked for on it, in its order."""
        asks = []
        for bought in self._told.pop(day, []):
            asks.append(bought)
            account = self.accounts[bought.customer]
            self._come_to(account, bought.happened)
            self._buy(account, bought)
            if account.points >= REWARD_POINTS and not is_offline(bought.customer):
                asks.append(bought._replace(cents=None))
                self._take_reward(account, bought.happened)
        return asks

    def shown(self, customer: str, day: date) -> Account:
        """Return an account as it is to be shown on a day; nothing is moved by that."""
        account = deepcopy(self.accounts[customer])
        for last in [last for last in account.good_until if last < day]:
            del account.good_until[last]
        account.member.live_until(day)
        return account

    def close(self) -> None:
        """Let everything end that ends until the last day."""
        for account in self.accounts.values():
            self._come_to(account, LAST_DAY)

    def sums(self, first: date, last: date) -> Sums:
        """Return what was owed and how it moved between two days."""
        before, during, ending = Counter[str](), Counter[str](), Counter[date]()
        for (name, day), points in self.moves.items():
            if day <= last:
                (before if day < first else during)[name] += points
        for (day, end), points in self.ends.items():
            if day <= last:
                ending[end.replace(day=1)] += points
        opening = _owed(before)
        left = {month: points for month, points in ending.items() if points}
        return Sums(opening, during, opening + _owed(during), left, before + during)

    def _come_to(self, account: Account, day: date) -> None:
        for last in sorted(last for last in account.good_until if last < day):
            points = account.good_until.pop(last)
            self._move("expired", account, last + ONE_DAY, last, -points)
        account.member.live_until(day)

    def _buy(self, account: Account, bought: Ask) -> None:
        assert bought.cents is not None
        day, has = bought.happened, account.carry
        base = Fraction(bought.cents * POINTS_PER_DOLLAR, 100)
        tiered = base * FACTORS[TIERS["tiers"][account.member.place][0]]
        is_doubled = self.has_double and DOUBLED[0] <= day <= DOUBLED[1]
        earned = tiered * 2 if is_doubled else tiered
        points = floor(has + earned)
        account.carry = has + earned - points
        account.lifetime += points
        self._move("earned", account, day, _last_good_day(day), points)
        self.moves["bonus", day] += points - floor(has + base)
        if is_doubled:
            self.doubled_points += points - floor(has + tiered)
            self.doubled_purchases += 1
            self.doubled_cards.add(bought.customer)
        account.member.buy(bought.cents)

    def _take_reward(self, account: Account, day: date) -> None:
        left = REWARD_POINTS
        for last in sorted(account.good_until):
            points = min(left, account.good_until[last])
            self._move("redeemed", account, day, last, -points)
            left -= points

    def _move(self, name: str, account: Account, day: date, last: date, points: int) -> None:
        if name != "expired":
            account.good_until[last] += points
        self.moves[name, day] += abs(points)
        self.ends[day, last] += points


def is_offline(customer: str) -> bool:
    """Return whether a customer buys where tills have no line."""
    return int(customer) % 7 == 0


def _owed(moved: Mapping[str, int]) -> int:
    return moved.get("earned", 0) - moved.get("redeemed", 0) - moved.get("expired", 0)


def _last_good_day(day: date) -> date:
    """Return the end of the same month of the next year."""
    return date(day.year + 1, day.month, monthrange(day.year + 1, day.month)[1])
