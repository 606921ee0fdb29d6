"""Hold-outs, quiet hours and conditions."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from punchcard.engage.rules.conditions import asked_of, faults_of, holds
from punchcard.engage.rules.hold_out import is_held_out
from punchcard.engage.rules.quiet_hours import first_moment
from punchcard.kit.ids import CardId

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = {"from": "21:00", "to": "08:00"}
NOON = {"from": "12:00", "to": "14:00"}
CARDS = [CardId(f"card {number}") for number in range(10_000)]


def out_of(salt: str, percent: int) -> set[CardId]:
    return {one for one in CARDS if is_held_out(salt, one, percent)}


def test_about_a_tenth_is_held_out_and_always_the_same() -> None:
    assert 900 < len(out_of("one", 10)) < 1100
    assert out_of("one", 10) == out_of("one", 10)
    assert out_of("one", 10) < out_of("one", 20)
    assert out_of("one", 0) == set()


def test_who_is_held_out_of_one_is_not_out_of_all() -> None:
    both = out_of("one", 10) & out_of("another", 10)
    assert 50 < len(both) < 150


@pytest.mark.parametrize(
    ("at", "quiet", "first"),
    [
        ("2026-03-02T12:00+01:00", None, "2026-03-02T12:00+01:00"),
        ("2026-03-02T12:00+01:00", NIGHT, "2026-03-02T12:00+01:00"),
        ("2026-03-02T21:00+01:00", NIGHT, "2026-03-03T08:00+01:00"),
        ("2026-03-02T03:00+01:00", NIGHT, "2026-03-02T08:00+01:00"),
        ("2026-03-02T08:00+01:00", NIGHT, "2026-03-02T08:00+01:00"),
        ("2026-03-02T13:59+01:00", NOON, "2026-03-02T14:00+01:00"),
        ("2026-03-02T14:00+01:00", NOON, "2026-03-02T14:00+01:00"),
        # The night in which the clocks are put on, and the one in which they are put back.
        ("2026-03-28T23:00+01:00", NIGHT, "2026-03-29T08:00+02:00"),
        ("2026-10-24T23:00+02:00", NIGHT, "2026-10-25T08:00+01:00"),
        ("2026-03-02T03:00:59+01:00", NIGHT, "2026-03-02T08:00+01:00"),
    ],
)
def test_quiet_hours_are_waited_for(at: str, quiet: Any, first: str) -> None:
    moment = first_moment(datetime.fromisoformat(at), quiet, BERLIN)
    assert moment == datetime.fromisoformat(first)


LUXEMBOURG, NEW_YORK = "Europe/Luxembourg", "America/New_York"


@pytest.mark.parametrize(
    ("zone", "at", "begins", "ends", "first"),
    [
        # From two to three there is nothing: at three the quiet hours are over.
        (LUXEMBOURG, "2026-03-28T23:00+01:00", "22:00", "02:30", "2026-03-29T03:00+02:00"),
        (LUXEMBOURG, "2026-03-29T01:59+01:00", "01:30", "02:00", "2026-03-29T03:00+02:00"),
        (LUXEMBOURG, "2026-03-29T01:50+01:00", "02:10", "02:50", "2026-03-29T01:50+01:00"),
        (LUXEMBOURG, "2026-03-29T03:00+02:00", "02:30", "08:00", "2026-03-29T08:00+02:00"),
        (NEW_YORK, "2026-03-07T23:00-05:00", "22:00", "02:30", "2026-03-08T03:00-04:00"),
        # From two to three comes twice: what ends in it ends whenever the clock shows that, and
        # what began in it goes on while the clock stands before its beginning again.
        (LUXEMBOURG, "2026-10-25T02:10+02:00", "01:00", "02:30", "2026-10-25T02:30+02:00"),
        (LUXEMBOURG, "2026-10-25T02:40+02:00", "01:00", "02:30", "2026-10-25T02:40+02:00"),
        (LUXEMBOURG, "2026-10-25T02:10+01:00", "01:00", "02:30", "2026-10-25T02:30+01:00"),
        (LUXEMBOURG, "2026-10-25T02:10+02:00", "22:00", "03:00", "2026-10-25T03:00+01:00"),
        (LUXEMBOURG, "2026-10-25T02:40+02:00", "02:30", "08:00", "2026-10-25T08:00+01:00"),
        (NEW_YORK, "2026-11-01T01:10-04:00", "22:00", "01:30", "2026-11-01T01:30-04:00"),
        (NEW_YORK, "2026-11-01T01:10-05:00", "22:00", "01:30", "2026-11-01T01:30-05:00"),
        (NEW_YORK, "2026-10-31T23:00-04:00", "21:00", "08:00", "2026-11-01T08:00-05:00"),
    ],
)
def test_quiet_hours_go_by_what_the_clock_shows_in_the_nights_it_is_changed(
    zone: str, at: str, begins: str, ends: str, first: str
) -> None:
    quiet = {"from": begins, "to": ends}
    moment = first_moment(datetime.fromisoformat(at), quiet, ZoneInfo(zone))
    assert moment == datetime.fromisoformat(first)


@pytest.mark.parametrize(
    ("begins", "ends"), [("22:00", "22:00"), ("22:00:20", "22:00:10"), ("00:00", "00:00:00")]
)
def test_an_archive_may_bring_quiet_hours_that_begin_as_they_end_and_nothing_waits(
    begins: str, ends: str
) -> None:
    noon = datetime.fromisoformat("2026-03-02T12:00+01:00")
    assert first_moment(noon, {"from": begins, "to": ends}, BERLIN) == noon


FACTS: dict[str, Any] = {"stamps": 5, "tier": None, "consent": True, "birthday_month": None}


@pytest.mark.parametrize(
    ("field", "op", "value", "is_met"),
    [
        ("stamps", "eq", 5, True),
        ("stamps", "ne", 5, False),
        ("stamps", "lt", 6, True),
        ("stamps", "lte", 4, False),
        ("stamps", "gt", 4, True),
        ("stamps", "gte", 6, False),
        ("tier", "ne", "gold", True),
        ("tier", "eq", "gold", False),
        ("consent", "eq", True, True),
        ("birthday_month", "gte", 1, False),
        ("birthday_month", "ne", 5, True),
    ],
)
def test_a_condition_is_held_against_what_is_known(
    field: str, op: str, value: Any, is_met: bool
) -> None:
    condition = {"field": field, "op": op, "value": value}
    assert holds([condition], FACTS) is is_met
    assert asked_of([condition]) == {field}


def test_all_conditions_must_hold() -> None:
    met = {"field": "stamps", "op": "eq", "value": 5}
    assert holds([], FACTS)
    assert not holds([met, {**met, "op": "ne"}], FACTS)


@pytest.mark.parametrize(
    ("condition", "place"),
    [
        ({"field": "stamps", "op": "eq", "value": "five"}, "value"),
        ({"field": "stamps", "op": "eq", "value": True}, "value"),
        ({"field": "consent", "op": "eq", "value": 1}, "value"),
        ({"field": "tier", "op": "eq", "value": 1}, "value"),
        ({"field": "tier", "op": "gt", "value": "gold"}, "op"),
        ({"field": "birthday_month", "op": "eq", "value": 13}, "value"),
        ({"field": "birthday_month", "op": "eq", "value": 0}, "value"),
    ],
)
def test_a_condition_that_no_card_can_answer_is_named(condition: Any, place: str) -> None:
    good = {"field": "stamps", "op": "gte", "value": 5}
    assert [fault["loc"] for fault in faults_of([good, condition])] == [["conditions", 1, place]]
