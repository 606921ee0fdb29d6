"""Days and moments that are told: none at the ends of the calendar, where no zone can count."""

from datetime import UTC, date, datetime

import pytest

from punchcard.kit.validation.days import as_day, within_years
from punchcard.kit.validation.invalid import InvalidValue


@pytest.mark.parametrize("text", ["1970-01-01", "2024-02-29", "9998-12-31"])
def test_a_day_is_read(text: str) -> None:
    assert as_day(text) == date.fromisoformat(text)


@pytest.mark.parametrize(
    "text", ["", "2026-02-30", "20260314", "2026-3-14", "2026-03-14T00:00", "٢٠٢٦-٠٣-١٤"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="day"):
        as_day(text)


@pytest.mark.parametrize("text", ["0001-01-01", "1969-12-31", "9999-01-01", "9999-12-31"])
def test_a_day_without_neighbours_in_every_zone_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="years"):
        as_day(text)


def test_a_moment_has_the_same_bounds() -> None:
    last = datetime(9998, 12, 31, 23, 59, tzinfo=UTC)
    assert within_years(last) == last
    with pytest.raises(InvalidValue):
        within_years(datetime(9999, 12, 31, tzinfo=UTC))
