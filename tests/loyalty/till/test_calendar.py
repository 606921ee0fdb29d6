"""The calendar at the till, against what a person counts: clock changes, month ends, year ends.

Moments are in UTC, days are those of the shop: each line was worked out by hand.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import SystemIds
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.errors.balances import DailyStampLimitReached
from punchcard.loyalty.models import DailyRollup
from punchcard.loyalty.operations import Operation
from punchcard.loyalty.till.receipt import Receipt
from tests.support.audited_till_driver import audited_till_driver
from tests.support.drivers.till import TillDriver

SECOND = timedelta(seconds=1)
LUXEMBOURG, NEW_YORK, APIA = "Europe/Luxembourg", "America/New_York", "Pacific/Apia"
LORD_HOWE, CASABLANCA, HAVANA = "Australia/Lord_Howe", "Africa/Casablanca", "America/Havana"

DAYS = [
    # An ordinary day, one of 23 hours, one of 25.
    (LUXEMBOURG, "2026-03-02", "2026-03-01T23:00", "2026-03-02T23:00"),
    (LUXEMBOURG, "2026-03-29", "2026-03-28T23:00", "2026-03-29T22:00"),
    (LUXEMBOURG, "2026-10-25", "2026-10-24T22:00", "2026-10-25T23:00"),
    (NEW_YORK, "2026-03-08", "2026-03-08T05:00", "2026-03-09T04:00"),
    (NEW_YORK, "2026-11-01", "2026-11-01T04:00", "2026-11-02T05:00"),
    # By half an hour.
    (LORD_HOWE, "2026-04-05", "2026-04-04T13:00", "2026-04-05T13:30"),
    (LORD_HOWE, "2026-10-04", "2026-10-03T13:30", "2026-10-04T13:00"),
    # Back for Ramadan, and on again.
    (CASABLANCA, "2026-02-15", "2026-02-14T23:00", "2026-02-16T00:00"),
    (CASABLANCA, "2026-03-22", "2026-03-22T00:00", "2026-03-22T23:00"),
    # A day that begins at one o'clock, and one whose first hour comes twice.
    (HAVANA, "2026-03-08", "2026-03-08T05:00", "2026-03-09T04:00"),
    (HAVANA, "2026-11-01", "2026-11-01T04:00", "2026-11-02T05:00"),
    # The day before one that never was, and the day after it.
    (APIA, "2011-12-29", "2011-12-29T10:00", "2011-12-30T10:00"),
    (APIA, "2011-12-31", "2011-12-30T10:00", "2011-12-31T10:00"),
]


@pytest.fixture
def alice(database: Database, clock: ManualClock, ids: SystemIds) -> Iterator[TillDriver]:
    """Open Café Alice's counter; afterwards the books must be right, whatever was done."""
    with audited_till_driver(database, clock, ids) as counter:
        yield counter


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def done(alice: TillDriver, operation: Operation) -> Receipt:
    return alice.till.submit(operation)


def refused(alice: TillDriver, operation: Operation) -> DomainError:
    with pytest.raises(DomainError) as refusal:
        alice.till.submit(operation)
    return refusal.value


@pytest.mark.parametrize(("zone", "day", "begins", "ends"), DAYS)
def test_a_days_limit_counts_from_midnight_to_midnight(
    alice: TillDriver, clock: ManualClock, zone: str, day: str, begins: str, ends: str
) -> None:
    clock.set(at(begins) - timedelta(days=1))
    program = alice.program(timezone=zone, max_daily_stamps=1, cooldown_minutes=0)
    card = alice.card(program)
    clock.set(at(begins) - SECOND)
    done(alice, alice.stamp(card))
    clock.set(at(begins))
    done(alice, alice.stamp(card))
    clock.set(at(ends) - SECOND)
    full = refused(alice, alice.stamp(card))
    assert isinstance(full, DailyStampLimitReached)
    assert full.facts["next_stamp_at"] == at(ends)
    clock.set(at(ends))
    assert done(alice, alice.stamp(card)).card.stamps == 3
    with alice.database.read() as session:
        rows = session.execute(
            select(DailyRollup.day, DailyRollup.stamps_earned).where(
                DailyRollup.program_id == program, DailyRollup.stamps_earned > 0
            )
        )
        stamps = {row.day: row.stamps_earned for row in rows}
    assert len(stamps) == 3
    assert stamps[date.fromisoformat(day)] == 1


