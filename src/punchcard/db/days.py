"""Days and spans of time as the database finds them: where the shop is, and from one to another."""

from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, Interval, String, case, cast, func, literal
from sqlalchemy.engine import Dialect

_STEP: Final = timedelta(minutes=30)


def local_day(
    column: ColumnElement[datetime], zone: str, first: datetime, last: datetime, dialect: Dialect
) -> ColumnElement[Any]:
    """Return the day of `column`, a moment from `first` to before `last`, in a time zone.

    PostgreSQL knows zones. For SQLite the hours by which the zone differs from UTC in that time
    are spelt out, so keep the time short: it takes microseconds a day.
    """
    if dialect.name == "postgresql":
        return cast(func.timezone(zone, column), Date)
    parts = offsets(zone, first, last)
    *earlier, (_, rest) = parts
    shifted = [(column < until, _shifted(column, offset)) for until, offset in earlier]
    return case(*shifted, else_=_shifted(column, rest)) if shifted else _shifted(column, rest)


def lies_after(
    column: ColumnElement[datetime], other: ColumnElement[datetime], by: timedelta, dialect: Dialect
) -> ColumnElement[bool]:
    """Return the condition that `column` lies more than `by` (whole seconds) after `other`."""
    if dialect.name == "postgresql":
        return column - other > literal(by, Interval)
    # SQLite keeps moments as text and counts milliseconds: what is less is carried as it is.
    whole = func.strftime(
        "%Y-%m-%d %H:%M:%S", func.substr(other, 1, 19), f"{by.total_seconds():+.0f} seconds"
    )
    return cast(column, String) > whole.concat(func.substr(other, 20))


def offsets(zone: str, first: datetime, last: datetime) -> list[tuple[datetime, timedelta]]:
    """Return until when the zone differs from UTC by how much, from `first` to `last`."""
    here = ZoneInfo(zone)
    parts: list[tuple[datetime, timedelta]] = []
    moment = first
    while moment < last:
        offset = moment.astimezone(here).utcoffset() or timedelta()
        until = min(moment + _STEP, last)
        if parts and parts[-1][1] == offset:
            parts[-1] = (until, offset)
        else:
            parts.append((until, offset))
        moment = until
    return parts or [(last, first.astimezone(here).utcoffset() or timedelta())]


def _shifted(column: ColumnElement[datetime], offset: timedelta) -> ColumnElement[Any]:
    return func.date(column, f"{offset.total_seconds():+.0f} seconds", type_=String)
