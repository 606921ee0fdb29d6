"""What a card of points holds after a list of events, point by point. Plain and slow.

Shares no code with the rules: a point is an object, a debt is a number of points that do not exist,
and the part of a point is a fraction. A program is a plain dict:

- `zone`, `per_unit` and `per_amount_minor` (points for so much), `minimum_purchase_minor`,
  `minimum_redemption_points`, `void_policy`: clamp, allow_negative or refuse;
- `expiry`: None, or `kind` (never, fixed, inactivity, year_end), `months` and `round_to` (day,
  month_end, year_end);
- `activation_days` and `grace_days`.

An event is a dict as well: `ask` (earn, redeem, adjust, void, refund, book), `happened` and
`recorded`; `amount_minor` or `points`; for a void and a refund `of`, the number of the event that
it is about.
"""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

Program = dict[str, Any]
Event = dict[str, Any]

NEVER = date.max
ONE_DAY = timedelta(days=1)


class Refused(Exception):
    """The event is not taken; its text is the code of the refusal."""


@dataclass
class Point:
    """One point: its last good day, and the day it can be spent from while it is pending."""

    good_until: date
    pending_until: date | None = None


@dataclass
class Deed:
    """What an event that was taken did: what its void or its refunds must know."""

    ask: str
    value: Fraction = Fraction(0)
    whole: int = 0
    amount_minor: int = 0
    good_until: date = NEVER
    pending_until: date | None = None
    gone: list[Point] = field(default_factory=list)
    is_voided: bool = False
    refunded_minor: int = 0
    has_lot: bool = False
    share: dict[Any, int] = field(default_factory=dict)
    ended: Fraction = Fraction(0)

    def take_ended(self, value: Fraction) -> Fraction:
        """Account for what of `value` has ended; return how much that is."""
        ended = min(self.ended, max(value, Fraction(0)))
        self.ended -= ended
        return ended


@dataclass
class Booked:
    """What began or ended by itself: how many points, and on which day."""

    what: str
    points: int
    day: date