@pytest.mark.parametrize(("zone", "day", "begins", "ends"), DAYS)
def test_what_is_told_late_counts_on_the_day_it_happened(
    alice: TillDriver, clock: ManualClock, zone: str, day: str, begins: str, ends: str
) -> None:
    clock.set(at(begins) - timedelta(days=1))
    card = alice.card(alice.program(timezone=zone, max_daily_stamps=2, cooldown_minutes=0))
    clock.set(at(ends) + timedelta(hours=3))
    for moment in (at(begins), at(ends) - SECOND):
        done(alice, alice.stamp(card, occurred_at=moment))
    full = refused(alice, alice.stamp(card, occurred_at=at(begins) + SECOND))
    assert type(full) is DailyStampLimitReached
    for moment in (at(ends), at(begins) - SECOND):
        done(alice, alice.stamp(card, occurred_at=moment))


MONTH, YEAR = {"kind": "fixed", "months": 1}, {"kind": "fixed", "months": 12}


@pytest.mark.parametrize(
    ("zone", "expiry", "bought", "ends"),
    [
        # A month after 31 January is the end of February, and from there the 28th.
        (LUXEMBOURG, MONTH, "2026-01-31T12:00", "2026-02-28T23:00"),
        (LUXEMBOURG, MONTH, "2028-01-31T12:00", "2028-02-29T23:00"),
        (LUXEMBOURG, MONTH, "2026-02-28T12:00", "2026-03-28T23:00"),
        (LUXEMBOURG, {**MONTH, "round_to": "month_end"}, "2026-02-28T12:00", "2026-03-31T22:00"),
        # On the days of the clock changes.
        (LUXEMBOURG, MONTH, "2026-02-28T23:30", "2026-04-01T22:00"),
        (LUXEMBOURG, MONTH, "2026-09-25T12:00", "2026-10-25T23:00"),
        (NEW_YORK, MONTH, "2026-02-08T12:00", "2026-03-09T04:00"),
        (LORD_HOWE, MONTH, "2026-03-05T12:59:59", "2026-04-05T13:30"),
        (LORD_HOWE, MONTH, "2026-03-05T13:00", "2026-04-06T13:30"),
        (CASABLANCA, MONTH, "2026-01-15T12:00", "2026-02-16T00:00"),
        (APIA, {"kind": "fixed", "months": 1}, "2011-11-29T12:00", "2011-12-30T10:00"),
        (APIA, {"kind": "fixed", "months": 1}, "2011-11-30T12:00", "2011-12-30T10:00"),
        # A year after 29 February, and four of them.
        (LUXEMBOURG, YEAR, "2028-02-29T12:00", "2029-02-28T23:00"),
        (LUXEMBOURG, {**YEAR, "months": 48}, "2028-02-29T12:00", "2032-02-29T23:00"),
        (LUXEMBOURG, YEAR, "2027-02-28T12:00", "2028-02-28T23:00"),
        (
            LUXEMBOURG,
            {**YEAR, "months": 6, "round_to": "year_end"},
            "2026-07-15T12:00",
            "2027-12-31T23:00",
        ),
        # The last second of the year and the first, ahead of UTC and behind it.
        (LUXEMBOURG, {"kind": "year_end"}, "2026-12-31T22:59:59", "2026-12-31T23:00"),
        (LUXEMBOURG, {"kind": "year_end"}, "2026-12-31T23:00", "2027-12-31T23:00"),
        (APIA, {"kind": "year_end"}, "2026-12-31T10:59:59", "2026-12-31T11:00"),
        (APIA, {"kind": "year_end"}, "2026-12-31T11:00", "2027-12-31T11:00"),
        (NEW_YORK, {"kind": "year_end"}, "2027-01-01T04:59:59", "2027-01-01T05:00"),
        (NEW_YORK, {"kind": "year_end"}, "2027-01-01T05:00", "2028-01-01T05:00"),
    ],
)
def test_points_are_good_to_the_last_second_of_their_last_day(
    alice: TillDriver,
    clock: ManualClock,
    zone: str,
    expiry: dict[str, Any],
    bought: str,
    ends: str,
) -> None:
    clock.set(at(bought) - timedelta(hours=1))
    card = alice.card(alice.program(type="points", timezone=zone, points_expiry=expiry))
    clock.set(at(bought))
    done(alice, alice.earn(card, 500))
    clock.set(at(ends) - SECOND)
    assert done(alice, alice.redeem_points(card, 1)).card.points == 4
    clock.set(at(ends))
    assert refused(alice, alice.redeem_points(card, 1)).code == "not_enough_points"


