"""A clock that jumps is noticed, and one that runs is not."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from punchcard.kit.clock import ClockWatch, ManualClock, first_full_minute

LUXEMBOURG = ZoneInfo("Europe/Luxembourg")


def test_a_jump_is_noticed_once_in_either_direction(clock: ManualClock) -> None:
    ticks = [0.0]
    watch = ClockWatch(clock, leeway_seconds=30, monotonic=lambda: ticks[0])

    ticks[0] += 3600
    clock.advance(seconds=3610)
    assert watch.jump() is None

    clock.advance(days=2)
    assert watch.jump() == timedelta(days=2)
    assert watch.jump() is None

    ticks[0] += 5
    clock.set(clock.now() - timedelta(days=2))
    assert watch.jump() == -timedelta(days=2, seconds=5)


@pytest.mark.parametrize(
    ("moment", "minute"),
    [
        ("2026-03-02T10:15:40", "2026-03-02 10:16"),
        ("2026-03-02T10:15:00.000001", "2026-03-02 10:16"),
        ("2026-03-02T10:15:00", "2026-03-02 10:15"),
        ("2026-12-31T23:59:01", "2027-01-01 00:00"),
        # An hour is left out that night.
        ("2026-03-29T01:59:30", "2026-03-29 03:00"),
    ],
)
def test_what_begins_within_a_minute_is_there_at_the_next_full_one(
    moment: str, minute: str
) -> None:
    begins = datetime.fromisoformat(moment).replace(tzinfo=LUXEMBOURG)
    assert f"{first_full_minute(begins):%Y-%m-%d %H:%M}" == minute


def test_the_zone_of_a_moment_stays_also_where_there_is_none() -> None:
    moment = datetime.fromisoformat("2026-03-02T10:15:40")
    assert first_full_minute(moment) == datetime.fromisoformat("2026-03-02T10:16")
    assert first_full_minute(moment.replace(tzinfo=LUXEMBOURG)).tzinfo is LUXEMBOURG
