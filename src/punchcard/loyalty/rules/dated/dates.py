"""Dates on points and stamps: until when what is collected on a day is good."""

from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from punchcard.loyalty.vocabulary import ExpiryKind, ExpiryRounding

NEVER: Final = "never"
"""The date of what never ends; as a text it sorts behind every date."""

# Looked up once: before Python 3.12 an enum gives its words slowly, and these are asked always.
_NEVER_KIND: Final = ExpiryKind.NEVER
_INACTIVITY: Final = ExpiryKind.INACTIVITY
_YEAR_END_KIND: Final = ExpiryKind.YEAR_END
_MONTH_END: Final = ExpiryRounding.MONTH_END
_YEAR_END: Final = ExpiryRounding.YEAR_END


class Expiry(NamedTuple):
    """How long something collected is good: `months` from the day, rounded up to an end.

    FIXED counts from the day it was collected, INACTIVITY from the card's last visit, YEAR_END ends
    with the calendar year it was collected in.
    """

    kind: ExpiryKind
    months: int
    round_to: ExpiryRounding

    @classmethod
    def parse(cls, document: "dict[str, Any] | None") -> "Expiry | None":
        """Return the expiry that a program keeps; None where nothing ends."""
        if document is None or document["kind"] == _NEVER_KIND:
            return None
        return cls(
            ExpiryKind(document["kind"]),
            int(document.get("months") or 0),
            ExpiryRounding(document.get("round_to") or ExpiryRounding.DAY),
        )

    @property
    def counts_from_visits(self) -> bool:
        """Return whether each visit moves the end of all that is collected."""
        return self.kind == _INACTIVITY

    def last_day(self, day: date) -> date:
        """Return the last day on which what counts from `day` is good.

        Months are clamped: a month after 31 January is the end of February.
        """
        return _last_day(self, day)

    def told_last_day(self, day: date) -> str:
        """Return the last day as lots and entries tell it."""
        return _told_last_day(self, day)


@lru_cache(maxsize=1024)
def _told_last_day(expiry: Expiry, day: date) -> str:
    return _last_day(expiry, day).isoformat()


@lru_cache(maxsize=1024)
def _last_day(expiry: Expiry, day: date) -> date:
    # All that is collected on a day in a shop ends together: asked once, not for each visit.
    if expiry.kind == _YEAR_END_KIND:
        return date(day.year, 12, 31)
    ends = add_months(day, expiry.months)
    if expiry.round_to == _MONTH_END:
        return ends.replace(day=monthrange(ends.year, ends.month)[1])
    return date(ends.year, 12, 31) if expiry.round_to == _YEAR_END else ends


def add_months(day: date, months: int) -> date:
    """Return the day `months` later, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@lru_cache(maxsize=1024)
def day_after(text: str) -> date:
    """Return the day after one that is written as in ISO 8601."""
    return date.fromisoformat(text) + timedelta(days=1)