NIGHT = {"weekdays": [6], "from": "22:00", "to": "03:00"}


@pytest.mark.parametrize(
    ("zone", "window", "on", "off"),
    [
        # The night in which the clocks are put on: it ends an hour sooner.
        (LUXEMBOURG, NIGHT, "2026-03-28T21:00 2026-03-29T00:59:59", "2026-03-28T20:59:59"),
        (LUXEMBOURG, NIGHT, "2026-03-28T23:00", "2026-03-29T01:00 2026-03-29T21:00"),
        # The one in which they are put back: the hour counts twice.
        (LUXEMBOURG, NIGHT, "2026-10-25T00:30 2026-10-25T01:59:59", "2026-10-25T02:00"),
        # An hour that is left out, and one that is there twice.
        (
            LUXEMBOURG,
            {"weekdays": [7], "from": "02:00", "to": "03:00"},
            "2026-03-22T01:30 2026-10-25T00:00 2026-10-25T01:59:59",
            "2026-03-29T00:59:59 2026-03-29T01:00 2026-10-24T23:59:59 2026-10-25T02:00",
        ),
        (
            NEW_YORK,
            {"weekdays": [7], "from": "01:00", "to": "02:00"},
            "2026-11-01T05:00 2026-11-01T06:59:59 2026-03-08T06:59:59",
            "2026-11-01T07:00 2026-03-08T07:00",
        ),
        (
            LORD_HOWE,
            {"weekdays": [7], "from": "01:30", "to": "02:00"},
            "2026-04-04T14:30 2026-04-04T15:29:59",
            "2026-04-04T14:29:59 2026-04-04T15:30",
        ),
        (
            CASABLANCA,
            {"weekdays": [7], "from": "02:00", "to": "03:00"},
            "2026-02-15T01:00 2026-02-15T02:59:59",
            "2026-02-15T03:00 2026-03-22T01:59:59 2026-03-22T02:00",
        ),
        # To the end of the day, and over midnight from its beginning.
        (
            APIA,
            {"weekdays": [5], "from": "20:00", "to": "24:00"},
            "2026-07-03T10:59:59 2026-07-03T07:00",
            "2026-07-03T11:00 2026-07-03T06:59:59",
        ),
        (
            APIA,
            {"weekdays": [4], "from": "22:00", "to": "02:00"},
            "2011-12-30T08:00 2011-12-30T09:59:59",
            # Saturday follows on Thursday there.
            "2011-12-29T11:00 2011-12-30T07:59:59 2011-12-30T12:00",
        ),
        (
            NEW_YORK,
            {"weekdays": [5], "from": "22:00", "to": "02:00"},
            "2026-03-07T03:00 2026-03-07T06:59:59",
            "2026-03-07T02:59:59 2026-03-07T07:00 2026-03-08T03:00",
        ),
    ],
)
def test_a_happy_hour_is_by_the_clock_on_the_wall(
    alice: TillDriver,
    clock: ManualClock,
    zone: str,
    window: dict[str, Any],
    on: str,
    off: str,
) -> None:
    moments = sorted((at(text), True) for text in on.split())
    moments = sorted([*moments, *((at(text), False) for text in off.split())])
    clock.set(moments[0][0] - timedelta(days=1))
    program = alice.program(type="points", timezone=zone)
    alice.promotion(program, windows=[window])
    card = alice.card(program)
    told = []
    for moment, _ in moments:
        clock.set(moment)
        told.append((moment, done(alice, alice.earn(card, 100)).entry["points_delta"] == 2))
    assert told == moments


def test_an_offers_first_and_last_day_are_those_on_which_its_nights_begin(
    alice: TillDriver, clock: ManualClock
) -> None:
    clock.set(at("2026-10-20T12:00"))
    program = alice.program(type="points")
    alice.promotion(
        program,
        starts_on=date(2026, 10, 24),
        ends_on=date(2026, 10, 24),
        windows=[{"weekdays": [1, 2, 3, 4, 5, 6, 7], "from": "22:00", "to": "03:00"}],
        limit={"times": 9, "per": "day"},
    )
    card = alice.card(program)
    for moment, points in (
        # The night before, its own with the hour that comes twice, and the next.
        ("2026-10-23T23:00", 1),
        ("2026-10-24T20:00", 2),
        ("2026-10-25T00:30", 2),
        ("2026-10-25T01:30", 2),
        ("2026-10-25T02:00", 1),
        ("2026-10-25T21:00", 1),
    ):
        clock.set(at(moment))
        assert done(alice, alice.earn(card, 100)).entry["points_delta"] == points, moment


