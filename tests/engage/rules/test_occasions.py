"""When an automation meets a card."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from punchcard.engage.rules.occasions import (
    CardDates,
    Occasion,
    PastEvent,
    birthday_in,
    event_of,
    occasion_on,
    occasions_of,
)
from punchcard.engage.vocabulary import Trigger
from punchcard.loyalty.vocabulary import ActorKind, EntryType

PARIS = ZoneInfo("Europe/Paris")
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def card(**dates: Any) -> CardDates:
    return CardDates(**{"joined": date(2024, 2, 29), "last_seen": date(2026, 1, 31), **dates})


def days_of(trigger: Trigger, when: dict[str, Any], dates: CardDates) -> dict[str, Occasion]:
    """Return the days of three years on which a card is met."""
    found = {}
    for number in range(3 * 366):
        day = date(2026, 1, 1) + timedelta(days=number)
        if occasion := occasion_on(trigger, when, dates, day):
            found[day.isoformat()] = occasion
    return found


@pytest.mark.parametrize(
    ("year", "birthday", "celebrated"),
    [
        (2026, "05-17", date(2026, 5, 17)),
        (2026, "02-29", date(2026, 2, 28)),
        (2028, "02-29", date(2028, 2, 29)),
        (2100, "02-29", date(2100, 2, 28)),
    ],
)
def test_who_is_born_on_29_february_celebrates_on_the_28th_in_common_years(
    year: int, birthday: str, celebrated: date
) -> None:
    assert birthday_in(year, birthday) == celebrated


def test_a_birthday_comes_once_a_year() -> None:
    found = days_of(Trigger.BIRTHDAY, {}, card(birthday="02-29"))
    assert {day: one.name for day, one in found.items()} == {
        "2026-02-28": "2026",
        "2027-02-28": "2027",
        "2028-02-29": "2028",
    }


def test_a_birthday_in_january_is_met_in_the_old_year_and_counts_in_the_new() -> None:
    found = days_of(Trigger.BIRTHDAY, {"days_before": 7}, card(birthday="01-03"))
    assert found["2026-12-27"] == Occasion("2027", 2027)


@pytest.mark.parametrize(("told", "is_met"), [("2026-04-17", True), ("2026-04-18", False)])
def test_a_birthday_told_less_than_30_days_before_waits_a_year(told: str, is_met: bool) -> None:
    dates = card(birthday="05-17", birthday_told=date.fromisoformat(told))
    found = days_of(Trigger.BIRTHDAY, {}, dates)
    assert ("2026-05-17" in found) is is_met
    assert "2027-05-17" in found


def test_who_told_no_birthday_has_none() -> None:
    assert days_of(Trigger.BIRTHDAY, {}, card()) == {}


def test_an_anniversary_comes_every_year_but_not_on_the_day_itself() -> None:
    found = days_of(Trigger.ANNIVERSARY, {}, card(joined=date(2026, 8, 31)))
    assert list(found) == ["2027-08-31", "2028-08-31"]
    assert list(days_of(Trigger.ANNIVERSARY, {}, card())) == [
        "2026-02-28",
        "2027-02-28",
        "2028-02-29",
    ]


def test_a_card_lapses_once_an_absence() -> None:
    found = days_of(Trigger.LAPSED, {"days": 30}, card())
    assert found == {"2026-03-02": Occasion("since:2026-01-31", 2026)}


def test_points_are_told_of_before_they_end() -> None:
    dates = card(point_ends=(date(2026, 3, 31), date(2026, 12, 31)))
    found = days_of(Trigger.POINTS_EXPIRING, {"days_before": 7}, dates)
    assert {day: one.name for day, one in found.items()} == {
        "2026-03-24": "ends:2026-03-31",
        "2026-12-24": "ends:2026-12-31",
    }


def event(number: int, kind: EntryType = EntryType.STAMP_EARNED, **more: Any) -> PastEvent:
    given = {"at": NEW_YEAR + timedelta(days=number), "is_imported": False, **more}
    return PastEvent(f"e{number}", kind, **given)


def names(trigger: Trigger, events: list[PastEvent], **more: Any) -> list[str]:
    given = {"when": {}, "since": NEW_YEAR, "zone": PARIS, **more}
    return [one.name for one in occasions_of(trigger, given.pop("when"), events, **given)]


def test_a_card_is_new_once() -> None:
    opened = event(1, EntryType.CARD_OPENED)
    assert names(Trigger.JOINED, [opened, event(2)]) == ["joined"]
    assert names(Trigger.JOINED, [opened], since=NEW_YEAR + timedelta(days=2)) == []


def test_the_first_visit_is_the_first_that_was_not_voided() -> None:
    voided = [event(1), event(2, EntryType.VOIDED, voids="e1")]
    assert names(Trigger.FIRST_VISIT, voided) == []
    assert names(Trigger.FIRST_VISIT, [*voided, event(3), event(4)]) == ["first_visit"]


def test_visits_are_counted_with_those_of_before_and_those_imported() -> None:
    visits = [event(number) for number in range(1, 8)]
    assert names(Trigger.NTH_VISIT, visits, when={"visits": 3}) == ["visit:3"]
    assert names(Trigger.NTH_VISIT, visits, when={"visits": 3, "every": True}) == [
        "visit:3",
        "visit:6",
    ]
    late = NEW_YEAR + timedelta(days=5)
    assert names(Trigger.NTH_VISIT, visits, when={"visits": 3}, since=late) == []
    imported = [one._replace(is_imported=True) for one in visits[:3]]
    assert names(Trigger.NTH_VISIT, [*imported, *visits[3:]], when={"visits": 3}) == []
    assert names(Trigger.NTH_VISIT, [*imported, *visits[3:]], when={"visits": 4}) == ["visit:4"]


def test_only_a_rise_reaches_a_tier() -> None:
    tiers = ["silver", "gold"]
    changes = [
        event(number, EntryType.TIER_CHANGED, tier=tier)
        for number, tier in enumerate(["silver", "gold", "silver", None, "gold"], start=1)
    ]
    assert names(Trigger.TIER_REACHED, changes, tiers=tiers) == [
        "tier:silver:2026",
        "tier:gold:2026",
        "tier:gold:2026",
    ]
    assert names(Trigger.TIER_REACHED, changes[:2], tiers=tiers, when={"tier": "silver"}) == [
        "tier:silver:2026"
    ]


def test_a_year_is_the_programs() -> None:
    opened = event(0, EntryType.CARD_OPENED, at=datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    (occasion,) = occasions_of(Trigger.JOINED, {}, [opened], since=NEW_YEAR, zone=PARIS)
    assert occasion.year == 2027


class Row:
    """An entry's row as far as it is looked at."""

    id, voids, created_at = "e1", None, NEW_YEAR

    def __init__(self, kind: EntryType, details: Any, actor: ActorKind) -> None:
        self.type, self.details, self.actor_kind = kind, details, actor


def test_an_entrys_row_is_read() -> None:
    gold = {"tier": {"key": "gold"}}
    assert event_of(Row(EntryType.TIER_CHANGED, gold, ActorKind.SYSTEM)).tier == "gold"
    assert event_of(Row(EntryType.STAMP_EARNED, None, ActorKind.IMPORT)).is_imported
