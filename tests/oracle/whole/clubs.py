"""Which tier a card is in: from the list of what was bought, looked at anew each time."""

from calendar import monthrange
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

Club = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """A tier that a card has: which, from when, until when; `given` is in which year which gave."""

    tier: int = 0
    since: str = ""
    until: str = ""
    given: tuple[tuple[int, int], ...] = ()


@dataclass
class Counted:
    """What a purchase counts, in which month."""

    year: int
    month: int
    amount: int


@dataclass
class Member:
    """A card in a club: its tier, and what counts by the number of the purchase."""

    place: Place = Place()
    bought: dict[int, Counted] = field(default_factory=dict)
    booked: int = 0

    def total(self) -> int:
        """Return all that was ever counted."""
        return sum(one.amount for one in self.bought.values())

    def pass_to(self, club: Club | None, today: date) -> None:
        """Look at the tier on the day after each of its last ones."""
        while self.place.until:
            last = date.fromisoformat(self.place.until)
            if club is None or last + timedelta(days=club["grace"]) >= today:
                return
            day = last + timedelta(days=club["grace"] + 1)
            fits = self._fits(club, day)
            tier = self.place.tier
            to = fits if fits >= tier or club["falls"] == "to_fit" else tier - 1
            since = self.place.since if to == tier else day.isoformat()
            self.booked += 1
            self.place = Place(to, since, _last_day(club, to, day), self.place.given)

    def buy(self, club: Club, number: int, amount: int, day: date) -> bool:
        """Count a purchase; returns whether the tier it is in then gives something."""
        if amount <= 0:
            return False
        self.bought[number] = Counted(day.year, day.month, amount)
        fits, tier = self._fits(club, day), self.place.tier
        until = _last_day(club, fits, day)
        if fits == tier:
            if not until or not self.place.until or until <= self.place.until:
                return False
            since = self.place.since or day.isoformat()
        elif fits > tier:
            since = day.isoformat()
        else:
            return False
        given = dict(self.place.given)
        gives = bool(club["tiers"][fits][2]) and given.get(fits, 0) < day.year
        if gives:
            given[fits] = day.year
        self.place = Place(fits, since, until, tuple(sorted(given.items())))
        return gives

    def take_back(self, club: Club, number: int, left: int, day: date) -> None:
        """Let only `left` count of a purchase; without a date a tier may be gone by that."""
        if number not in self.bought or self.bought[number].amount == left:
            return
        self.bought[number].amount = left
        if club["window"] != "lifetime" or club["falls"] == "never":
            return
        fits, tier = self._fits(club, day), self.place.tier
        if fits < tier:
            to = fits if club["falls"] == "to_fit" else tier - 1
            self.place = replace(self.place, tier=to, since=day.isoformat())

    def _fits(self, club: Club, day: date) -> int:
        has = sum(one.amount for one in self.bought.values() if _is_in(club, one, day))
        return max(place for place, tier in enumerate(club["tiers"]) if tier[0] <= has)


def higher(own: Place, other: Place) -> Place:
    """Return the higher of two tiers, of equal ones the one that lasts longer."""
    given = dict(own.given)
    for tier, year in other.given:
        given[tier] = max(year, given.get(tier, 0))
    best = own
    if _rank(other) > _rank(own) or own == Place():
        best = other if other != Place() else own
    return replace(best, given=tuple(sorted(given.items())))


def _rank(place: Place) -> tuple[int, bool, str]:
    return place.tier, not place.until, place.until


def _is_in(club: Club, one: Counted, day: date) -> bool:
    months = (day.year - one.year) * 12 + day.month - one.month
    if club["window"] == "lifetime":
        return True
    if club["window"] == "calendar_year":
        return one.year == day.year and months >= 0
    return 0 <= months < 12


def _last_day(club: Club, tier: int, day: date) -> str:
    if tier == 0 or club["window"] == "lifetime" or club["falls"] == "never":
        return ""
    year, month = day.year, 12 if club["window"] == "calendar_year" else day.month
    for _ in range(club["holds"]):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return date(year, month, monthrange(year, month)[1]).isoformat()
