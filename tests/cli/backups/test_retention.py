"""Which backups are kept: worked examples, and what holds whatever there is."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.cli.backups.retention import Keeping, superfluous
from punchcard.kit.environment.backup_names import BackupName, as_backup, made_until, name_of

MONDAY = datetime(2026, 11, 30, 3, 30, tzinfo=UTC)


def of(moment: datetime) -> BackupName:
    backup = as_backup(name_of(moment, is_embedded=True))
    assert backup is not None
    return backup


def kept_days(keeping: Keeping, backups: list[BackupName]) -> list[str]:
    gone = superfluous(backups, keeping)
    return [f"{one.made_at:%m-%d}" for one in backups if one not in gone]


def test_a_year_of_nights_becomes_days_weeks_and_months() -> None:
    nights = [of(MONDAY - timedelta(days=days)) for days in reversed(range(365))]
    assert kept_days(Keeping(days=3, weeks=3, months=4), nights) == [
        # The last nights of August, September and October, of two weeks, and three nights.
        *("08-31", "09-30", "10-31", "11-22", "11-28", "11-29", "11-30")
    ]


def test_only_spans_that_have_a_backup_count() -> None:
    rare = [of(MONDAY - timedelta(days=days)) for days in (400, 200, 100)]
    assert superfluous(rare, Keeping(days=2, weeks=0, months=0)) == rare[:1]


def test_of_one_day_the_newest_is_kept() -> None:
    day = [of(MONDAY + timedelta(hours=hours)) for hours in range(5)]
    assert superfluous(day, Keeping(days=7, weeks=4, months=12)) == day[:-1]


def test_all_are_kept_unless_it_is_said_how_many() -> None:
    nights = [of(MONDAY - timedelta(days=days)) for days in range(50)]
    assert superfluous(nights, Keeping(days=0, weeks=0, months=0)) == []


def test_what_a_wrong_clock_dated_ahead_takes_no_place_and_stays() -> None:
    nights = [of(MONDAY - timedelta(days=days)) for days in (2, 1, 0)]
    ahead = [of(MONDAY + timedelta(days=days)) for days in (400, 401)]
    kept = made_until([*nights, *ahead], MONDAY)
    assert kept == nights
    assert superfluous(kept, Keeping(days=2, weeks=0, months=0)) == nights[:1]


@pytest.mark.parametrize(
    "name",
    [
        *("punchcard-20261130T033000Z.db.unfinished", "punchcard-20261130T033000Z.db.checkpoint"),
        *("before.db", "punchcard-20269930T033000Z.db", "punchcard-20261130T033000Z.tar", ""),
    ],
)
def test_other_files_are_no_backups(name: str) -> None:
    assert as_backup(name) is None


moments = st.integers(0, 1000 * 86_400).map(lambda seconds: MONDAY - timedelta(seconds=seconds))
numbers = st.integers(0, 5)


@given(st.lists(moments, min_size=1, unique=True), numbers, numbers, numbers)
def test_the_newest_stays_and_a_second_time_nothing_goes(
    made: list[datetime], days: int, weeks: int, months: int
) -> None:
    backups = sorted({of(moment) for moment in made})
    keeping = Keeping(days=days, weeks=weeks, months=months)
    gone = superfluous(backups, keeping)
    left = [one for one in backups if one not in gone]
    assert backups[-1] in left
    assert superfluous(left, keeping) == []
    if days or weeks or months:
        assert len(left) <= max(1, days + weeks + months)
    assert len({one.made_at.date() for one in left}) >= min(
        days, len({one.made_at.date() for one in backups})
    )
