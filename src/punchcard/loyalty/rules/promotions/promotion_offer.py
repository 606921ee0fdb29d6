"""A promotion as the rules see it, and whether it is on at a moment."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from punchcard.kit.ids import LocationId, PromotionId
from punchcard.loyalty.vocabulary import EffectKind, LimitPeriod, Stacking

DAY_MINUTES: Final = 24 * 60


class Window(NamedTuple):
    """A part of the day, on some days of the week (1 is Monday), as the shop's clock shows it.

    `begins` and `ends` are minutes after midnight; it lasts until just before `ends`. One that
    ends before it begins lasts over midnight, and belongs to the day on which it began.
    """

    weekdays: frozenset[int]
    begins: int
    ends: int

    def day_of(self, day: date, minute: int) -> date | None:
        """Return the day whose window this minute of `day` lies in; None for none."""
        if self.begins < self.ends:
            is_within, began = self.begins <= minute < self.ends, day
        else:
            is_within = not self.ends <= minute < self.begins
            began = day if minute >= self.begins else day - timedelta(days=1)
        return began if is_within and began.isoweekday() in self.weekdays else None


class PromotionOffer(NamedTuple):
    """What a promotion gives, and when and to which purchases and cards.

    Empty sets ask for nothing. `has_budget` says that it gives only so much, `ended_at` when it was
    ended by hand. A card gets something of it at most `limit_times` a `limit_per`; None: always.
    """

    id: PromotionId
    version: int
    kind: EffectKind
    factor: Fraction = Fraction(1)
    points: int = 0
    stamps: int = 0
    starts_on: date | None = None
    ends_on: date | None = None
    windows: tuple[Window, ...] = ()
    location_ids: frozenset[LocationId] = frozenset()
    tier_keys: frozenset[str] = frozenset()
    items: frozenset[str] = frozenset()
    minimum_purchase_minor: int = 0
    limit_times: int | None = None
    limit_per: LimitPeriod = LimitPeriod.CARD
    has_budget: bool = False
    is_best: bool = True
    ended_at: datetime | None = None
    name: str = ""

    @property
    def gives_stamps(self) -> bool:
        """Return whether it adds stamps; otherwise it adds points."""
        return self.kind == EffectKind.ADD_STAMPS

    def is_on(self, at: datetime, zone: ZoneInfo) -> bool:
        """Return whether it is on at `at`, on its days and in its windows by the clock of `zone`.

        Where the clocks go back an hour is there twice, where they go forward it is left out.
        """
        if self.ended_at is not None and at >= self.ended_at:
            return False
        if not self.windows and self.starts_on is None and self.ends_on is None:
            return True
        local = at.astimezone(zone)
        day = local.date()
        if not self.windows:
            return self._has_day(day)
        minute = local.hour * 60 + local.minute
        days = (window.day_of(day, minute) for window in self.windows)
        return any(began is not None and self._has_day(began) for began in days)

    def takes(self, location_id: LocationId | None, tier: str | None) -> bool:
        """Return whether it is for purchases at this location, by cards of this tier."""
        is_here = not self.location_ids or location_id in self.location_ids
        return is_here and (not self.tier_keys or tier in self.tier_keys)

    def period_of(self, day: date) -> str:
        """Return the period that `day` lies in, in which the limit of a card counts."""
        if self.limit_per == LimitPeriod.DAY:
            return day.isoformat()
        if self.limit_per == LimitPeriod.WEEK:
            year, week, _ = day.isocalendar()
            return f"{year}-W{week:02d}"
        return "card"

    def _has_day(self, day: date) -> bool:
        has_begun = self.starts_on is None or self.starts_on <= day
        return has_begun and (self.ends_on is None or day <= self.ends_on)


def minutes_of(text: str) -> int:
    """Return the minutes after midnight of a time such as "16:30"; "24:00" is the day's end."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def promotion_of(kept: Mapping[str, Any]) -> PromotionOffer:
    """Return the promotion that a document with the fields of the API describes."""
    effect, limit = kept["effect"], kept.get("limit") or {}
    return PromotionOffer(
        id=PromotionId(kept["id"]),
        version=kept["version"],
        kind=EffectKind(effect["kind"]),
        factor=Fraction(effect.get("factor") or 1),
        points=effect.get("points") or 0,
        stamps=effect.get("stamps") or 0,
        starts_on=kept.get("starts_on"),
        ends_on=kept.get("ends_on"),
        windows=tuple(_window(window) for window in kept.get("windows") or ()),
        location_ids=frozenset(kept.get("location_ids") or ()),
        tier_keys=frozenset(kept.get("tier_keys") or ()),
        items=frozenset(kept.get("items") or ()),
        minimum_purchase_minor=kept.get("minimum_purchase_minor") or 0,
        limit_times=limit.get("times"),
        limit_per=LimitPeriod(limit.get("per") or LimitPeriod.CARD),
        has_budget=bool(kept.get("budget")),
        is_best=(kept.get("stacking") or Stacking.BEST) == Stacking.BEST,
        ended_at=kept.get("ended_at"),
        name=kept.get("name") or "",
    )


def _window(kept: Mapping[str, Any]) -> Window:
    return Window(frozenset(kept["weekdays"]), minutes_of(kept["from"]), minutes_of(kept["to"]))
