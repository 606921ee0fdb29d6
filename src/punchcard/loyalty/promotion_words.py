"""What a promotion gives, and when, in one sentence: "Double points, Tuesdays from 16:00 to 18:00".

Pages, passes and the terminal say it with the same words.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from fractions import Fraction
from typing import Any, Final, Literal

from punchcard.kit.i18n import N_, locale_of, plural, translate
from punchcard.kit.money import write_amount
from punchcard.loyalty.vocabulary import EffectKind

Width = Literal["wide", "short"]
WEEK: Final = (1, 2, 3, 4, 5, 6, 7)
"""The days of the week, as windows name them: 1 is Monday."""

_ALL_DAY: Final = ("00:00", "24:00")
_REPEATED: Final = (
    N_("Mondays"),
    N_("Tuesdays"),
    N_("Wednesdays"),
    N_("Thursdays"),
    N_("Fridays"),
    N_("Saturdays"),
    N_("Sundays"),
)
_NAMED_FACTORS: Final = {Fraction(2): N_("Double points"), Fraction(3): N_("Triple points")}
_RANGE_FROM: Final = 3


def promotion_name(name: str, texts: Mapping[str, Any], language: str) -> str:
    """Return what a promotion is called in a language."""
    return str((texts.get(language) or {}).get("name") or name)


def effect_words(effect: Mapping[str, Any], language: str) -> str:
    """Return what a purchase gets: "Double points", "1 stamp more"."""
    kind = effect["kind"]
    if kind == EffectKind.MULTIPLY:
        factor = Fraction(effect["factor"])
        if factor in _NAMED_FACTORS:
            return translate(_NAMED_FACTORS[factor], language)
        times = _decimal(factor, language)
        return translate(N_("{times} times the points"), language, times=times)
    forms = (
        (N_("{n} stamp more"), N_("{n} stamps more"))
        if kind == EffectKind.ADD_STAMPS
        else (N_("{n} point more"), N_("{n} points more"))
    )
    n = effect["stamps"] if kind == EffectKind.ADD_STAMPS else effect["points"]
    return translate(plural(n, *forms, language), language, n=n)


def window_words(window: Mapping[str, Any], language: str) -> str:
    """Return when a window is open: "Tuesdays from 16:00 to 18:00"."""
    days = _days(window["weekdays"], language)
    if (window["from"], window["to"]) == _ALL_DAY:
        return days
    return translate(
        N_("{days} from {start} to {end}"),
        language,
        days=days,
        start=clock_words(window["from"], language),
        end=clock_words(window["to"], language),
    )


def times_words(windows: Sequence[Mapping[str, Any]], language: str) -> str:
    """Return when any of the windows is open; an empty text where it is always."""
    return "; ".join(window_words(window, language) for window in windows)


def promotion_words(
    effect: Mapping[str, Any], windows: Sequence[Mapping[str, Any]], language: str
) -> str:
    """Return what a promotion gives, and when."""
    what, when = effect_words(effect, language), times_words(windows, language)
    return translate(N_("{what}, {when}"), language, what=what, when=when) if when else what


def purchase_words(minimum_minor: int, currency: str, language: str) -> str:
    """Return from which purchase on it counts; an empty text where each does."""
    if not minimum_minor:
        return ""
    amount = write_amount(minimum_minor, currency, language)
    return translate(N_("for purchases of {amount} and more"), language, amount=amount)


def weekday_name(day: int, language: str, *, width: Width = "wide") -> str:
    """Return the name of a day of the week, 1 is Monday, as it stands alone."""
    from babel.dates import get_day_names

    names = get_day_names(width, context="stand-alone", locale=locale_of(language))
    return str(names[day - 1])


def clock_words(text: str, language: str) -> str:
    """Return a time of day such as "16:30" as the language writes it; the end of a day is 24:00."""
    from babel.dates import format_time

    hours, minutes = map(int, text.split(":"))
    if hours > time.max.hour:
        return text
    return str(format_time(time(hours, minutes), "short", locale=locale_of(language)))


def day_words(day: date, language: str) -> str:
    """Return a day as the language writes it."""
    from babel.dates import format_date

    return str(format_date(day, "medium", locale=locale_of(language)))


def _days(weekdays: Iterable[int], language: str) -> str:
    days = sorted(set(weekdays))
    if days == list(WEEK):
        return translate(N_("every day"), language)
    if len(days) >= _RANGE_FROM and days == list(range(days[0], days[-1] + 1)):
        first, last = weekday_name(days[0], language), weekday_name(days[-1], language)
        return translate(N_("{first_day} to {last_day}"), language, first_day=first, last_day=last)
    return ", ".join(translate(_REPEATED[day - 1], language) for day in days)


def _decimal(value: Fraction, language: str) -> str:
    from babel.numbers import format_decimal

    return str(format_decimal(float(value), locale=locale_of(language), format="0.###"))
