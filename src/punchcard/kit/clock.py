"""Where the time comes from: handed in, so that a test or the demo can set it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Protocol

CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""Further apart no two clocks of one shop are, unless one of them is wrong."""


class Clock(Protocol):
    """Tells the present moment."""

    def now(self) -> datetime:
        """Return the present moment, aware and in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's present moment in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved: for tests and for the demo's history."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the moment the clock was last set to."""
        return self._now

    def set(self, moment: datetime) -> None:
        """Move the clock to `moment`."""
        self._now = moment.astimezone(UTC)

    def advance(self, **duration: float) -> None:
        """Move the clock ahead by a duration given as for `timedelta` (minutes=5, hours=1)."""
        self._now += timedelta(**duration)


class ClockWatch:
    """Notices when a clock jumps: it is compared with one that only ever runs on."""

    def __init__(
        self, clock: Clock, *, leeway_seconds: float, monotonic: Callable[[], float]
    ) -> None:
        self._clock = clock
        self._leeway = timedelta(seconds=leeway_seconds)
        self._monotonic = monotonic
        self._seen = clock.now(), monotonic()

    def jump(self) -> timedelta | None:
        """Return by how much the clock jumped since it was asked last, None if it did not.

        A machine that slept counts as a clock that went ahead.
        """
        before, mark = self._seen
        self._seen = now, ticks = self._clock.now(), self._monotonic()
        jumped = now - before - timedelta(seconds=ticks - mark)
        return jumped if abs(jumped) > self._leeway else None


def first_full_minute(moment: datetime) -> datetime:
    """Return the first full minute that is not before `moment`, in its zone.

    Where a time is told without seconds, what begins at 10:15:40 is possible from 10:16 on.
    """
    zone = moment.tzinfo or UTC
    # By UTC: the clocks of a zone may leave the next minute out.
    exact = moment.replace(tzinfo=zone).astimezone(UTC)
    minute = exact.replace(second=0, microsecond=0)
    if minute < exact:
        minute += timedelta(minutes=1)
    return minute.astimezone(zone).replace(tzinfo=moment.tzinfo)


@lru_cache(maxsize=1024)
def to_rfc3339(moment: datetime) -> str:
    """Return `moment` as RFC 3339 in UTC with `Z` and microseconds, one fixed width.

    Remembered: a batch of the till writes one and the same moment many times over.
    """
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    # Three times as fast as strftime.
    return utc.isoformat(timespec="microseconds")[:26] + "Z"