class Card:
    """A card that lives through events of its program, one after the other."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.points: list[Point] = []
        self.owed = 0
        self.carry = Fraction(0)
        self.forgiven = Fraction(0)
        self.lifetime_points = 0
        self.deeds: dict[int, Deed] = {}
        self.booked: list[Booked] = []

    @property
    def active(self) -> list[Point]:
        """Return the points that can be spent, those that end first in front."""
        return sorted((p for p in self.points if not p.pending_until), key=lambda p: p.good_until)

    @property
    def balance(self) -> int:
        return len(self.active) - self.owed

    @property
    def pending(self) -> int:
        return len(self.points) - len(self.active)

    def lots(self) -> dict[tuple[str, str], int]:
        """Return how many points there are of each (last good day, first good day)."""
        found: dict[tuple[str, str], int] = {}
        for point in self.points:
            begins = point.pending_until.isoformat() if point.pending_until else ""
            ends = "never" if point.good_until == NEVER else point.good_until.isoformat()
            if begins or ends != "never":
                found[ends, begins] = found.get((ends, begins), 0) + 1
        return found

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.program["zone"])).date()

    def live(self, number: int, event: Event) -> str:
        """Take the event of this number; return "done" or the code of the refusal."""
        before = self._kept()
        try:
            if event["ask"] == "book":
                self._book_until(event)
            else:
                self._end_and_begin(self.day_of(event["happened"]))
                self.deeds[number] = getattr(self, "_" + event["ask"])(event)
        except Refused as refusal:
            self._restore(before)
            return str(refusal)
        return "done"

    def _kept(self) -> dict[str, Any]:
        points = [Point(p.good_until, p.pending_until) for p in self.points]
        told = [(deed, dict(deed.share), deed.ended) for deed in self.deeds.values()]
        return {
            **self.__dict__,
            "points": points,
            "booked": list(self.booked),
            "told": told,
        }

    def _restore(self, kept: dict[str, Any]) -> None:
        for deed, share, ended in kept.pop("told"):
            deed.share, deed.ended = share, ended
        self.__dict__.update(kept)

    def _bound_shares(self) -> None:
        """Let no deed have a part in more points of a kind than there are of it."""
        there: dict[Any, int] = {}
        for point in self.points:
            there[_kind(point)] = there.get(_kind(point), 0) + 1
        for deed in self.deeds.values():
            deed.share = {
                kind: min(number, there.get(kind, 0)) for kind, number in deed.share.items()
            }

    def _follow(self, old: Any, new: Any, number: int) -> None:
        """Let the parts that deeds have in points of a kind go where the points went."""
        for deed in self.deeds.values():
            moved = min(deed.share.get(old, 0), number)
            if moved:
                deed.share[old] -= moved
                deed.share[new] = deed.share.get(new, 0) + moved

    def _last_good_day(self, day: date) -> date:
        expiry = self.program["expiry"]
        if expiry is None or expiry["kind"] == "never":
            return NEVER
        if expiry["kind"] == "year_end":
            return day.replace(month=12, day=31)
        end = day
        for _ in range(expiry["months"]):
            end = end.replace(day=1) + timedelta(days=monthrange(end.year, end.month)[1])
        longest = monthrange(end.year, end.month)[1]
        end = end.replace(day=min(day.day, longest))
        if expiry["round_to"] == "month_end":
            end = end.replace(day=longest)
        return end.replace(month=12, day=31) if expiry["round_to"] == "year_end" else end

    def _book_until(self, event: Event) -> None:
        count = len(self.booked)
        self._end_and_begin(self.day_of(event["until"]))
        if len(self.booked) == count:
            raise Refused("nothing_due")

    def _end_and_begin(self, today: date) -> None:
        """Let begin what is pending until today or before, and end what was good until before."""
        while days := [day for point in self.points if (day := _due(point)) <= today]:
            self._change(min(days))

    def _change(self, day: date) -> None:
        begun = [p for p in self.points if p.pending_until and p.pending_until <= day]
        for kind in sorted({_kind(point) for point in begun}):
            there = [point for point in begun if _kind(point) == kind]
            came = max(0, len(there) - self.owed)
            self._follow(kind, (kind[0], None), came)
            for point in there:
                self.booked.append(Booked("points_activated", 1, day))
                point.pending_until = None
                self._repay(point)
            self._bound_shares()
        if begun:
            return
        for point in [p for p in self.active if p.good_until < day]:
            self.booked.append(Booked("points_expired", 1, day))
            self.points.remove(point)
            for deed in self.deeds.values():
                gone = min(1, deed.share.get(_kind(point), 0))
                deed.ended += gone
                if gone:
                    deed.share[_kind(point)] -= 1
        self._bound_shares()

    def _repay(self, point: Point) -> None:
        """Let a point that is on the card repay one that is owed."""
        if self.owed:
            self.owed -= 1
            self.points = [p for p in self.points if p is not point]

    def _put(self, point: Point) -> None:
        self.points.append(point)
        if not point.pending_until:
            self._repay(point)

    def _visited(self, day: date) -> None:
        """Let a visit put off the end of all that counts from the last one."""
        expiry = self.program["expiry"]
        self._bound_shares()
        if expiry and expiry["kind"] == "inactivity":
            end = self._last_good_day(day)
            for kind in sorted({_kind(p) for p in self.points if p.good_until < end}, key=str):
                there = [point for point in self.points if _kind(point) == kind]
                self._follow(kind, (end, kind[1]), len(there))
                for point in there:
                    point.good_until = end

    def _earn(self, event: Event) -> Deed:
        if event["amount_minor"] < self.program["minimum_purchase_minor"]:
            raise Refused("purchase_below_minimum")
        day = self.day_of(event["happened"])
        wait = self.program["activation_days"]
        deed = Deed("earn", self._worth(event["amount_minor"]))
        deed.amount_minor = event["amount_minor"]
        deed.good_until = self._last_good_day(day)
        deed.pending_until = day + timedelta(days=wait) if wait else None
        deed.whole = floor(self.carry + deed.value)
        self.carry += deed.value - deed.whole
        self.lifetime_points += deed.whole
        before = len(self.points)
        for _ in range(deed.whole):
            self._put(Point(deed.good_until, deed.pending_until))
        deed.has_lot = len(self.points) > before
        deed.share = {(deed.good_until, deed.pending_until): len(self.points) - before}
        self._visited(day)
        return deed

    def _worth(self, amount_minor: int) -> Fraction:
        """Return what a purchase that comes to so much earns, to the fraction."""
        if amount_minor < self.program["minimum_purchase_minor"]:
            return Fraction(0)
        return Fraction(amount_minor * self.program["per_unit"], self.program["per_amount_minor"])

    def _redeem(self, event: Event) -> Deed:
        if event["points"] < self.program["minimum_redemption_points"]:
            raise Refused("redemption_below_minimum")
        if event["points"] > self.balance:
            raise Refused("not_enough_points")
        day = self.day_of(event["happened"])
        spent = self.active[: event["points"]]
        assert all(point.good_until >= day for point in spent)
        self._remove(spent)
        gone = [Point(point.good_until) for point in spent]
        self._visited(day)
        return Deed("redeem", whole=event["points"], gone=gone)

    def _adjust(self, event: Event) -> Deed:
        points = event["points"]
        if points < 0 and self.balance + points < 0:
            raise Refused("not_enough_points")
        self._remove(self.active[: max(0, -points)])
        for _ in range(points):
            self._put(Point(self._last_good_day(self.day_of(event["happened"]))))
        return Deed("adjust")

    def _void(self, event: Event) -> Deed:
        deed = self.deeds[event["of"]]
        if deed.is_voided:
            raise Refused("already_voided")
        if deed.ask not in ("earn", "redeem"):
            raise Refused("not_voidable")
        if deed.refunded_minor:
            raise Refused("purchase_refunded")
        if deed.ask == "earn":
            self._take_back(deed, deed.value - deed.take_ended(deed.value))
            self.lifetime_points -= deed.whole
        else:
            self._give_back(deed, self.day_of(event["happened"]))
        deed.is_voided = True
        return Deed("void")

    def _refund(self, event: Event) -> Deed:
        deed = self.deeds[event["of"]]
        if deed.is_voided:
            raise Refused("already_voided")
        if deed.ask != "earn":
            raise Refused("not_refundable")
        left = deed.amount_minor - deed.refunded_minor
        rest = left - event["amount_minor"]
        if rest < 0:
            raise Refused("refund_exceeds_purchase")
        value = self._worth(left) - self._worth(rest)
        self._take_back(deed, value - deed.take_ended(value))
        counted = deed.whole if not deed.refunded_minor else self._counted(deed, left)
        self.lifetime_points += self._counted(deed, rest) - counted
        deed.refunded_minor += event["amount_minor"]
        return Deed("refund")

    def _counted(self, deed: Deed, left_minor: int) -> int:
        """Return the whole points that what is left of a purchase counts as ever earned."""
        return min(deed.whole, floor(self._worth(left_minor)))

    def _take_back(self, deed: Deed, value: Fraction) -> None:
        """Take back what was earned: what is its own, then what ends first, then other pending."""
        has = self.balance + self.pending + self.carry
        reach = max(has, Fraction(0))
        if value > reach and self.program["void_policy"] == "refuse":
            raise Refused("not_enough_points")
        if value > reach and self.program["void_policy"] == "clamp":
            self.forgiven += value - reach
            value = reach
        left = has - value
        number = floor(has) - floor(left)
        self.carry = left - floor(left)
        gone = sorted(self.points, key=lambda point: _turn(point, deed))[:number]
        self._remove(gone)
        self.owed += number - len(gone)

    def _give_back(self, deed: Deed, today: date) -> None:
        """Give back what was spent, less what was forgiven, with its dates or days of grace."""
        back = max(Fraction(0), deed.whole - self.forgiven)
        self.forgiven -= deed.whole - back
        has = self.balance + self.carry + back
        number = floor(has) - self.balance
        self.carry = has - floor(has)
        soonest = today + timedelta(days=self.program["grace_days"])
        by_end = sorted(deed.gone, key=lambda p: p.good_until)
        for point in by_end[len(by_end) - number :]:
            self._put(Point(max(point.good_until, soonest)))

    def _remove(self, gone: list[Point]) -> None:
        out = {id(point) for point in gone}
        self.points = [point for point in self.points if id(point) not in out]


def _due(point: Point) -> date:
    """Return the day on which a point begins or is over."""
    if point.pending_until:
        return point.pending_until
    return NEVER if point.good_until == NEVER else point.good_until + ONE_DAY


def _kind(point: Point) -> Any:
    """Return what points that nobody can tell apart have in common."""
    return point.good_until, point.pending_until


def _turn(point: Point, deed: Deed) -> tuple[Any, ...]:
    """Return a key by which points stand in the order in which a void of `deed` takes them."""
    is_pending = point.pending_until is not None
    if deed.has_lot and is_pending and point.pending_until == deed.pending_until:
        group = 0
    elif deed.has_lot and not is_pending and point.good_until == deed.good_until:
        group = 1
    else:
        group = 3 if is_pending else 2
    return group, point.good_until, point.pending_until or date.min
