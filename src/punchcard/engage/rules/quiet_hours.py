"""Quiet hours: nothing happens by itself on a phone while people sleep."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_MINUTE: Final = timedelta(minutes=1)


def first_moment(at: datetime, quiet_hours: Mapping[str, str] | None, zone: ZoneInfo) -> datetime:
    """Return `at`, or the end of the quiet hours that it lies in, by the clock of the zone.

    They go from `from` to just before `to`, over midnight where that lies before it.
    """
    if not quiet_hours:
        return at
    begins, ends = (_minute_of(quiet_hours[name]) for name in ("from", "to"))
    if begins == ends:
        # No form takes that; a shop's archive may hold it. A day of it would have no end.
        return at
    began = shown = at.astimezone(zone).replace(tzinfo=None)
    moment = at
    # Minute by minute, as the clock goes: an hour may be left out, or come twice. Where it is put
    # back to before the quiet hours, they go on.
    while shown < began or _is_quiet(shown.time(), begins, ends):
        moment = moment.replace(second=0, microsecond=0) + _MINUTE
        shown = moment.astimezone(zone).replace(tzinfo=None)
    return moment


def _minute_of(told: str) -> time:
    return time.fromisoformat(told).replace(second=0, microsecond=0)


def _is_quiet(shown: time, begins: time, ends: time) -> bool:
    return begins <= shown < ends if begins < ends else shown >= begins or shown < ends
