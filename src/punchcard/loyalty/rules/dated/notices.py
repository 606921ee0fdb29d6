"""On which days a card is told of what soon ends on it. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from punchcard.loyalty.rules.dated.dates import NEVER
from punchcard.loyalty.rules.standing import Lot, Standing

NOTICE_TIME: Final = time(9)
"""When notices go out, by the clock of the shop."""


class EndNotice(NamedTuple):
    """What is told so many `days` before the end of the day `expires_on`."""

    expires_on: str
    days: int


class Ending(NamedTuple):
    """What is good until the end of the day `expires_on`."""

    expires_on: str
    points: int
    stamps: int


def notice_time(zone: ZoneInfo, day: date) -> datetime:
    """Return the moment at which a day's notices go out."""
    return datetime.combine(day, NOTICE_TIME, zone).astimezone(UTC)


def notices_between(
    standing: Standing, notice_days: Sequence[int], zone: ZoneInfo, since: datetime, now: datetime
) -> list[EndNotice]:
    """Return what is to be told of a card in the time after `since` until `now`.

    Of each end only the nearest notice, however many were missed, and none of what has ended.
    """
    today = now.astimezone(zone).date()
    found = []
    for expires_on in _ends((*standing.lots, *standing.stamp_lots)):
        end = date.fromisoformat(expires_on)
        passed = [
            days
            for days in notice_days
            if since < notice_time(zone, end - timedelta(days=days)) <= now
        ]
        if passed and end >= today:
            found.append(EndNotice(expires_on, min(passed)))
    return found


def endings(standing: Standing) -> Iterator[Ending]:
    """Give what ends on a card, the first to end first."""
    for expires_on in _ends((*standing.lots, *standing.stamp_lots)):
        points = sum(lot.amount for lot in standing.lots if lot.expires_on == expires_on)
        stamps = sum(lot.amount for lot in standing.stamp_lots if lot.expires_on == expires_on)
        yield Ending(expires_on, points, stamps)


def _ends(lots: Iterable[Lot]) -> list[str]:
    return sorted({lot.expires_on for lot in lots} - {NEVER})
