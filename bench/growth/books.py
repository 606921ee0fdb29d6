"""What the purchases of the file must come to with dates, tiers and a month that counts double.

A bookkeeper with paper and pencil: shares no code with the rules, and asks the second opinion of
`tests/oracle` for tiers. A point is good for twelve months and to the end of that month. What was
spent in this month and the eleven before it makes a tier, which is kept for six months, and a
fortnight of grace. Who has enough for the reward after a purchase takes it at once, but for two
kinds of customers: the tills where every seventh buys are offline, and what happens there is told
two days later; and of what every other seventh buys, every third purchase was a mistake, which is
taken back on the day after it. Of what the others buy some comes back, in part or whole
(`refunds.py`), also what was spent by then: who has too little owes the rest, and whose points have
ended owes nothing for them.
"""

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum, auto
from fractions import Fraction
from math import floor
from typing import NamedTuple

from bench.growth.refunds import paid_back
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


class Deed(Enum):
    """What a customer does."""

    BUYS = auto()
    TAKES_REWARD = auto()
    TAKES_BACK = auto()
    IS_PAID_BACK = auto()


class Ask(NamedTuple):
    """What happened, and when; `line` is that of the purchase in the file, `cents` the money."""

    deed: Deed
    customer: str
    happened: date
    line: int
    cents: int


class Sums(NamedTuple):
    """What a program owes before `first` and after `last`, and how it moved from one to the other.

    `ending` is what ends by the first day of the month it ends in, and under None what is owed,
    less than nothing; `ever` all movements until then.
    """

    opening: int
    moved: Mapping[str, int]
    closing: int
    ending: Mapping[date | None, int]
    ever: Mapping[str, int]


@dataclass
class Bought:
    """What a purchase gave, to the part of a point, and its place among those of the customer.

    `stayed` of its points repaid nothing. Of those `there` are not spent, as far as can be told,
    and `ended` were not before they ended. `cents` of `paid` were not paid back.
    """

    earned: Fraction
    points: int
    bonus: int
    doubled: int | None
    last: date
    place: int
    paid: int
    cents: int
    stayed: int
    there: int
    ended: Fraction = Fraction(0)

    def worth(self, cents: int) -> Fraction:
        """Return what so many cents of it gave."""
        return self.earned * cents / self.paid

    def whole(self, cents: int) -> int:
        """Return how many points of it count as ever earned when so many cents are left."""
        return self.points if cents == self.paid else min(self.points, floor(self.worth(cents)))