TIERS = [
    {"key": "basic", "name": "Basic", "threshold": 0, "texts": {}, "grants": [], "branding": {}},
    {"key": "gold", "name": "Gold", "threshold": 100, "texts": {}, "grants": [], "branding": {}},
]


@pytest.mark.parametrize(
    ("zone", "rules", "bought", "ends"),
    [
        # The year that it is where the shop is.
        (LUXEMBOURG, {"window": "calendar_year"}, "2026-12-31T22:59:59", "2026-12-31T23:00"),
        (LUXEMBOURG, {"window": "calendar_year"}, "2026-12-31T23:00", "2027-12-31T23:00"),
        (APIA, {"window": "calendar_year"}, "2026-12-31T11:00", "2027-12-31T11:00"),
        (NEW_YORK, {"window": "calendar_year"}, "2027-01-01T04:59:59", "2027-01-01T05:00"),
        # Held for months after it, to the end of a February; then with days of grace.
        (
            LUXEMBOURG,
            {"window": "calendar_year", "holds_months": 14},
            "2026-05-31T12:00",
            "2028-02-29T23:00",
        ),
        (
            LUXEMBOURG,
            {"window": "calendar_year", "holds_months": 2, "grace_days": 29},
            "2026-05-31T12:00",
            "2027-03-29T22:00",
        ),
        # Twelve rolling months: counted again at the end of each month that it holds for.
        (
            LUXEMBOURG,
            {"window": "rolling_12_months", "holds_months": 12},
            "2026-01-31T12:00",
            "2027-01-31T23:00",
        ),
        (
            NEW_YORK,
            {"window": "rolling_12_months", "holds_months": 12},
            "2026-03-01T04:59:59",
            "2027-03-01T05:00",
        ),
        (
            NEW_YORK,
            {"window": "rolling_12_months", "holds_months": 12},
            "2026-03-01T05:00",
            "2027-04-01T04:00",
        ),
    ],
)
def test_a_tier_is_kept_to_the_last_second_of_its_last_day(
    alice: TillDriver,
    clock: ManualClock,
    zone: str,
    rules: dict[str, Any],
    bought: str,
    ends: str,
) -> None:
    tiers = [{**tier, "earn_factor": "1.000"} for tier in TIERS]
    kept = {"downgrade": "to_fit", **rules}
    clock.set(at(bought) - timedelta(hours=1))
    program = alice.program(type="points", timezone=zone, tiers=tiers, tier_rules=kept)
    card = alice.card(program)
    clock.set(at(bought))
    done(alice, alice.earn(card, 100_00))

    def tier() -> str:
        with alice.database.read() as session:
            found = card_service.get_card(session, alice.vendor_id, card, now=clock.now()).tier
        assert found is not None
        return found.key

    for moment, key in ((at(ends) - SECOND, "gold"), (at(ends), "basic")):
        clock.set(moment)
        assert tier() == key
    done(alice, alice.earn(card, 100))
    assert tier() == "basic"


@pytest.mark.parametrize(
    ("zone", "good_on", "given", "ends"),
    [
        (LUXEMBOURG, "2026-03-29", "2026-03-01T12:00", "2026-03-29T22:00"),
        (HAVANA, "2026-03-07", "2026-03-01T12:00", "2026-03-08T05:00"),
        (LORD_HOWE, "2026-04-05", "2026-04-01T12:00", "2026-04-05T13:30"),
        (APIA, "2026-03-31", "2026-03-31T10:00", "2026-03-31T11:00"),
        (NEW_YORK, "2026-12-31", "2027-01-01T04:59", "2027-01-01T05:00"),
    ],
)
def test_what_was_given_is_good_to_the_last_second_of_its_last_day(
    alice: TillDriver, clock: ManualClock, zone: str, good_on: str, given: str, ends: str
) -> None:
    clock.set(at(given) - timedelta(days=1))
    program = alice.program(type="points", timezone=zone)
    cake = alice.reward(program, points_required=None)
    card = alice.card(program)
    clock.set(at(given))
    for _ in range(2):
        done(alice, alice.grant(card, cake, expires_on=date.fromisoformat(good_on)))
    clock.set(at(ends) - SECOND)
    assert done(alice, alice.redeem_grant(card)).card.lifetime_rewards == 1
    clock.set(at(ends))
    assert refused(alice, alice.redeem_grant(card)).code in ("no_grant", "grant_expired")
