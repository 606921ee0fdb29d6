"""The purchases of bench/data/CDNOW_master.txt, and what they must add up to.

The sums are made here with integers alone and know nothing of Punchcard: each card holds what all
its cents are worth, rounded down once, because the till carries what a purchase leaves over.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "data" / "CDNOW_master.txt"
POINTS_PER_DOLLAR = 3


@dataclass(frozen=True, slots=True)
class Purchase:
    """One line of the file: whose, on which day (YYYY-MM-DD), for how many cents."""

    line: int
    customer: str
    day: str
    cents: int


@dataclass(frozen=True)
class Purchases:
    """All lines: customers' first days, purchases in the order of days, how many cost nothing."""

    first_days: Mapping[str, str]
    bought: list[Purchase]
    free: int


def read_purchases(path: Path = FILE) -> Purchases:
    """Read the file; a purchase of 0.00 dollars earns nothing and is only counted."""
    lines = path.read_text(encoding="ascii").splitlines()[1:]
    every = [_purchase(number, line) for number, line in enumerate(lines, start=2)]
    first_days: dict[str, str] = {}
    for one in every:
        first_days[one.customer] = min(one.day, first_days.get(one.customer, one.day))
    bought = sorted((one for one in every if one.cents), key=lambda one: one.day)
    return Purchases(first_days, bought, len(every) - len(bought))


def first_customers(purchases: Purchases, number: int) -> Purchases:
    """Return the purchases of so many customers, the first of the file."""
    customers = set(sorted(purchases.first_days)[:number])
    first_days = {one: day for one, day in purchases.first_days.items() if one in customers}
    bought = [one for one in purchases.bought if one.customer in customers]
    return Purchases(first_days, bought, purchases.free)


def _purchase(number: int, line: str) -> Purchase:
    customer, date, _, dollars = line.split()
    whole, cents = dollars.split(".")
    assert len(cents) == 2
    return Purchase(number, customer, f"{date[:4]}-{date[4:6]}-{date[6:]}", int(whole + cents))


def points_by_customer(purchases: Purchases) -> dict[str, int]:
    """Return every customer's points."""
    cents = dict.fromkeys(purchases.first_days, 0)
    for one in purchases.bought:
        cents[one.customer] += one.cents
    return {customer: sum_ * POINTS_PER_DOLLAR // 100 for customer, sum_ in cents.items()}


def points_by_day(purchases: Iterable[Purchase]) -> Counter[str]:
    """Return the points credited on each day: what each purchase moves the rounded total by."""
    cents: defaultdict[str, int] = defaultdict(int)
    days: Counter[str] = Counter()
    for one in purchases:
        before = cents[one.customer]
        cents[one.customer] = after = before + one.cents
        days[one.day] += after * POINTS_PER_DOLLAR // 100 - before * POINTS_PER_DOLLAR // 100
    return days
