"""When an automation meets a card: by a day that comes, or by what happened on the card."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from punchcard.engage.vocabulary import Trigger
from punchcard.loyalty.vocabulary import ActorKind, EntryType

BIRTHDAY_NOTICE_DAYS: Final = 30
"""How many days before a birthday it must have been told: who tells it later waits a year."""

VISITS: Final = (EntryType.STAMP_EARNED, EntryType.POINTS_EARNED, EntryType.VISIT_RECORDED)
"""What a visit is told by: that somebody bought something."""

FOLLOWED_BY: Final[Mapping[Trigger, tuple[EntryType, ...]]] = {
    Trigger.JOINED: (EntryType.CARD_OPENED,),
    Trigger.FIRST_VISIT: VISITS,
    Trigger.NTH_VISIT: VISITS,
    Trigger.TIER_REACHED: (EntryType.TIER_CHANGED,),
}
"""The entries that set an automation off, by its trigger."""


class Occasion(NamedTuple):
    """One time that an automation meets a card: its name, and the year that it counts in."""

    name: str
    year: int


class CardDates(NamedTuple):
    """What the days of a card are: those it joined and was last seen on, its customer's birthday.

    `birthday` is MM-DD, told on `birthday_told`. `point_ends` are the last days of its points.
    """

    joined: date
    last_seen: date
    birthday: str | None = None
    birthday_told: date | None = None
    point_ends: tuple[date, ...] = ()


class PastEvent(NamedTuple):
    """An entry of a card as far as an automation looks at it."""

    id: str
    type: EntryType
    at: datetime
    is_imported: bool
    voids: str | None = None
    tier: str | None = None


def birthday_in(year: int, birthday: str) -> date:
    """Return the day in a year that is celebrated for MM-DD: of 29 February the 28th, mostly."""
    month, day = (int(part) for part in birthday.split("-"))
    return _day_in(year, month, day)


def occasion_on(
    trigger: Trigger, when: Mapping[str, Any], card: CardDates, day: date
) -> Occasion | None:
    """Return the occasion on which `day` meets a card, if it does."""
    if trigger == Trigger.BIRTHDAY:
        return _birthday(when.get("days_before", 0), card, day)
    if trigger == Trigger.ANNIVERSARY:
        joined = card.joined
        is_the_day = _day_in(day.year, joined.month, joined.day) == day and day.year > joined.year
        return Occasion(str(day.year), day.year) if is_the_day else None
    if trigger == Trigger.LAPSED:
        is_the_day = card.last_seen + timedelta(days=when["days"]) == day
        return Occasion(f"since:{card.last_seen}", day.year) if is_the_day else None
    ends = day + timedelta(days=when["days_before"])
    return Occasion(f"ends:{ends}", day.year) if ends in card.point_ends else None


def _birthday(days_before: int, card: CardDates, day: date) -> Occasion | None:
    if card.birthday is None:
        return None
    celebrated = day + timedelta(days=days_before)
    if birthday_in(celebrated.year, card.birthday) != celebrated:
        return None
    told = card.birthday_told
    if told is not None and (celebrated - told).days < BIRTHDAY_NOTICE_DAYS:
        return None
    return Occasion(str(celebrated.year), celebrated.year)


def occasions_of(
    trigger: Trigger,
    when: Mapping[str, Any],
    events: Sequence[PastEvent],
    *,
    since: datetime,
    zone: ZoneInfo,
    tiers: Sequence[str] = (),
) -> Iterator[Occasion]:
    """Give the occasions that entries of a card, in their order, are since `since`.

    What was voided never happened, and what an import tells of former days counts but sets nothing
    off. `tiers` are the keys of the program's, the lowest first.
    """
    for number, event in _counted(trigger, events):
        if event.at < since or event.is_imported:
            continue
        year = event.at.astimezone(zone).year
        name = _name_of(trigger, when, number, event, year)
        if name is not None and (trigger != Trigger.TIER_REACHED or _is_rise(events, event, tiers)):
            yield Occasion(name, year)


def _counted(trigger: Trigger, events: Iterable[PastEvent]) -> Iterator[tuple[int, PastEvent]]:
    events = list(events)
    voided = {event.voids for event in events if event.voids}
    types = FOLLOWED_BY[trigger]
    counted = (event for event in events if event.type in types and event.id not in voided)
    return enumerate(counted, start=1)


def _name_of(
    trigger: Trigger, when: Mapping[str, Any], number: int, event: PastEvent, year: int
) -> str | None:
    if trigger == Trigger.TIER_REACHED:
        is_meant = event.tier is not None and when.get("tier") in (None, event.tier)
        return f"tier:{event.tier}:{year}" if is_meant else None
    if trigger == Trigger.NTH_VISIT:
        visits: int = when["visits"]
        is_meant = number % visits == 0 if when.get("every") else number == visits
        return f"visit:{number}" if is_meant else None
    return str(trigger) if number == 1 else None


def _is_rise(events: Sequence[PastEvent], event: PastEvent, tiers: Sequence[str]) -> bool:
    """Return whether a change of tier led to a higher one than the card had before."""
    changes = [one for one in events if one.type == EntryType.TIER_CHANGED]
    place = changes.index(event)
    before = changes[place - 1].tier if place else None
    return _rank(event.tier, tiers) > _rank(before, tiers)


def _rank(tier: str | None, tiers: Sequence[str]) -> int:
    return tiers.index(tier) if tier in tiers else -1


def _day_in(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, month, 28)


def event_of(row: Any) -> PastEvent:
    """Return what an automation looks at of an entry's row."""
    told = row.details or {}
    tier = (told.get("tier") or {}).get("key") if row.type == EntryType.TIER_CHANGED else None
    is_imported = row.actor_kind == ActorKind.IMPORT
    return PastEvent(row.id, row.type, row.created_at, is_imported, row.voids, tier)
