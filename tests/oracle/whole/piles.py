"""What a card has of one sort, thing by thing: stamps, or points. Plain and slow."""

from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

Thing = tuple[str, str]
"""The last good day of a stamp or point, and the first while it is pending; "" once it began."""

NEVER = "never"
NO_DATE: Thing = (NEVER, "")


@dataclass
class Pile:
    """Things, or what is owed of them.

    `parts` are how many of each kind came by which event and are there, `ended` how many of what
    came by it have ended and nobody has accounted for.
    """

    things: list[Thing] = field(default_factory=list)
    owed: int = 0
    parts: dict[int, Counter[Thing]] = field(default_factory=dict)
    ended: dict[int, Fraction] = field(default_factory=dict)
    booked: int = 0

    @property
    def active(self) -> list[Thing]:
        """Return what can be spent, the first to end in front."""
        return sorted(thing for thing in self.things if not thing[1])

    @property
    def balance(self) -> int:
        return len(self.active) - self.owed

    @property
    def pending(self) -> int:
        return len(self.things) - len(self.active)

    def lots(self) -> dict[Thing, int]:
        """Return how many things of each kind have a date."""
        return {kind: n for kind, n in Counter(self.things).items() if kind != NO_DATE}

    def put(self, things: Iterable[Thing], number: int | None = None) -> int:
        """Put things here, which repay what is owed first; returns how many stay.

        They are those of the event `number`.
        """
        stay: list[Thing] = []
        for thing in sorted(things):
            if self.owed and not thing[1]:
                self.owed -= 1
            else:
                stay.append(thing)
        self.things += stay
        if number is not None:
            self.parts[number] = Counter(stay)
        return len(stay)

    def take(self, number: int, turn: Callable[[Thing], Any] | None = None) -> list[Thing]:
        """Take things in their turn, and owe what is not there; returns those that were."""
        gone = sorted(self.things, key=turn or by_end)[: max(0, number)]
        self.remove(gone)
        self.owed += max(0, number) - len(gone)
        return gone

    def remove(self, gone: Iterable[Thing]) -> None:
        for thing in gone:
            self.things.remove(thing)

    def bound(self) -> None:
        """Let nothing have a part in more things of a kind than there are."""
        there = Counter(self.things)
        for number, part in self.parts.items():
            self.parts[number] = part & there

    def follow(self, old: Thing, new: Thing, number: int) -> None:
        """Let the parts in things of a kind go where so many of them went."""
        for part in self.parts.values():
            moved = min(part[old], number)
            part[old] -= moved
            part[new] += moved

    def visited(self, end: str) -> None:
        """Put off the end of everything to that of a visit."""
        self.bound()
        for kind, number in sorted(Counter(self.things).items()):
            if kind[0] < end:
                self.follow(kind, (end, kind[1]), number)
                self.remove([kind] * number)
                self.things += [(end, kind[1])] * number

    def pass_to(self, today: date) -> None:
        """Let begin what is pending until then, and end what was good until before."""
        while days := [day for thing in self.things if (day := _due(thing)) <= today.isoformat()]:
            self._change(min(days))

    def _change(self, day: str) -> None:
        begun = {kind: n for kind, n in Counter(self.things).items() if "" < kind[1] <= day}
        for kind, number in sorted(begun.items()):
            self.booked += 1
            self.follow(kind, (kind[0], ""), max(0, number - self.owed))
            self.remove([kind] * number)
            self.put([(kind[0], "")] * number)
            self.bound()
        over = {} if begun else Counter(t for t in self.things if not t[1] and t[0] < day)
        for kind, number in over.items():
            self.booked += 1
            for event, part in self.parts.items():
                self.ended[event] = self.ended.get(event, Fraction(0)) + min(part[kind], number)
                part[kind] = 0
            self.remove([kind] * number)
            self.bound()

    def take_ended(self, number: int, most: Fraction) -> Fraction:
        """Account for what of an event has ended, at most `most`; returns how much that is."""
        ended = min(self.ended.get(number, Fraction(0)), max(most, Fraction(0)))
        self.ended[number] = self.ended.get(number, Fraction(0)) - ended
        return ended


def by_end(thing: Thing) -> Any:
    """Return the turn of what is spent: what ends first, what has no end, what is pending."""
    return bool(thing[1]), thing[0], thing[1]


def own_first(own: Counter[Thing]) -> Callable[[Thing], Any]:
    """Return the turns in which what came as `own` is taken back: that, then what ends first.

    What was pending then may have begun, or a visit have put off its end.
    """
    begins = {kind[1] for kind in own}
    ends = {kind[0] for kind in own if kind[0] != NEVER}

    def turn(thing: Thing) -> Any:
        if thing[1]:
            return (0 if thing[1] in begins else 3), thing[0], thing[1]
        return (1 if thing[0] in ends else 2), thing[0], ""

    return turn


def last_day(expiry: Any, day: date) -> str:
    """Return the last good day of what is collected on `day`."""
    if expiry is None or expiry["kind"] == "never":
        return NEVER
    if expiry["kind"] == "year_end":
        return f"{day.year}-12-31"
    year, month = day.year, day.month
    for _ in range(expiry["months"]):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    longest = monthrange(year, month)[1]
    if expiry["round_to"] == "year_end":
        return f"{year}-12-31"
    ends = longest if expiry["round_to"] == "month_end" else min(day.day, longest)
    return date(year, month, ends).isoformat()


def days_later(day: date, days: int) -> str:
    return (day + timedelta(days=days)).isoformat()


def _due(thing: Thing) -> str:
    """Return the day on which a thing begins or is over."""
    if thing[1]:
        return thing[1]
    return NEVER if thing[0] == NEVER else days_later(date.fromisoformat(thing[0]), 1)
