"""What a purchase earns: its base, the factor of a tier, and what promotions add."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Any
from zoneinfo import ZoneInfo

Promotion = dict[str, Any]


@dataclass(frozen=True)
class Purchase:
    """What was bought: when, for how much (None: nobody said), with how many stamps by itself."""

    at: datetime
    amount_minor: int | None
    stamps: int
    items: frozenset[str] = frozenset()
    place: int | None = None
    tier: int | None = None


@dataclass(frozen=True)
class Terms:
    """By what a purchase earns, kept with it: the program's rate, the factor, the promotions."""

    rate: Fraction
    minimum_minor: int
    factor: Fraction = Fraction(1)
    promotions: tuple[tuple[int, Promotion], ...] = ()

    def shares(self, amount_minor: int) -> list[Fraction]:
        """Return the points of the base, of the tier, and of each promotion, to the fraction."""
        counts = amount_minor > 0 and amount_minor >= self.minimum_minor
        base = amount_minor * self.rate if counts else Fraction(0)
        tiered = base * self.factor
        found = [base, tiered - base]
        for _, one in self.promotions:
            is_for = counts and amount_minor >= one["minimum_minor"]
            share = tiered * (one["factor"] - 1) + one["points"] if is_for else Fraction(0)
            found.append(share)
        return found

    def worth(self, amount_minor: int) -> Fraction:
        """Return the points of a purchase that comes to so much, to the fraction."""
        return sum(self.shares(amount_minor), Fraction(0))

    def whole_parts(self, amount_minor: int, carry: Fraction) -> list[int]:
        """Return how many whole points each share brings, one after the other."""
        sums, before = [], floor(carry)
        for share in self.shares(amount_minor):
            carry += share
            sums.append(floor(carry) - before)
            before = floor(carry)
        return sums

    @property
    def stamps(self) -> int:
        """Return the stamps that promotions add."""
        return sum(one["stamps"] for _, one in self.promotions)


@dataclass
class Fair:
    """The promotions of a shop, and what they have given so far."""

    promotions: list[Promotion]
    zone: ZoneInfo
    points: dict[int, int] = field(default_factory=dict)
    stamps: dict[int, int] = field(default_factory=dict)

    def terms(self, plain: Terms, purchase: Purchase, uses: Mapping[tuple[int, str], int]) -> Terms:
        """Return by what a purchase earns that would otherwise be by `plain`."""
        tiered = (purchase.amount_minor or 0) * plain.rate * plain.factor
        has_points = (purchase.amount_minor or 0) >= max(1, plain.minimum_minor)
        gets = []
        for place, one in enumerate(self.promotions):
            if not (purchase.stamps if one["stamps"] else has_points):
                continue
            if not _is_for(one, purchase) or not is_on(one, purchase.at, self.zone):
                continue
            limit = one["limit"]
            if limit and uses.get((place, self.period(one, purchase.at)), 0) >= limit[0]:
                continue
            share = _share(one, tiered)
            if one["budget"] is not None and ceil(share) > self._left(place):
                continue
            gets.append((place, one, share))
        chosen = [(place, one) for place, one, _ in gets if not one["is_best"]]
        for gives_stamps in (False, True):
            rivals = [g for g in gets if g[1]["is_best"] and bool(g[1]["stamps"]) is gives_stamps]
            if rivals:
                most = max(share for _, _, share in rivals)
                chosen.append(next((p, one) for p, one, share in rivals if share == most))
        return Terms(plain.rate, plain.minimum_minor, plain.factor, tuple(sorted(chosen, key=_of)))

    def period(self, one: Promotion, at: datetime) -> str:
        """Return the period of a limit that a moment lies in."""
        day = at.astimezone(self.zone).date()
        monday = day - timedelta(days=day.weekday())
        return {"day": day.isoformat(), "week": monday.isoformat()}.get(one["limit"][1], "ever")

    def give(self, place: int, points: int, stamps: int) -> None:
        self.points[place] = self.points.get(place, 0) + points
        self.stamps[place] = self.stamps.get(place, 0) + stamps

    def _left(self, place: int) -> int:
        given = self.points.get(place, 0) + self.stamps.get(place, 0)
        budget: int = self.promotions[place]["budget"]
        return budget - given


def is_on(one: Promotion, at: datetime, zone: ZoneInfo) -> bool:
    """Return whether a promotion is on, by the clock on the shop's wall."""
    wall = at.astimezone(zone).replace(tzinfo=None)
    if one["window"] is None:
        return _has(one, wall.date())
    begins, ends = (_minutes(text) for text in one["window"])
    for began in (wall.date(), wall.date() - timedelta(days=1)):
        midnight = datetime.combine(began, time())
        until = ends if ends > begins else ends + 24 * 60
        opens, closes = (midnight + timedelta(minutes=m) for m in (begins, until))
        if opens <= wall < closes and _has(one, began) and began.isoweekday() in one["weekdays"]:
            return True
    return False


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _has(one: Promotion, day: date) -> bool:
    return bool(one["starts_on"] <= day <= one["ends_on"])


def _is_for(one: Promotion, purchase: Purchase) -> bool:
    if one["minimum_minor"] > (purchase.amount_minor or 0):
        return False
    if one["places"] and purchase.place not in one["places"]:
        return False
    if one["tiers"] and purchase.tier not in one["tiers"]:
        return False
    return not one["items"] or bool(set(one["items"]) & purchase.items)


def _share(one: Promotion, tiered: Fraction) -> Fraction:
    return (
        Fraction(one["stamps"]) if one["stamps"] else tiered * (one["factor"] - 1) + one["points"]
    )


def _of(pair: Iterable[Any]) -> Any:
    return next(iter(pair))
