"""Quiet hours: nothing happens by itself on a phone while people sleep."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def first_moment(at: datetime, quiet_hours: Mapping[str, str] | None, zone: ZoneInfo) -> datetime:
    """Return `at`, or the end of the quiet hours that it lies in, by the clock of the zone.

    They go from `from` to just before `to`, over midnight where that lies before it.
    """
    if not quiet_hours:
        return at
    begins, ends = (time.fromisoformat(quiet_hours[name]) for name in ("from", "to"))
    local = at.astimezone(zone)
    now = local.time().replace(tzinfo=None)
    is_over_midnight = ends < begins
    is_night = now >= begins or now < ends
    if not (is_night if is_over_midnight else begins <= now < ends):
        return at
    ends_on = local.date()
    if is_over_midnight and now >= begins:
        ends_on += timedelta(days=1)
    # Where the clocks are put back the hour comes twice: the end is never before `at`.
    return max(at, _moment(ends_on, ends, zone))


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