@dataclass
class Account:
    """A customer's points by the last day they are good, what is less than one, and their tier.

    `owed` is what was taken back and had been spent.
    """

    member: Member
    carry: Fraction = Fraction(0)
    lifetime: int = 0
    good_until: Counter[date] = field(default_factory=Counter)
    owed: int = 0
    bought: list[Bought] = field(default_factory=list)

    @property
    def points(self) -> int:
        return self.good_until.total() - self.owed

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
            bought = Ask(Deed.BUYS, one.customer, day, one.line, one.cents)
            self._told[told].append(bought)
            if _is_mistake(bought):
                undone = bought._replace(deed=Deed.TAKES_BACK, happened=day + ONE_DAY)
                self._told[undone.happened].append(undone)
            if not _errs(one.customer):
                for later, cents in paid_back(one):
                    back = Ask(Deed.IS_PAID_BACK, one.customer, day + later, one.line, cents)
                    self._told[back.happened].append(back)
        self.moves: Counter[tuple[str, date]] = Counter()
        self.ends: Counter[tuple[date, date | None]] = Counter()
        self.doubled_points = 0
        self.doubled_cards: Counter[str] = Counter()
        self._bought: dict[int, Bought] = {}

    def asks_of(self, day: date) -> list[Ask]:
        """Let a day go by; return what is asked for on it, in its order."""
        asks = []
        for one in self._told.pop(day, []):
            asks.append(one)
            account = self.accounts[one.customer]
            self._come_to(account, one.happened)
            if one.deed is not Deed.BUYS:
                back = self._take_back if one.deed is Deed.TAKES_BACK else self._pay_back
                back(account, one)
                continue
            self._buy(account, one)
            if account.points >= REWARD_POINTS and not (
                is_offline(one.customer) or _errs(one.customer)
            ):
                asks.append(one._replace(deed=Deed.TAKES_REWARD))
                self._take(account, "redeemed", one.happened, REWARD_POINTS)
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
        before, during, ending = Counter[str](), Counter[str](), Counter[date | None]()
        for (name, day), points in self.moves.items():
            if day <= last:
                (before if day < first else during)[name] += points
        for (day, end), points in self.ends.items():
            if day <= last:
                ending[end and end.replace(day=1)] += points
        opening = _owed(before)
        left = {month: points for month, points in ending.items() if points}
        return Sums(opening, during, opening + _owed(during), left, before + during)

    def _come_to(self, account: Account, day: date) -> None:
        for last in sorted(last for last in account.good_until if last < day):
            self._move("expired", account, last + ONE_DAY, last, -account.good_until[last])
            del account.good_until[last]
            for bought in account.bought:
                if bought.last == last:
                    bought.ended += bought.there
                    bought.there = 0
        account.member.live_until(day)

    def _buy(self, account: Account, ask: Ask) -> None:
        day, has = ask.happened, account.carry
        base = Fraction(ask.cents * POINTS_PER_DOLLAR, 100)
        tiered = base * FACTORS[TIERS["tiers"][account.member.place][0]]
        is_doubled = self.has_double and DOUBLED[0] <= day <= DOUBLED[1]
        earned = tiered * 2 if is_doubled else tiered
        points, last = floor(has + earned), _last_good_day(day)
        account.carry = has + earned - points
        account.lifetime += points
        bonus = points - floor(has + base)
        doubled = points - floor(has + tiered) if is_doubled else None
        repays = min(points, account.owed)
        stays = points - repays
        self._bought[ask.line] = bought = Bought(
            earned=earned,
            points=points,
            bonus=bonus,
            doubled=doubled,
            last=last,
            place=len(account.member.bought),
            paid=ask.cents,
            cents=ask.cents,
            stayed=stays,
            there=stays,
        )
        account.bought.append(bought)
        self._move("earned", account, day, None, repays)
        self._move("earned", account, day, last, stays)
        self.moves["bonus", day] += bonus
        self._count_doubled(ask.customer, doubled, 1)
        account.member.buy(ask.cents)

    def _take_back(self, account: Account, ask: Ask) -> None:
        """Take back what a purchase earned: points that end with it, then what ends first."""
        bought, day = self._bought[ask.line], ask.happened
        account.lifetime -= bought.points
        self._take_off(account, "earned", day, bought, bought.earned)
        self.moves["bonus", day] -= bought.bonus
        self._count_doubled(ask.customer, bought.doubled, -1)
        account.member.give_back(bought.place)

    def _pay_back(self, account: Account, ask: Ask) -> None:
        """Take back what some of the money earned, less what of it has ended; nothing is freed."""
        bought = self._bought[ask.line]
        left = bought.cents - ask.cents
        value = bought.worth(bought.cents) - bought.worth(left)
        account.lifetime -= bought.whole(bought.cents) - bought.whole(left)
        ended = min(bought.ended, value)
        bought.ended -= ended
        bought.cents = left
        self._take_off(account, "refunded", ask.happened, bought, value - ended)
        account.member.pay_back(bought.place, ask.cents)

    def _take_off(
        self, account: Account, name: str, day: date, bought: Bought, value: Fraction
    ) -> None:
        left = account.points + account.carry - value
        points = account.points - floor(left)
        account.carry = left - floor(left)
        self._take(account, name, day, points, own=bought.last if bought.stayed else None)

    def _count_doubled(self, customer: str, points: int | None, sign: int) -> None:
        if points is not None:
            self.doubled_points += sign * points
            self.doubled_cards[customer] += sign

    def _take(
        self, account: Account, name: str, day: date, points: int, own: date | None = None
    ) -> None:
        for last in sorted(account.good_until, key=lambda last: (last != own, last)):
            taken = min(points, account.good_until[last])
            self._move(name, account, day, last, -taken)
            points -= taken
        self._move(name, account, day, None, -points)
        for bought in account.bought:
            bought.there = min(bought.there, account.good_until[bought.last])

    def _move(self, name: str, account: Account, day: date, last: date | None, points: int) -> None:
        """Let points come that are good until `last`, or less than nothing go; None: are owed."""
        if last is None:
            account.owed -= points
        else:
            account.good_until[last] += points
        self.moves[name, day] += points if name == "earned" else -points
        self.ends[day, last] += points


def is_offline(customer: str) -> bool:
    """Return whether a customer buys where tills have no line."""
    return int(customer) % 7 == 0


def _errs(customer: str) -> bool:
    return int(customer) % 7 == 1


def _is_mistake(bought: Ask) -> bool:
    return _errs(bought.customer) and bought.line % 3 == 0


def _owed(moved: Mapping[str, int]) -> int:
    gone = sum(moved.get(name, 0) for name in ("redeemed", "expired", "refunded"))
    return moved.get("earned", 0) - gone


def _last_good_day(day: date) -> date:
    """Return the end of the same month of the next year."""
    return date(day.year + 1, day.month, monthrange(day.year + 1, day.month)[1])
