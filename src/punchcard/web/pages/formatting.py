"""How pages write numbers, money, days and sentences, as the language does."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import (
    format_date,
    format_datetime,
    format_skeleton,
    format_time,
    format_timedelta,
    get_month_names,
)
from babel.numbers import format_decimal, format_percent

from punchcard.kit.clock import first_full_minute
from punchcard.kit.i18n import locale_of, plural, translate
from punchcard.kit.money import minor_digits, write_amount
from punchcard.loyalty.promotion_words import Width, weekday_name
from punchcard.web.pages.labels.cards import ENTRY_NAMES


@dataclass(frozen=True)
class Wording:
    """One language's way of writing; `names()` are what templates call."""

    language: str

    @property
    def locale(self) -> str:
        """Return the name of the language as CLDR knows it."""
        return locale_of(self.language)

    def names(self) -> dict[str, Callable[..., Any]]:
        """Return the functions that templates see, under the names they use."""
        return {
            "_": self.sentence,
            "count": self.count,
            "number": self.number,
            "percent": self.percent,
            "change": self.change,
            "money": self.money,
            "day": self.day,
            "moment": self.moment,
            "clock": self.clock,
            "clock_from": self.clock_from,
            "ago": self.ago,
            "birthday": self.birthday,
            "signed": self.signed,
            "signed_count": self.signed_count,
            "month_name": self.month_name,
            "weekday": self.weekday,
            "minor_digits": minor_digits,
            "entry_name": self.entry_name,
        }

    def sentence(self, text: str, /, **params: Any) -> str:
        """Return `text`, a key of the catalogues, in this language with its placeholders filled."""
        return translate(text, self.language, **params)

    def count(self, n: int, one: str, many: str, /, **params: Any) -> str:
        """Return `one` or `many`, both translated already, with `{n}` filled.

        What tells no number says "once": French counts zero so, but means no time at all.
        """
        tells_number = n or "{n}" in one
        text = plural(n, one, many, self.language) if tells_number else many
        for name, value in {"n": self.number(n), **params}.items():
            text = text.replace("{" + name + "}", str(value))
        return text

    def number(self, value: float | Decimal) -> str:
        """Return a number with the language's grouping."""
        return format_decimal(value, locale=self.locale)

    def signed(self, value: int) -> str:
        """Return a change with its sign."""
        return f"+{self.number(value)}" if value > 0 else f"−{self.number(-value)}"

    def signed_count(self, value: int, one: str, many: str) -> str:
        """Return a change with its sign and what it counts; see `count`."""
        return plural(abs(value), one, many, self.language).replace("{n}", self.signed(value))

    def entry_name(self, type: str) -> str:
        """Return what an entry of the ledger is called, by its type."""
        return self.sentence(ENTRY_NAMES.get(type, type))

    def month_name(self, month: int) -> str:
        """Return the name of a month, 1 to 12, as it stands alone."""
        return str(get_month_names("wide", context="stand-alone", locale=self.locale)[month])

    def weekday(self, day: int, width: Width = "wide") -> str:
        """Return the name of a day of the week, 1 is Monday, as it stands alone."""
        return weekday_name(day, self.language, width=width)

    def percent(self, share: float | Fraction | None) -> str:
        """Return a share (0.25) as a percentage; a dash when there is none."""
        return "–" if share is None else format_percent(float(share), locale=self.locale)

    def change(self, now: int, before: int) -> str:
        """Return by how much something grew, as a percentage with its sign; a dash from nothing."""
        if before <= 0:
            return "–" if now else "±0"
        share = format_percent(abs(now - before) / before, locale=self.locale)
        return f"+{share}" if now > before else f"−{share}" if now < before else "±0"

    def money(self, amount_minor: int, currency: str) -> str:
        """Return an amount in minor units with its currency."""
        return write_amount(amount_minor, currency, self.language)

    def day(self, value: date | datetime, timezone: str = "UTC", style: str = "medium") -> str:
        """Return the day, of a moment as it is in `timezone`."""
        if isinstance(value, datetime):
            value = value.astimezone(ZoneInfo(timezone)).date()
        return format_date(value, style, locale=self.locale)

    def short_day(self, value: date) -> str:
        """Return day and month, as beside a chart."""
        return format_skeleton("MMMd", value, locale=self.locale)

    def moment(self, value: datetime, timezone: str = "UTC", style: str = "medium") -> str:
        """Return day and time of day in `timezone`."""
        zone = ZoneInfo(timezone)
        local = value.astimezone(zone)
        if style == "long":
            return format_datetime(local, "long", tzinfo=zone, locale=self.locale)
        return f"{self.day(local.date())}, {self.clock(value, timezone)}"

    def birthday(self, value: str) -> str:
        """Return a day of every year, given as MM-DD."""
        # Of a leap year, so that the 29th of February is one.
        of_some_year = date.fromisoformat(f"2024-{value}")
        return format_skeleton("MMMMd", of_some_year, locale=self.locale)

    def clock(self, value: datetime, timezone: str = "UTC") -> str:
        """Return the time of day in `timezone`, without seconds."""
        zone = ZoneInfo(timezone)
        return format_time(value.astimezone(zone), "short", tzinfo=zone, locale=self.locale)

    def clock_from(self, value: datetime, timezone: str = "UTC") -> str:
        """Return the time of day from which on something is possible, as `clock` writes it."""
        return self.clock(first_full_minute(value), timezone)

    def ago(self, value: datetime, now: datetime) -> str:
        """Return how long ago it was, in words."""
        passed = value - now
        if abs(passed) < timedelta(seconds=1):
            # Nobody says "in 0 seconds" of what has just happened.
            passed = timedelta(seconds=-1)
        told = format_timedelta(passed, add_direction=True, locale=self.locale)
        return _as_spoken(told) if self.language == "lb" else told


def _as_spoken(told: str) -> str:
    """Return `told` as Luxembourgish says it: "viru(n) 6 Deeg" is "viru 6 Deeg".

    CLDR leaves the choice open. The n falls away before every sound but vowels and d, h, n, t, z
    (Eifel rule), and so before véier, fënnef, sechs and siwen: spoken first of numbers below a
    hundred are the ones, of full tens the tens, of larger numbers what stands in front.
    """
    found = re.search(r"\d+", told)
    spoken = found[0] if found else ""
    first = spoken[:1] if len(spoken) > _SPOKEN_BACKWARDS else spoken.rstrip("0")[-1:]
    return told.replace("(n)", "" if first in _DROPS_N else "n")


_SPOKEN_BACKWARDS = 2
"""Numbers of so many digits begin with their ones."""
_DROPS_N = ("4", "5", "6", "7")
