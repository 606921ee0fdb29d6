"""Which tier a card is in, worked out day by day from the list of what was bought. Plain and slow.

Shares no code with the rules: it keeps no sums, and looks at every purchase again each day. A plan
is a plain dict: `tiers`, pairs of a name and what it takes, the lowest first; `window`, `holds`
months, `grace` days, `falls`.
"""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

Plan = dict[str, Any]


@dataclass
class Bought:
    """A purchase: when, for how much, whether it still counts, and what of it was paid back."""

    day: date
    amount: int
    is_voided: bool = False
    refunded: int = 0


@dataclass
class Member:
    """Somebody with a card, on the day they got it."""

    plan: Plan
    today: date
    bought: list[Bought] = field(default_factory=list)
    place: int = 0
    until: date | None = None
    gifts: list[tuple[int, int]] = field(default_factory=list)

    def live_until(self, day: date) -> None:
        """Let the days go by, and at the end of each look whether a tier is over."""
        while self.today < day:
            if self.until and self.today == self.until + timedelta(days=self.plan["grace"]):
                self.today += timedelta(days=1)
                self._come_to_date()
            else:
                self.today += timedelta(days=1)

    def buy(self, amount: int) -> None:
        """Buy something today."""
        self.bought.append(Bought(self.today, amount))
        fits = self._fits()
        if fits > self.place:
            self.place, self.until = fits, self._last_day()
        elif fits == self.place and self.until and self._last_day() > self.until:
            self.until = self._last_day()
        else:
            return
        if (self.place, self.today.year) not in self.gifts:
            self.gifts.append((self.place, self.today.year))

    def give_back(self, number: int) -> None:
        """Take a purchase back that was made by mistake."""
        self.bought[number].is_voided = True
        self._count_less()

    def pay_back(self, number: int, amount: int) -> None:
        """Get a part of the money back that a purchase counted by."""
        self.bought[number].refunded += amount
        self._count_less()

    def counts(self) -> int:
        """Return what counts today."""
        there = [one for one in self.bought if not one.is_voided and self._is_in(one.day)]
        return sum(one.amount - one.refunded for one in there)

    def _count_less(self) -> None:
        if self.plan["window"] == "lifetime" and self.plan["falls"] != "never":
            self._fall_to(self._fits())

    def _is_in(self, day: date) -> bool:
        if self.plan["window"] == "lifetime":
            return True
        if self.plan["window"] == "calendar_year":
            return day.year == self.today.year and day <= self.today
        months = (self.today.year - day.year) * 12 + self.today.month - day.month
        return 0 <= months < 12

    def _fits(self) -> int:
        has = self.counts()
        return max(place for place, (_, takes) in enumerate(self.plan["tiers"]) if takes <= has)

    def _come_to_date(self) -> None:
        fits = self._fits()
        if fits >= self.place:
            self.place = fits
        else:
            self._fall_to(fits)
        self.until = self._last_day() if self.place else None

    def _fall_to(self, fits: int) -> None:
        if fits < self.place:
            self.place = fits if self.plan["falls"] == "to_fit" else self.place - 1

    def _last_day(self) -> Any:
        """Return the last day of a tier that is reached today."""
        if self.plan["window"] == "lifetime" or self.plan["falls"] == "never":
            return None
        year, month = self.today.year, self.today.month
        if self.plan["window"] == "calendar_year":
            month = 12
        for _ in range(self.plan["holds"]):
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        return date(year, month, monthrange(year, month)[1])
