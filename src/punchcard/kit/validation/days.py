"""Days and moments that are told: within the years that can be counted on in every time zone.

The first and the last day of the calendar have none beside them, as another time zone needs, or
the end of a last day. So what comes in, from whomever, keeps a distance.
"""

import re
from datetime import date
from typing import Final, TypeVar

from punchcard.kit.i18n import N_
from punchcard.kit.validation.invalid import InvalidValue

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 9998

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BAD_DAY: Final = N_("Must be a day, such as 2026-03-14.")
_OUT_OF_YEARS: Final = N_("Must be between the years 1970 and 9998.")

Told = TypeVar("Told", bound=date)


def as_day(text: str) -> date:
    """Return the day that YYYY-MM-DD names. Raises InvalidValue."""
    if _DAY.fullmatch(text) is None:
        raise InvalidValue(_BAD_DAY)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidValue(_BAD_DAY) from None
    return within_years(day)


def within_years(told: Told) -> Told:
    """Return a day, or a moment in UTC, that lies within the years. Raises InvalidValue."""
    if not FIRST_YEAR <= told.year <= LAST_YEAR:
        raise InvalidValue(_OUT_OF_YEARS)
    return told
